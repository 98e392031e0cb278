#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

namespace unmuted {

/// Puts `values` (an object) where `text` says `{{key}}`: a string, a number, a boolean, or a list of them,
/// one a line. What was put in is not looked at again. A key that `values` does not have, another kind of
/// value, and a result of more than `max_bytes` are errors, as a sentence. Without values (null) the text
/// stays as it is.
tl::expected<std::string, std::string> fill_template(std::string_view text, const nlohmann::json& values,
                                                     std::size_t max_bytes);

}  // namespace unmuted
