#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "characters/character.hpp"
#include "characters/diagnostic.hpp"

namespace unmuted {

// What authors are shown, by charctl and by the inspector of the server. Texts are as they were given,
// whatever bytes are in them.

/// As `charctl check --format json` prints it.
nlohmann::json record_of(const Diagnostic& diagnostic);
/// All that is known of a character and does not run, as `charctl show --format json` prints it.
nlohmann::json record_of(const Character& character);
/// How a conversation with it begins, as `charctl prompt --format json` prints it.
nlohmann::json prompt_record(const Character& character, const std::string& system_prompt);

/// Parted by white space of ASCII.
std::size_t count_words(std::string_view text);

}  // namespace unmuted
