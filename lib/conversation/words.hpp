#pragma once

#include <string_view>

#include "conversation/markdown/word.hpp"

namespace unmuted {

/// Whether what was spoken is a farewell that ends the call: its last word is "Bye!".
bool is_farewell(std::string_view spoken);

}  // namespace unmuted
