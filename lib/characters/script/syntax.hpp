#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace unmuted::script {

/// Where Lua gives up reading `source`: the first byte of the token that it cannot go on with, of a string or
/// comment that does not end, or the end of the text. Nothing when it can be read, or when it takes too
/// long to find out. Parses the text some times over, a dozen for a large one, for 50 ms of processor time at
/// the most; runs nothing.
std::optional<std::size_t> find_syntax_error(std::string_view source);

/// Whether it is no text, but what a compiler of Lua has made of one.
bool is_compiled(std::string_view source);

/// Where `source` is not UTF-8; what stands in comments is not looked at.
std::optional<std::size_t> find_foreign_byte(std::string_view source);

}  // namespace unmuted::script
