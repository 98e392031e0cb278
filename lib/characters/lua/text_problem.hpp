#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "characters/diagnostic.hpp"

namespace unmuted {

/// What is wrong with a Lua text, and where.
struct TextProblem {
  Position place;
  std::string message, help;
};

/// Why `source` cannot be read as Lua, whose own words are `complaint` and `line`: the sign of a word
/// processor that is in the way, or the complaint with its column.
TextProblem explain_syntax_error(std::string_view source, std::string_view complaint, int line);

/// Why `source` is not UTF-8; nothing when it is, apart from comments.
std::optional<TextProblem> explain_encoding(std::string_view source);

/// What to say of a text of which nothing is left without comments and blanks; nothing when it holds more.
std::optional<TextProblem> explain_emptiness(std::string_view source);

}  // namespace unmuted
