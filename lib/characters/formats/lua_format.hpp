#pragma once

#include "characters/formats/formats.hpp"

namespace unmuted::formats {

/// Runs a character file in a throw-away script state and checks everything that it returns.
CharacterReading read_lua(Origin origin, const ReadOptions& options);

}  // namespace unmuted::formats
