#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/pcm.hpp"

namespace unmuted::charctl {

// Sound as programs and files have it: 16 bits, the lower byte first.

std::vector<std::byte> to_bytes(std::span<const float> samples);

/// A byte that is left over at the end is left out.
audio::Samples from_bytes(std::span<const std::byte> bytes);

/// The head of a WAV file of our rate, mono; `data` bytes of sound follow.
std::vector<std::byte> wav_head(std::uint32_t data);

inline constexpr std::uint32_t unknown_length = 0xFFFFFFFF;  ///< as readers expect it of a stream

}  // namespace unmuted::charctl
