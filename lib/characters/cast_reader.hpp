#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "characters/character_store.hpp"
#include "characters/files/cast_snapshot.hpp"

namespace unmuted {

namespace formats {
struct Format;
}

/// One file that may become a character.
struct Candidate {
  std::string file;
  CharacterPtr character;               ///< null when there is an error among the problems
  std::vector<Diagnostic> problems;     ///< in the order of the file
  std::optional<std::string> source{};  ///< its bytes, when they were asked for and could be read
};

/// Makes characters of the files of one directory, with what is shared among them in between: the resources
/// and what is left of the limits. CharacterLoader makes one for each load.
class CastReader {
 public:
  struct Services {
    CharacterStore& store;
    const std::shared_ptr<MemoryBudget>& budget;
    const script::Limits& script_limits;
    const LoadLimits& limits;
  };

  CastReader(CastSnapshot snapshot, const Services& services, std::stop_token stop, bool keep_sources);

  /// All candidates, in byte order of their names, with the problems that they have with each other. Errors:
  /// service_at_capacity (no memory is left for scripts), character_reload_failed (`stop` was requested).
  Result<std::vector<Candidate>> read_all();

 private:
  Candidate read_candidate(CastSnapshot::File file);
  Candidate read(const formats::Format& format, Origin origin);
  void name_the_broken_resource(Diagnostic& problem) const;

  CastSnapshot snapshot_;
  Services services_;
  std::stop_token stop_;
  bool keep_sources_;
  std::shared_ptr<const script::Resources> resources_;
  std::chrono::nanoseconds script_time_{};
  bool server_exhausted_ = false;
};

/// Adds what is wrong with candidates only because of each other: duplicate-name (which makes the later one
/// fail), name-collision and voice-shared.
void compare_candidates(std::vector<Candidate>& candidates);

}  // namespace unmuted
