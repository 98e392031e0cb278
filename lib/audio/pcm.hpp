#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <span>
#include <vector>

#include "core/clock.hpp"

namespace unmuted::audio {

// Sound as it is everywhere between the edges of the server: mono, 24,000 samples a second, from -1 to 1.

inline constexpr int sample_rate = 24'000;           ///< samples a second
inline constexpr std::size_t frame_samples = 1'920;  ///< of a frame: 80 ms
inline constexpr std::size_t packet_samples = 480;   ///< of a packet of Opus: 20 ms

using Samples = std::vector<float>;

/// How long they are to be heard.
constexpr Duration time_of(std::size_t samples) {
  using Time = std::chrono::duration<std::int64_t, std::ratio<1, sample_rate>>;
  return std::chrono::duration_cast<Duration>(Time(static_cast<std::int64_t>(samples)));
}

/// Signed 16-bit, clipped.
std::int16_t to_pcm16(float sample);
std::vector<std::int16_t> to_pcm16(std::span<const float> samples);
Samples from_pcm16(std::span<const std::int16_t> pcm);

}  // namespace unmuted::audio
