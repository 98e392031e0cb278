#include "conversation/words.hpp"

#include "core/ascii.hpp"

namespace unmuted {
bool is_farewell(std::string_view spoken) {
  constexpr std::string_view farewell = "Bye!";
  const std::size_t end = spoken.find_last_not_of(ascii_white_space);
  if (end == std::string_view::npos) return false;
  const std::string_view text = spoken.substr(0, end + 1);
  if (!text.ends_with(farewell)) return false;
  const std::string_view before = text.substr(0, text.size() - farewell.size());
  if (before.empty()) return true;
  const auto last = static_cast<unsigned char>(before.back());
  return last < 0x80 &&
         (last < '0' || (last > '9' && last < 'A') || (last > 'Z' && last < 'a') || last > 'z');
}

}  // namespace unmuted
