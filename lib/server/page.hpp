#pragma once

#include <string>

#include "characters/character_set.hpp"

namespace unmuted {

/// The HTML of `GET /`: what runs here, who is in its default cast, and how to go on.
std::string start_page(const CharacterSet& default_set);

}  // namespace unmuted
