#pragma once

#include <nlohmann/json_fwd.hpp>

#include "characters/character.hpp"
#include "characters/formats/problems.hpp"

namespace unmuted::formats {

/// Fills `character` from the table that its file gives, by the rules of docs/characters.md, and reports
/// everything that is wrong with it. With errors in `problems` the character is of no use.
void read_character_table(const nlohmann::json& table, Character& character, Problems& problems);

}  // namespace unmuted::formats
