#include "characters/character_store.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace unmuted {
namespace {

using ResourcesPtr = std::shared_ptr<const script::Resources>;

std::size_t mix(std::size_t seed, std::string_view bytes) {
  return seed * 31 + std::hash<std::string_view>{}(bytes);
}

std::size_t hash_of(const Origin& origin) {
  return mix(mix(mix(0, origin.format), origin.file_name), origin.bytes);
}

std::size_t hash_of(const script::Resources& resources) {
  std::size_t hash = 0;
  for (const auto& [name, text] : resources) hash = mix(mix(hash, name), text);
  return hash;
}

template <class Map>
void erase_expired(Map& map) {
  std::erase_if(map, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace

CharacterPtr CharacterStore::find(const Origin& origin) {
  const std::size_t hash = hash_of(origin);
  const std::lock_guard lock(mutex_);
  return find(hash, origin);
}

CharacterPtr CharacterStore::find(std::size_t hash, const Origin& origin) {
  const auto [begin, end] = characters_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    CharacterPtr character = entry->second.lock();
    if (character && character->origin == origin) return character;
  }
  return nullptr;
}

CharacterPtr CharacterStore::insert(CharacterPtr character) {
  const std::size_t hash = hash_of(character->origin);
  const std::lock_guard lock(mutex_);
  if (CharacterPtr equal = find(hash, character->origin)) return equal;
  characters_.emplace(hash, character);
  forget_the_dead();
  return character;
}

ResourcesPtr CharacterStore::share(ResourcesPtr resources) {
  const std::size_t hash = hash_of(*resources);
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = resources_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    ResourcesPtr equal = entry->second.lock();
    if (equal && *equal == *resources) return equal;
  }
  resources_.emplace(hash, resources);
  forget_the_dead();
  return resources;
}

std::size_t CharacterStore::size() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(characters_.begin(), characters_.end(),
                                                [](const auto& entry) { return !entry.second.expired(); }));
}

// What is dead costs only its entry, so it is enough to look whenever the entries have doubled.
void CharacterStore::forget_the_dead() {
  if (characters_.size() + resources_.size() < sweep_at_) return;
  erase_expired(characters_);
  erase_expired(resources_);
  sweep_at_ = std::max<std::size_t>(64, 2 * (characters_.size() + resources_.size()));
}

}  // namespace unmuted
