#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "characters/character.hpp"

namespace unmuted {

/// The characters that some session of this server holds, so that equal files are held once. Weak
/// references: a character goes with its last session. Any thread.
class CharacterStore {
 public:
  /// The living character that is made of exactly this, or null.
  [[nodiscard]] CharacterPtr find(const Origin& origin);

  /// Keeps `character`, unless an equal one came first: the answer is the one to use.
  CharacterPtr insert(CharacterPtr character);

  /// A living snapshot equal to `resources`, or `resources` itself, kept from now on.
  std::shared_ptr<const script::Resources> share(std::shared_ptr<const script::Resources> resources);

  /// Living characters.
  [[nodiscard]] std::size_t size() const;

 private:
  // The mutex is held.
  CharacterPtr find(std::size_t hash, const Origin& origin);
  void forget_the_dead();

  mutable std::mutex mutex_;
  std::size_t sweep_at_ = 64;  ///< entries at which the dead ones are looked for
  std::unordered_multimap<std::size_t, std::weak_ptr<const Character>> characters_;
  std::unordered_multimap<std::size_t, std::weak_ptr<const script::Resources>> resources_;
};

}  // namespace unmuted
