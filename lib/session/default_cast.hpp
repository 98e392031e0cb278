#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "characters/character_set.hpp"

namespace unmuted {

/// The server's default cast: directory and characters as one pair, replaced in one step. Any thread.
///
/// Pages take the texts of its characters from /v1/voices and give them back when they select one. So that a
/// page that was opened before a reload does not bring an old text back, the last few that each character
/// had are remembered.
class DefaultCast {
 public:
  static constexpr std::size_t remembered_texts = 4;  ///< a character

  /// `set` may be null until it is replaced.
  explicit DefaultCast(CharacterSetPtr set) : set_(std::move(set)) {}

  [[nodiscard]] CharacterSetPtr get() const {
    const std::lock_guard lock(mutex_);
    return set_;
  }

  void replace(CharacterSetPtr set);

  /// Whether the character of this name was published with this text by one of the casts before.
  [[nodiscard]] bool published_before(const std::string& name, std::string_view text) const;

 private:
  using Hashes = std::deque<std::size_t>;  ///< of texts; the newest is the last

  mutable std::mutex mutex_;
  CharacterSetPtr set_;
  std::map<std::string, Hashes, std::less<>> former_texts_;  ///< by name
};

}  // namespace unmuted
