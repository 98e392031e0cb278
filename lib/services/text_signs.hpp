#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "core/ascii.hpp"
namespace unmuted {

// The signs of what models write around their text: calls, channels, JSON.

inline constexpr std::string_view blanks = " \t\r\n";

constexpr bool is_blank(char c) {
  return blanks.find(c) != std::string_view::npos;
}

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/// `text` without the blanks at its ends.
constexpr std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

inline bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

constexpr bool is_all_blank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

}  // namespace unmuted
