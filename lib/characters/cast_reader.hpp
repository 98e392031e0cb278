#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "characters/cast_directory.hpp"
#include "characters/character_loader.hpp"

namespace unmuted {

/// One file that may become a character.
struct Candidate {
  std::string file;
  CharacterPtr character;               ///< null when there is an error among the problems
  std::vector<Diagnostic> problems;     ///< in the order of the file
  std::optional<std::string> source{};  ///< its bytes, when they were asked for and could be read
};

/// Reads one directory once: its candidates, with what is shared among them in between — the snapshot of the
/// resources and what is left of the limits. CharacterLoader makes one for each load.
class CastReader {
 public:
  struct Services {
    CharacterStore& store;
    const std::shared_ptr<script::MemoryBudget>& budget;
    const script::Limits& script_limits;
    const LoadLimits& limits;
  };

  CastReader(const CastDirectory& directory, const Services& services, std::stop_token stop,
             bool keep_sources);

  /// All candidates, in byte order of their names, with the problems that they have with each other.
  Result<std::vector<Candidate>> read_all();

  /// One file, or `source` as if it were that file.
  Result<Candidate> read_one(const std::string& name, std::optional<std::string> source);

 private:
  using FileRead = tl::expected<std::string, FileProblem>;

  Result<void> read_resources();
  FileRead read_file(const std::string& name);
  Candidate read_candidate(const std::string& name);
  Candidate from_source(const std::string& name, std::string source);
  Candidate run(const std::string& name, std::string source);
  void name_the_broken_resource(Diagnostic& problem) const;

  const CastDirectory& directory_;
  Services services_;
  std::stop_token stop_;
  bool keep_sources_;
  std::shared_ptr<const script::Resources> resources_;
  std::map<std::string, std::string> broken_resources_;  ///< name → why; "" for all of them
  std::size_t bytes_read_ = 0;
  std::chrono::nanoseconds script_time_{};
};

/// Adds what is wrong with candidates only because of each other: duplicate-name (which makes the later one
/// fail), name-collision and voice-shared.
void compare_candidates(std::vector<Candidate>& candidates);

}  // namespace unmuted
