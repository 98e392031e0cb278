#include "characters/character_set.hpp"

#include <algorithm>
#include <utility>

#include "characters/field_path.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"

namespace unmuted {

CharacterSet::CharacterSet(std::string directory, std::vector<CharacterPtr> characters, LoadReport report)
    : directory_(std::move(directory)), characters_(std::move(characters)), report_(std::move(report)) {}

namespace {

constexpr std::size_t longest_spelling = 2'000;  ///< bytes; names and voices are far shorter

const std::string& name_of(const Character& character) {
  return character.name;
}
const std::string& voice_of(const Character& character) {
  return character.voice.path_on_server;
}

}  // namespace

// Looks at each: characters are selected rarely, and every session holds a set, so an index would cost more
// than it saves.
CharacterPtr CharacterSet::find(std::string_view name_or_voice) const {
  const auto first = [&](const auto& fits) -> CharacterPtr {
    const auto found = std::find_if(characters_.begin(), characters_.end(),
                                    [&](const CharacterPtr& one) { return fits(*one); });
    return found == characters_.end() ? nullptr : *found;
  };
  for (const auto value_of : {name_of, voice_of}) {
    if (auto exact = first([&](const Character& one) { return value_of(one) == name_or_voice; }))
      return exact;
  }
  if (name_or_voice.size() > longest_spelling) return nullptr;
  // A keyboard and a file may disagree on how an accented letter is made.
  const std::string normal = nfc(name_or_voice);
  for (const auto value_of : {name_of, voice_of}) {
    if (auto alike = first([&](const Character& one) { return nfc(value_of(one)) == normal; })) return alike;
  }
  return nullptr;
}

Result<CharacterPtr> find_character(const CharacterSet& set, std::string_view name) {
  if (CharacterPtr character = set.find(name)) return character;
  std::vector<std::string_view> names;
  std::string listed;
  for (const auto& character : set.characters()) {
    names.push_back(character->name);
    listed.append(listed.empty() ? "" : ", ").append(character->name);
  }
  const std::string_view nearest = nearest_name(name, names);
  std::string message = "There is no character '" + printable(name) + "'";
  if (!nearest.empty()) message.append("; did you mean '").append(nearest).append("'?");
  return fail("character_not_found",
              message + (nearest.empty() ? "." : "") + " There are: " + (listed.empty() ? "none" : listed));
}

}  // namespace unmuted
