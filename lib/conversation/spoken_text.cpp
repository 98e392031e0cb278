#include "conversation/spoken_text.hpp"

#include <cstddef>

#include "conversation/markdown/signs.hpp"

namespace unmuted {

std::vector<std::string> SpokenText::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (const std::string_view plain = plain_prefix(piece); !plain.empty()) {
      blocks_.take_plain(plain);
      piece.remove_prefix(plain.size());
      continue;
    }
    const markdown::TextCharacter c = characters_.next(piece);
    if (!c.empty()) blocks_.take(c);
  }
  return blocks_.take_words();
}

/// What needs not be looked at character by character: most of a text.
std::string_view SpokenText::plain_prefix(std::string_view piece) const {
  if (characters_.is_within_character()) return {};
  piece = piece.substr(0, blocks_.room_for_plain());
  std::size_t length = 0;
  while (length < piece.size() && static_cast<unsigned char>(piece[length]) < 0x80 &&
         markdown::is_plain(piece[length])) {
    ++length;
  }
  return piece.substr(0, length);
}

std::vector<std::string> SpokenText::finish() {
  blocks_.take(markdown::newline);
  blocks_.take(markdown::newline);
  std::vector<std::string> last = blocks_.take_words();
  *this = SpokenText();
  return last;
}

}  // namespace unmuted
