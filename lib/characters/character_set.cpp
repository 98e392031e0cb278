#include "characters/character_set.hpp"

#include <utility>

namespace unmuted {

CharacterSet::CharacterSet(std::string directory, std::vector<CharacterPtr> characters, LoadReport report)
    : directory_(std::move(directory)), characters_(std::move(characters)), report_(std::move(report)) {
  by_name_.reserve(characters_.size());
  by_voice_.reserve(characters_.size());
  for (const CharacterPtr& character : characters_) {
    by_name_.emplace(character->name, character);
    by_voice_.emplace(character->voice.path_on_server, character);  // the first one stays
  }
}

CharacterPtr CharacterSet::find(std::string_view name_or_voice) const {
  for (const auto* index : {&by_name_, &by_voice_}) {
    const auto found = index->find(name_or_voice);
    if (found != index->end()) return found->second;
  }
  return nullptr;
}

}  // namespace unmuted
