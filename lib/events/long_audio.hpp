#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unmuted::events {

/// What stands between the quotes of the last field "audio" of an event, a part of `text`; the field must
/// begin within the first 4 KiB. Nothing when there is none. Only what stands before it is parsed.
std::optional<std::string_view> long_audio(std::string_view text);

/// Base64 as JSON may have it: some writers escape the slash.
std::string without_escapes(std::string_view base64);

}  // namespace unmuted::events
