#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace unmuted {

/// What parts words in all encodings that begin with ASCII.
inline constexpr std::string_view ascii_white_space = " \t\n\r\v\f";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What protocols call lower case: the letters A to Z; every other byte stays as it is.
constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower_ascii(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower_ascii(c); });
  return result;
}

/// Without the spaces and tabs at both ends.
inline std::string_view trim_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace unmuted
