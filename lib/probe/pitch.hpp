#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace unmuted::probe {

/// How high a voice is that says `sound`, 24 kHz mono: the median in Hz, from 60 to 800, of its moments of 40
/// ms that have a pitch. Good enough to tell two voices apart. Nothing where none has one.
std::optional<double> pitch_of(std::span<const std::int16_t> sound);

}  // namespace unmuted::probe
