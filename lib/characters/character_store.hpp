#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "characters/character.hpp"

namespace unmuted {

/// The characters that some session of this server holds, so that equal files are held once. Weak
/// references: a character goes with its last session. Any thread.
class CharacterStore {
 public:
  /// The living character made of exactly these bytes, or null.
  [[nodiscard]] CharacterPtr find(std::string_view format, std::string_view file_name,
                                  std::string_view source,
                                  const std::shared_ptr<const script::Resources>& resources);

  /// Keeps `character`, unless an equal one came first: the answer is the one to use.
  CharacterPtr insert(CharacterPtr character);

  /// A living snapshot equal to `resources`, or `resources` itself, kept from now on.
  std::shared_ptr<const script::Resources> share(std::shared_ptr<const script::Resources> resources);

  /// Living characters.
  [[nodiscard]] std::size_t size() const;

 private:
  void forget_the_dead();  // the mutex is held

  mutable std::mutex mutex_;
  std::size_t sweep_at_ = 64;  ///< entries at which the dead ones are looked for
  std::unordered_multimap<std::size_t, std::weak_ptr<const Character>> characters_;
  std::unordered_multimap<std::size_t, std::weak_ptr<const script::Resources>> resources_;
};

}  // namespace unmuted
