#include "characters/character_loader.hpp"

#include <algorithm>
#include <utility>

#include "characters/cast_reader.hpp"
#include "characters/formats/formats.hpp"
#include "core/clock.hpp"

namespace unmuted {
namespace {

std::size_t max_bytes(std::string_view file_name) {
  return formats::format_of(file_name).max_bytes;
}

constexpr CandidateRules candidate_rules{formats::is_candidate, max_bytes};

/// What a session is told of one candidate: of a failed one its first error, of another its warnings.
void report(Candidate& candidate, LoadReport& to) {
  ++to.total_files;
  if (candidate.character) {
    ++to.loaded;
    std::move(candidate.problems.begin(), candidate.problems.end(), std::back_inserter(to.warnings));
    return;
  }
  const auto first = std::find_if(candidate.problems.begin(), candidate.problems.end(),
                                  [](const Diagnostic& d) { return d.severity == Severity::error; });
  to.errors.push_back(std::move(*first));
}

CharacterSetPtr make_set(const std::string& directory, std::vector<Candidate> candidates, TimePoint begin) {
  LoadReport load_report;
  std::vector<CharacterPtr> characters;
  characters.reserve(candidates.size());
  for (Candidate& candidate : candidates) {
    report(candidate, load_report);
    if (candidate.character) characters.push_back(std::move(candidate.character));
  }
  load_report.duration = Clock::now() - begin;
  return std::make_shared<const CharacterSet>(directory, std::move(characters), std::move(load_report));
}

void add_to(CheckReport& report, Candidate& candidate) {
  ++report.total_files;
  if (candidate.source) report.sources.emplace(candidate.file, *std::move(candidate.source));
  std::move(candidate.problems.begin(), candidate.problems.end(), std::back_inserter(report.diagnostics));
  if (candidate.character) report.characters.push_back(std::move(candidate.character));
}

Result<CheckReport> report_of(Result<std::vector<Candidate>> candidates) {
  if (!candidates) return tl::unexpected(candidates.error());
  CheckReport report;
  for (Candidate& candidate : *candidates) add_to(report, candidate);
  return report;
}

}  // namespace

CharacterLoader::CharacterLoader(std::shared_ptr<CharacterStore> store, std::shared_ptr<MemoryBudget> budget,
                                 script::Limits script_limits, LoadLimits limits, WayOfOpening way)
    : store_(std::move(store)),
      budget_(std::move(budget)),
      script_limits_(script_limits),
      limits_(limits),
      way_(way) {}

Result<CharacterSetPtr> CharacterLoader::load(const std::string& directory,
                                              const std::stop_token& stop) const {
  const TimePoint begin = Clock::now();
  auto snapshot = take_snapshot({directory, limits_, candidate_rules, way_, {}, true}, stop);
  if (!snapshot) return tl::unexpected(snapshot.error());
  auto candidates = reader(*std::move(snapshot), stop, false).read_all();
  if (!candidates) return tl::unexpected(candidates.error());
  return make_set(directory, *std::move(candidates), begin);
}

Result<CheckReport> CharacterLoader::check(const std::string& directory) const {
  auto snapshot = take_snapshot({directory, limits_, candidate_rules, way_, {}, true}, {});
  if (!snapshot) return tl::unexpected(snapshot.error());
  return report_of(reader(*std::move(snapshot), {}, true).read_all());
}

Result<CheckReport> CharacterLoader::check_file(const std::string& directory, const std::string& name,
                                                std::optional<std::string> source) const {
  auto snapshot = take_snapshot({directory, limits_, candidate_rules, way_, name, !source}, {});
  if (!snapshot) return tl::unexpected(snapshot.error());
  if (source) {
    const std::size_t most = std::min(max_bytes(name), limits_.file_bytes);
    const bool fits = source->size() <= most;
    snapshot->candidates.push_back({name, fits ? FileRead(*std::move(source)) : file_too_large(most)});
  }
  return report_of(reader(*std::move(snapshot), {}, true).read_all());
}

CastReader CharacterLoader::reader(CastSnapshot snapshot, std::stop_token stop, bool keep_sources) const {
  return {std::move(snapshot), {*store_, budget_, script_limits_, limits_}, std::move(stop), keep_sources};
}

}  // namespace unmuted
