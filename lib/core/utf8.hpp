#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

/// Whether all of `text` is well-formed UTF-8 (no overlong form, no surrogate, nothing past U+10FFFF).
bool is_utf8(std::string_view text);

/// The longest prefix of at most `max_bytes` that does not cut a character in two. `text` is UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// `text` cut to `max_bytes`, the last three of them "..." when something was cut off. `text` is UTF-8.
std::string shorten(std::string_view text, std::size_t max_bytes);

/// Any bytes as text for one line of a log or a message: ill-formed bytes become U+FFFD; control characters
/// (U+0000 to U+001F, U+007F to U+009F) \n, \t or \xNN; signs that turn or break the line, as U+202E, \uNNNN.
std::string printable(std::string_view bytes);

/// `text` with &, <, > and " as entities, for HTML and XML, in content and in attributes.
std::string escape_markup(std::string_view text);

/// The number of code points. `text` is UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace unmuted
