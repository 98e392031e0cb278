#pragma once

#include <mutex>
#include <utility>

#include "characters/character_set.hpp"

namespace unmuted {

/// The server's default cast: directory and characters as one pair, replaced in one step. Any thread.
class DefaultCast {
 public:
  explicit DefaultCast(CharacterSetPtr set) : set_(std::move(set)) {}

  [[nodiscard]] CharacterSetPtr get() const {
    const std::lock_guard lock(mutex_);
    return set_;
  }

  void replace(CharacterSetPtr set) {
    const std::lock_guard lock(mutex_);
    set_.swap(set);
  }

 private:
  mutable std::mutex mutex_;
  CharacterSetPtr set_;
};

}  // namespace unmuted
