#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

/// RFC 4648 with padding, no line breaks.
std::string base64_encode(std::span<const std::byte> bytes);

/// The same, behind what is in `text` already.
void append_base64(std::string& text, std::span<const std::byte> bytes);

/// Nothing when `text` is not base64: a foreign character, a length that is no multiple of 4, padding in
/// the middle. White space is foreign.
std::optional<std::vector<std::byte>> base64_decode(std::string_view text);

/// Whether base64_decode would succeed, without decoding.
bool is_base64(std::string_view text);

}  // namespace unmuted
