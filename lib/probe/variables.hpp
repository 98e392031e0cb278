#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "probe/json_path.hpp"

namespace unmuted::probe {

/// The value of a variable, or null when there is none of that name.
using Lookup = std::function<const Json*(std::string_view name)>;

/// What may yet come of substitutions that are kept together, as those of one event.
struct Room {
  std::size_t bytes = 16U << 20U;
};

/// `text` with every `${NAME}` replaced; `$${` stands for `${` itself. A text that is one `${NAME}` and
/// nothing else becomes the value with its type, so that a captured number stays a number. The results take
/// their length from `room`. Errors: unknown_variable, text_too_long.
Result<Json> substitute(const std::string& text, const Lookup& lookup, Room& room);

/// The same for every string value in a document; keys are left alone.
Result<Json> substitute(const Json& document, const Lookup& lookup, Room& room);

/// The same where only a text will do: a value that is not a string is written as JSON.
Result<std::string> substitute_text(const std::string& text, const Lookup& lookup, Room& room);

/// Whether `name` may name a variable, a session or a label: a letter or `_`, then letters, digits and `_`.
bool is_name(std::string_view name);

}  // namespace unmuted::probe
