#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "characters/diagnostic.hpp"
#include "core/result.hpp"

namespace unmuted {

/// What came of loading one directory.
struct LoadReport {
  /// Candidates; equals loaded + errors.size(). All that lie past the limit of candidates count as one, the
  /// first of them, with one error too-many-files: a directory of a million files gives a report of bounded
  /// size.
  std::size_t total_files = 0;
  std::size_t loaded = 0;
  std::vector<Diagnostic> errors;  ///< exactly one — its first — per failed candidate, in candidate order
  std::vector<Diagnostic> warnings;  ///< in candidate order
  std::chrono::nanoseconds duration{};
};

/// A snapshot of one directory. Immutable, and safe to read from any thread.
class CharacterSet {
 public:
  /// `characters` have distinct names.
  CharacterSet(std::string directory, std::vector<CharacterPtr> characters, LoadReport report);

  [[nodiscard]] const std::string& directory() const { return directory_; }  ///< real path
  [[nodiscard]] const std::vector<CharacterPtr>& characters() const {
    return characters_;
  }  ///< candidate order
  [[nodiscard]] const LoadReport& report() const { return report_; }

  /// By name, else by the voice's path on the server (the first that has it); when none is exactly so, by a
  /// name or path that differs only in Unicode's normal form. Null when there is none.
  [[nodiscard]] CharacterPtr find(std::string_view name_or_voice) const;

 private:
  std::string directory_;
  std::vector<CharacterPtr> characters_;
  LoadReport report_;
};

/// That one of the characters, for an author. Error: character_not_found, which names those there are, and
/// the one that was probably meant.
Result<CharacterPtr> find_character(const CharacterSet& set, std::string_view name_or_voice);

using CharacterSetPtr = std::shared_ptr<const CharacterSet>;

}  // namespace unmuted
