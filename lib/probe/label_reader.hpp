#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace unmuted::probe {

/// Takes `{name="value",…}` from the front of `text`, which begins with the brace. Nothing when it is
/// malformed; `text` is then somewhere in the middle.
std::optional<std::map<std::string, std::string>> take_labels(std::string_view& text);

}  // namespace unmuted::probe
