#include "characters/cast_reader.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <time.h>

#include "characters/formats/lua_format.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr const char* resource_folder = "resources";

/// What this thread has worked so far.
std::chrono::nanoseconds thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// The name by which scripts require the file `name`; empty when they cannot.
std::string resource_name(std::string_view file) {
  const std::string_view stem = file.substr(0, file.size() - 4);
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const bool fits = is_word(stem.front()) && std::all_of(stem.begin(), stem.end(), [&](char c) {
                      return is_word(c) || c == '.' || c == '-';
                    });
  return fits ? std::string(stem) : std::string();
}

Candidate failed(const std::string& name, const FileProblem& problem) {
  return {name, nullptr, {make_diagnostic(name, {}, problem.code, problem.message, problem.help)}};
}

std::string bytes_text(std::size_t bytes) {
  return std::to_string(bytes) + " bytes";
}

tl::unexpected<Error> abandoned() {
  return fail("character_reload_failed", "The load was abandoned.");
}

}  // namespace

CastReader::CastReader(const CastDirectory& directory, const Services& services, std::stop_token stop,
                       bool keep_sources)
    : directory_(directory), services_(services), stop_(std::move(stop)), keep_sources_(keep_sources) {}

Result<std::vector<Candidate>> CastReader::read_all() {
  const auto listing = directory_.list_scripts(services_.limits.candidates, stop_);
  if (!listing) return tl::unexpected(listing.error());
  if (const auto read = read_resources(); !read) return tl::unexpected(read.error());

  std::vector<Candidate> candidates;
  candidates.reserve(listing->names.size() + 1);
  for (const std::string& name : listing->names) {
    candidates.push_back(read_candidate(name));
    if (stop_.stop_requested()) return abandoned();
  }
  if (listing->omitted > 0) {
    candidates.push_back(
        failed(listing->first_omitted,
               {"too-many-files",
                "the directory holds " + std::to_string(listing->omitted) + " files more than the limit of " +
                    std::to_string(services_.limits.candidates) + " allows; from this one on none was read",
                "split the cast into several directories"}));
  }
  compare_candidates(candidates);
  return candidates;
}

Result<Candidate> CastReader::read_one(const std::string& name, std::optional<std::string> source) {
  if (const auto read = read_resources(); !read) return tl::unexpected(read.error());
  if (!source) return read_candidate(name);
  if (source->size() > services_.limits.script_bytes) {
    return failed(name,
                  {"file-too-large", "it is larger than " + bytes_text(services_.limits.script_bytes), ""});
  }
  return from_source(name, *std::move(source));
}

// A resource that cannot be used is only noted: it fails the characters that require it, and no other.
Result<void> CastReader::read_resources() {
  auto resources = std::make_shared<script::Resources>();
  const std::string folder = std::string(resource_folder) + "/";
  auto listing = directory_.list_scripts_in(resource_folder, services_.limits.resources, stop_);
  if (stop_.stop_requested()) return abandoned();
  if (!listing)
    broken_resources_[""] = listing.error().message;
  else if (listing->omitted > 0) {
    broken_resources_[""] = "resources/ holds more than " + std::to_string(services_.limits.resources) +
                            " files; from " + printable(listing->first_omitted) + " on none was read";
  }
  const std::vector<std::string> names = listing ? std::move(listing->names) : std::vector<std::string>{};
  for (const std::string& file : names) {
    const std::string name = resource_name(file);
    if (name.empty()) continue;
    FileRead text = read_file(folder + file);
    if (text)
      resources->emplace(name, *std::move(text));
    else
      broken_resources_[name] =
          folder + file + " (" + std::string(text.error().code) + "): " + text.error().message;
  }
  resources_ = services_.store.share(std::move(resources));
  return {};
}

CastReader::FileRead CastReader::read_file(const std::string& name) {
  const std::size_t left = services_.limits.directory_bytes - bytes_read_;
  FileRead bytes = directory_.read(name, std::min(left, services_.limits.script_bytes));
  if (bytes) bytes_read_ += bytes->size();
  if (!bytes && bytes.error().code == "file-too-large" && left < services_.limits.script_bytes) {
    return tl::unexpected(FileProblem{"directory-too-large",
                                      "with it the files of the directory exceed the limit of " +
                                          bytes_text(services_.limits.directory_bytes) + " in all",
                                      "split the cast into several directories"});
  }
  return bytes;
}

Candidate CastReader::read_candidate(const std::string& name) {
  if (!is_utf8(name)) {
    return failed(name, {"not-utf8", "the name of the file is not UTF-8", "rename the file"});
  }
  FileRead source = read_file(name);
  if (!source) return failed(name, source.error());
  return from_source(name, *std::move(source));
}

Candidate CastReader::from_source(const std::string& name, std::string source) {
  std::optional<std::string> kept;
  if (keep_sources_) kept = source;
  Candidate candidate;
  if (CharacterPtr known = services_.store.find("lua", name, source, resources_)) {
    candidate = {name, known, known->warnings};
  } else {
    candidate = run(name, std::move(source));
  }
  candidate.source = std::move(kept);
  return candidate;
}

Candidate CastReader::run(const std::string& name, std::string source) {
  const auto left = services_.limits.script_cpu - script_time_;
  script::Limits limits = services_.script_limits;
  limits.load_cpu = std::min(limits.load_cpu, std::chrono::floor<std::chrono::milliseconds>(left));
  if (limits.load_cpu.count() <= 0) {
    return failed(name,
                  {"script-timeout",
                   "was not run: the scripts of this directory have used up the " +
                       std::to_string(services_.limits.script_cpu.count()) + " ms that one load may take",
                   "make the files before it cheaper to run"});
  }
  const auto before = thread_time();
  auto reading =
      formats::read_lua_character(name, std::move(source), resources_, limits, services_.budget, stop_);
  script_time_ += thread_time() - before;

  if (reading.character) {
    return {name, services_.store.insert(std::move(reading.character)), std::move(reading.diagnostics)};
  }
  for (Diagnostic& problem : reading.diagnostics) name_the_broken_resource(problem);
  return {name, nullptr, std::move(reading.diagnostics)};
}

// The script only learns that a resource is not there; the author learns why.
void CastReader::name_the_broken_resource(Diagnostic& problem) const {
  if (problem.code != "resource-not-found") return;
  for (const auto& [name, why] : broken_resources_) {
    const bool is_meant = name.empty() || problem.message.find('"' + name + '"') != std::string::npos;
    if (is_meant) problem.message = shorten(problem.message + ": " + printable(why), 300);
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
