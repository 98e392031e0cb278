#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/pcm.hpp"

namespace unmuted::embedded {

/// A clause as it sounds.
struct Sound {
  audio::Samples samples;
  std::vector<std::size_t>
      begins;  ///< for each word of the clause, the sample with which it begins; ascending
};

/// What an engine gives, in our rate and `gain` times as loud. `rate`: samples a second; another than the
/// engine's changes pitch and pace.
audio::Samples converted(std::span<const std::int16_t> pcm, int rate, float gain);

}  // namespace unmuted::embedded
