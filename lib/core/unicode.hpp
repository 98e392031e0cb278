#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< of its UTF-8; 0 when there is none
};

/// The code point that `text` begins with; none when `text` is empty, or ill-formed or incomplete there.
CodePoint first_code_point(std::string_view text);
/// The code point that `text` ends with; none when `text` is empty or ill-formed there.
CodePoint last_code_point(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

/// What a code point is to somebody who reads a text out.
enum class Kind {
  word,             ///< a letter, mark, digit or symbol that is read, such as °, € and ©
  punctuation,      ///< the signs of ASCII that are no letters or digits as well
  white_space,      ///< also the kinds that do not break a line
  line_break,       ///< the line feed, NEL, line and paragraph separators
  invisible,        ///< nothing: controls, zero width, direction, variation selectors, U+FFFD
  joiner,           ///< ZWJ and ZWNJ: part of the spelling in some scripts, nothing elsewhere
  pictograph,       ///< an emoji or a part of one, a dingbat
  text_pictograph,  ///< read as text unless the emoji selector U+FE0F follows, such as an arrow
};

Kind kind_of(char32_t code_point);

inline constexpr char32_t emoji_selector = 0xFE0F;
inline constexpr char32_t keycap = 0x20E3;  ///< drawn around the sign before it

}  // namespace unmuted
