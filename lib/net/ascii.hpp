#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace unmuted::net {

/// What protocols call lower case: the letters A to Z; every other byte stays as it is.
inline std::string lower_ascii(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// Without the spaces and tabs at both ends.
inline std::string_view trim_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace unmuted::net
