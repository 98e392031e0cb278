#pragma once

#include <string>
#include <string_view>

#include "core/json.hpp"

namespace unmuted {

/// `text`, which is no JSON, with what some writers get wrong in it put right: ill-formed UTF-8 and escapes
/// of half a character become U+FFFD, control characters in strings are escaped, other escapes that JSON does
/// not have lose their backslash, and NaN and the infinities outside of strings become null.
std::string repaired_json(std::string_view text);

/// As read_json; what cannot be read is repaired and read once more. The error is that of the text as it
/// came.
Result<nlohmann::json> read_repaired_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace unmuted
