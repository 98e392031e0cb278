#include "characters/character_set.hpp"

#include <algorithm>
#include <utility>

namespace unmuted {

CharacterSet::CharacterSet(std::string directory, std::vector<CharacterPtr> characters, LoadReport report)
    : directory_(std::move(directory)), characters_(std::move(characters)), report_(std::move(report)) {}

// Looks at each: characters are selected rarely, and every session holds a set, so an index would cost more
// than it saves.
CharacterPtr CharacterSet::find(std::string_view name_or_voice) const {
  const auto first_with = [&](const auto& value_of) -> CharacterPtr {
    const auto found = std::find_if(characters_.begin(), characters_.end(),
                                    [&](const CharacterPtr& one) { return value_of(*one) == name_or_voice; });
    return found == characters_.end() ? nullptr : *found;
  };
  if (auto named = first_with([](const Character& c) -> const std::string& { return c.name; })) return named;
  return first_with([](const Character& c) -> const std::string& { return c.voice.path_on_server; });
}

}  // namespace unmuted
