#pragma once

#include <cstddef>
#include <string_view>

namespace unmuted {

/// "UTF-16 (little-endian)" and the like: the encoding of a text whose characters have two or four bytes,
/// told by its mark or by the zeros in it. Empty for any other text.
std::string_view wide_encoding(std::string_view bytes);

/// What a text with a byte at `offset` that is not UTF-8 is probably saved as: "Windows-1252 (Latin-1)" when
/// it looks like single accented letters or signs among ASCII; "UTF-8" when others of its letters are that,
/// so that it is damaged; empty when nothing can be told.
std::string_view likely_encoding(std::string_view bytes, std::size_t offset);

}  // namespace unmuted
