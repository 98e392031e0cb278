#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "audio/pcm.hpp"
#include "core/result.hpp"

namespace unmuted::audio {

/// What a WAV file holds.
struct Wav {
  int rate = 0;     ///< samples a second: 4,000 to 192,000, as a Resampler takes them
  Samples samples;  ///< its channels mixed into one
};

/// Reads a WAV file of PCM with 16 bits or of floating point with 32, in up to 64 channels. Its lengths may
/// say anything, as they do where a program could not know them beforehand: what there is counts. Numbers
/// beyond -1 to 1 are clipped, and those that are none are silence. Takes twice the memory of the file at the
/// most. Error: invalid_audio, with a message that goes on after the file's name ("is no WAV file").
Result<Wav> read_wav(std::span<const std::byte> file);

/// A WAV file of PCM with 16 bits, mono.
std::vector<std::byte> write_wav(std::span<const float> samples, int rate = sample_rate);

}  // namespace unmuted::audio
