#pragma once

#include <span>
#include <string>

#include "audio/pcm.hpp"
#include "probe/outcome.hpp"

namespace unmuted::probe {

// WAV files. All block, on any thread; problems are of the environment.

/// Its sound at 24 kHz mono: of 64 MiB and ten minutes at the most.
Resolved<audio::Samples> read_sound(const std::string& path);

Outcome write_sound(const std::string& path, std::span<const float> sound);

}  // namespace unmuted::probe
