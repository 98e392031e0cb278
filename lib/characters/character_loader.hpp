#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "characters/character_set.hpp"
#include "characters/character_store.hpp"
#include "characters/files/cast_snapshot.hpp"
#include "characters/script/state.hpp"
#include "core/memory_budget.hpp"
#include "core/result.hpp"

namespace unmuted {

class CastReader;

/// Everything there is to say about a directory or a file, for an author.
struct CheckReport {
  std::size_t total_files = 0;
  std::vector<CharacterPtr> characters;        ///< those that loaded
  std::vector<Diagnostic> diagnostics;         ///< all, in candidate order
  std::map<std::string, std::string> sources;  ///< file → bytes, of what could be read
};

/// Reads directories. Blocks and runs scripts: for the pool, never for a network thread. Stateless but for
/// the store, so any number of threads may load at once.
class CharacterLoader {
 public:
  CharacterLoader(std::shared_ptr<CharacterStore> store, std::shared_ptr<MemoryBudget> budget,
                  script::Limits script_limits = {}, LoadLimits limits = {},
                  WayOfOpening way = usual_way_of_opening());

  /// Loads all candidates directly inside `directory`, an absolute real path. A set without characters is a
  /// set. Errors: directory_not_found, directory_not_readable, invalid_directory_format (not a directory),
  /// directory_read_failed (the machine failed while it was read), service_at_capacity (no memory is left for
  /// scripts), character_reload_failed (too much for the
  /// limits, or `stop` was requested: then the result is of no use).
  [[nodiscard]] Result<CharacterSetPtr> load(const std::string& directory,
                                             const std::stop_token& stop = {}) const;

  /// As load, for authors: all problems of each file, and not only what a session is told.
  [[nodiscard]] Result<CheckReport> check(const std::string& directory) const;

  /// The same for the one file `name` of `directory`, or for `source` in its place, with the directory's
  /// resources.
  [[nodiscard]] Result<CheckReport> check_file(const std::string& directory, const std::string& name,
                                               std::optional<std::string> source = {}) const;

  [[nodiscard]] const script::Limits& script_limits() const { return script_limits_; }
  [[nodiscard]] const std::shared_ptr<MemoryBudget>& budget() const { return budget_; }

 private:
  [[nodiscard]] CastReader reader(CastSnapshot snapshot, std::stop_token stop, bool keep_sources) const;

  std::shared_ptr<CharacterStore> store_;
  std::shared_ptr<MemoryBudget> budget_;
  script::Limits script_limits_;
  LoadLimits limits_;
  WayOfOpening way_;
};

}  // namespace unmuted
