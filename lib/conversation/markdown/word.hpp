#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace unmuted {

inline constexpr std::size_t max_word_bytes = 200;  ///< without the leading white space

/// A word of SpokenText without the white space before it.
inline std::string_view without_space(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of(" \t\n\r\v\f"), word.size()));
}

}  // namespace unmuted
