#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/ascii.hpp"
namespace unmuted::markdown {

// What the signs of ASCII are to a text, and which other signs open something.

inline constexpr std::size_t none = std::string_view::npos;

/// Stands in a text where something unspeakable was, an emoji for one: it parts the words beside it.
inline constexpr char separator = '\x1F';

inline constexpr std::string_view blanks = " \t\r\v\f";        ///< white space within a line
inline constexpr std::string_view inline_blanks = " \t\n";     ///< that parts what is in links, tags and code
inline constexpr char32_t first_spaceless_script = 0xE00;      ///< Thai; those of East Asia come after it
inline constexpr char32_t first_script_beyond_europe = 0x590;  ///< Hebrew

inline constexpr std::u32string_view opening_signs =
    U"\u00AB\u2039\u3008\u300A\u300C\u300E\u3010\u3014\uFF08\uFF3B";

constexpr bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr bool is_letter_or_digit(char c) {
  return is_letter(c) || is_digit(c);
}

constexpr bool is_ascii_punctuation(char c) {
  return c > ' ' && c < 0x7F && !is_letter_or_digit(c);
}

constexpr bool is_one_of(char c, std::string_view signs) {
  return signs.find(c) != none;
}

namespace detail {
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x21; byte < plain.size(); ++byte) plain[byte] = byte != 0x7F;
  for (const char sign : std::string_view("*_~`[<&\\/$|@")) plain[static_cast<unsigned char>(sign)] = false;
  return plain;
}
inline constexpr std::array<bool, 256> plain = plain_bytes();
}  // namespace detail

/// Whether a text of nothing but such bytes is spoken as it stands. Never white space; true beyond ASCII.
constexpr bool is_plain(char c) {
  return detail::plain[static_cast<unsigned char>(c)];
}

/// `text` without such signs at its ends.
constexpr std::string_view trim(std::string_view text, std::string_view signs = blanks) {
  const std::size_t begin = text.find_first_not_of(signs);
  if (begin == none) return {};
  return text.substr(begin, text.find_last_not_of(signs) - begin + 1);
}

/// How often the sign at `at` is repeated from there on.
constexpr std::size_t run_length(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of(text[at], at);
  return (end == none ? text.size() : end) - at;
}

}  // namespace unmuted::markdown
