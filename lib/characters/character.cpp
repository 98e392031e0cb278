#include "characters/character.hpp"

namespace unmuted {

bool Origin::operator==(const Origin& other) const {
  const bool same_file = file_name == other.file_name && format == other.format && bytes == other.bytes;
  return same_file &&
         (resources == other.resources || (resources && other.resources && *resources == *other.resources));
}

std::string_view Character::script() const {
  if (!runs) return {};
  std::string_view text = origin.bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::string Character::stem() const {
  return origin.file_name.substr(0, origin.file_name.rfind('.'));
}

}  // namespace unmuted
