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

/// The code point at byte `at` of any bytes (`at` lies within them): a byte that belongs to none stands for
/// U+FFFD.
CodePoint code_point_at(std::string_view text, std::size_t at);

void append_utf8(std::string& text, char32_t code_point);
/// A code point as UTF-8; what is none as U+FFFD.
std::string encode_utf8(char32_t code_point);

/// What a code point is to somebody who reads a text out.
enum class TextKind {
  word,             ///< a letter, mark, digit or symbol that is read, such as °, € and ©
  punctuation,      ///< the signs of ASCII that are no letters or digits as well
  white_space,      ///< also the kinds that do not break a line
  line_break,       ///< the line feed, NEL, line and paragraph separators
  invisible,        ///< nothing: controls, zero width, direction, variation selectors, U+FFFD
  joiner,           ///< ZWJ and ZWNJ: part of the spelling in some scripts, nothing elsewhere
  pictograph,       ///< an emoji or a part of one, a dingbat
  text_pictograph,  ///< read as text unless the emoji selector U+FE0F follows, such as an arrow
};

TextKind kind_of(char32_t code_point);

inline constexpr char32_t emoji_selector = 0xFE0F;
inline constexpr char32_t keycap = 0x20E3;  ///< drawn around the sign before it

/// Whether words are made of it, in any script: letters, digits and the marks on them.
bool is_word_sign(char32_t code_point);

/// The columns that a code point takes in a terminal: 2 for wide ones (most of Chinese, Japanese and Korean),
/// 0 for marks that combine with the one before, 1 for others.
std::size_t cells_of(char32_t code_point);
/// The same for a whole text.
std::size_t cells_of(std::string_view text);

/// `text` in Unicode's normal form C, in which an accented letter is one code point where there is one. Text
/// that is not UTF-8 comes back as it is.
std::string nfc(std::string_view text);

/// `text` in a form that is the same for all spellings of a name: full case folding ("STRASSE" and "straße"),
/// then normal form C. For comparing, not for showing. Text that is not UTF-8 comes back as it is.
std::string case_folded(std::string_view text);

}  // namespace unmuted
