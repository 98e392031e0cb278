#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

namespace unmuted {

/// What becomes of a `{{key}}` that there is no value for: a mistake of the author's, or text of somebody who
/// knows nothing of keys.
enum class UnknownKeys { are_errors, are_left_out };

/// Puts `values` (an object) where `text` says `{{key}}`: a string, a number, a boolean, or a list of them,
/// one a line. What was put in is not looked at again. Another kind of value, a key that `values` does not
/// have (unless those are left out), and a result of more than `max_bytes` are errors, as a sentence. Without
/// values (null) the text stays as it is, but for what is left out.
tl::expected<std::string, std::string> fill_template(std::string_view text, const nlohmann::json& values,
                                                     std::size_t max_bytes,
                                                     UnknownKeys unknown = UnknownKeys::are_errors);

/// `text` for people, who cannot know what a `{{key}}` will be: an ellipsis stands for it, and a line of
/// nothing else is gone.
std::string without_placeholders(std::string_view text);

}  // namespace unmuted
