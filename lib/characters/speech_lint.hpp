#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unmuted {

/// The language that `text` is written in beyond doubt while `declared` says another one; nothing otherwise.
/// Tells English from French, by their commonest words; every other declared language is believed.
std::optional<std::string_view> contradicting_language(std::string_view text, std::string_view declared);

/// What of `text` a voice cannot speak, described ("an emoji"); nothing when all of it can be spoken.
std::optional<std::string> unpronounceable_part(std::string_view text);

}  // namespace unmuted
