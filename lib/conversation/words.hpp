#pragma once

#include <cstddef>
#include <string_view>

namespace unmuted {

inline constexpr std::size_t max_word_bytes = 200;  ///< without the leading white space

/// A word of SpokenText without the white space before it.
std::string_view without_space(std::string_view word);

/// Whether what was spoken is a farewell that ends the call: its last word is "Bye!".
bool is_farewell(std::string_view spoken);

}  // namespace unmuted
