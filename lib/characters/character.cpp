#include "characters/character.hpp"

namespace unmuted {

std::string_view Character::script() const {
  std::string_view text = source;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::string Character::stem() const {
  return file_name.substr(0, file_name.rfind('.'));
}

}  // namespace unmuted
