#pragma once

#include <cstddef>
#include <string_view>

#include "characters/diagnostic.hpp"

namespace unmuted {

// Lines end as Lua has it: with "\n", "\r\n" or "\r". A byte order mark before the first one is not part of
// it.

/// The place of a byte of `source`; behind the last one is a place too.
Position position_of(std::string_view source, std::size_t offset);

/// Where line `number` begins, from 1; the end of the text when it has fewer.
std::size_t line_begin(std::string_view source, int number);

/// Line `number` without its end; empty when there is none.
std::string_view line_of(std::string_view source, int number);

}  // namespace unmuted
