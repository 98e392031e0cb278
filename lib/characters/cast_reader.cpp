#include "characters/cast_reader.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <time.h>

#include "characters/formats/formats.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

/// What this thread has worked so far.
std::chrono::nanoseconds thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Candidate failed(const std::string& name, const FileProblem& problem) {
  return {name, nullptr, {make_diagnostic(name, {}, problem.code, problem.message, problem.help)}};
}

}  // namespace

CastReader::CastReader(CastSnapshot snapshot, const Services& services, std::stop_token stop,
                       bool keep_sources)
    : snapshot_(std::move(snapshot)),
      services_(services),
      stop_(std::move(stop)),
      keep_sources_(keep_sources),
      resources_(
          services.store.share(std::make_shared<const script::Resources>(std::move(snapshot_.resources)))) {}

Result<std::vector<Candidate>> CastReader::read_all() {
  std::vector<Candidate> candidates;
  candidates.reserve(snapshot_.candidates.size() + 1);
  for (CastSnapshot::File& file : snapshot_.candidates) {
    candidates.push_back(read_candidate(std::move(file)));
    if (stop_.stop_requested()) return fail("character_reload_failed", "The load was abandoned.");
    if (server_exhausted_)
      return fail("service_at_capacity", "The server's memory for scripts is used up; try again");
  }
  if (snapshot_.omitted > 0) {
    candidates.push_back(failed(
        snapshot_.first_omitted,
        {"too-many-files",
         "the directory holds " + std::to_string(snapshot_.omitted) + " files more than the limit of " +
             std::to_string(services_.limits.candidates) + " allows; from this one on none was read",
         "split the cast into several directories"}));
  }
  compare_candidates(candidates);
  return candidates;
}

Candidate CastReader::read_candidate(CastSnapshot::File file) {
  if (!file.bytes) return failed(file.name, file.bytes.error());
  std::optional<std::string> kept;
  if (keep_sources_) kept = *file.bytes;
  const formats::Format& format = formats::format_of(file.name);
  Origin origin{format.name, std::move(file.name), *std::move(file.bytes), resources_};
  Candidate candidate;
  if (CharacterPtr known = services_.store.find(origin)) {
    candidate = {std::move(origin.file_name), known, known->warnings};
  } else {
    candidate = read(format, std::move(origin));
  }
  candidate.source = std::move(kept);
  return candidate;
}

Candidate CastReader::read(const formats::Format& format, Origin origin) {
  const std::string name = origin.file_name;
  const auto left = services_.limits.script_cpu - script_time_;
  formats::ReadOptions options{services_.script_limits, services_.limits.script_cpu, services_.budget, stop_};
  options.script_limits.load_cpu =
      std::min(options.script_limits.load_cpu, std::chrono::floor<std::chrono::milliseconds>(left));
  const auto before = thread_time();
  auto reading = format.read(std::move(origin), options);
  script_time_ += thread_time() - before;
  server_exhausted_ = reading.server_exhausted;

  if (reading.character) {
    return {name, services_.store.insert(std::move(reading.character)), std::move(reading.diagnostics)};
  }
  for (Diagnostic& problem : reading.diagnostics) name_the_broken_resource(problem);
  return {name, nullptr, std::move(reading.diagnostics)};
}

// The script only learns that a resource is not there; the author learns why.
void CastReader::name_the_broken_resource(Diagnostic& problem) const {
  if (problem.code != "resource-not-found") return;
  const auto is_meant = [&](const std::string& name) {
    return problem.message.find('"' + name + '"') != std::string::npos;
  };
  for (const auto& [name, why] : snapshot_.broken_resources) {
    if (name.empty() || is_meant(name))
      problem.message = shorten(problem.message + ": " + printable(why), 300);
  }
  const std::string message = case_folded(problem.message);
  for (const auto& [name, text] : *resources_) {
    if (message.find('"' + case_folded(name) + '"') != std::string::npos)
      problem.help = "there is '" + name + "': upper and lower case matter";
  }
}

namespace {

/// The candidate that had `key` first, or null, and then this one has it.
const Candidate* claim(std::unordered_map<std::string, const Candidate*>& owners, const std::string& key,
                       const Candidate& candidate) {
  const auto [entry, is_first] = owners.emplace(key, &candidate);
  return is_first ? nullptr : entry->second;
}

/// In what two names differ that are the same when folded.
std::string difference(const std::string& name, const std::string& other) {
  return nfc(name) == nfc(other) ? "is only another Unicode spelling (accents composed or apart) of"
                                 : "differs only in case from";
}

}  // namespace

void compare_candidates(std::vector<Candidate>& candidates) {
  std::unordered_map<std::string, const Candidate*> names, folded_names, voices;
  for (Candidate& candidate : candidates) {
    if (!candidate.character) continue;
    const CharacterPtr character = candidate.character;
    const auto add = [&](Position at, std::string_view code, const std::string& message) {
      candidate.problems.push_back(make_diagnostic(candidate.file, at, code, message));
    };
    if (const Candidate* first = claim(names, character->name, candidate)) {
      add(character->name_position, "duplicate-name",
          "'" + character->name + "' is already the name of the character in " + first->file);
      candidate.character = nullptr;
      continue;
    }
    if (const Candidate* first = claim(folded_names, case_folded(character->name), candidate)) {
      add(character->name_position, "name-collision",
          "'" + character->name + "' " + difference(character->name, first->character->name) +
              " the name in " + first->file);
    }
    if (const Candidate* first = claim(voices, character->voice.path_on_server, candidate)) {
      add(character->voice_position, "voice-shared",
          "the voice is also that of the character in " + first->file);
    }
  }
}

}  // namespace unmuted
