#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "audio/pcm.hpp"
#include "core/result.hpp"

namespace unmuted::audio {

/// How sound stands in bytes: the lower byte first.
struct SampleForm {
  bool floats = false;  ///< floating point with 32 bits; else integers with 16
  std::size_t channels = 1;

  /// Of one sample of each channel.
  [[nodiscard]] std::size_t bytes() const { return channels * (floats ? 4 : 2); }
};

/// The channels mixed into one. Numbers beyond -1 to 1 are clipped, and those that are none are silence. What
/// is left over at the end is left out.
Samples read_samples(std::span<const std::byte> bytes, const SampleForm& form = {});
/// Integers with 16 bits, mono.
std::vector<std::byte> write_samples(std::span<const float> samples);

/// What stands before the sound in a WAV file.
struct WavHead {
  int rate = 0;  ///< samples a second: 4,000 to 192,000, as a Resampler takes them
  SampleForm form;
  std::size_t sound_at = 0;       ///< the byte with which the sound begins
  std::uint32_t sound_bytes = 0;  ///< as it is said: who writes a stream cannot know
};

/// Reads the head of the file that begins with `bytes`, PCM with 16 bits or floating point with 32, in up to
/// 64 channels; nothing while it is not all there. Error: invalid_audio, with a message that goes on after
/// the file's name ("is no WAV file").
Result<std::optional<WavHead>> read_wav_head(std::span<const std::byte> bytes);

/// What a WAV file holds.
struct Wav {
  int rate = 0;     ///< as of a WavHead
  Samples samples;  ///< its channels mixed into one
};

/// Reads a whole file. Its lengths may say anything: what there is counts. Takes twice the memory of the file
/// at the most. Error: as read_wav_head().
Result<Wav> read_wav(std::span<const std::byte> file);

/// The head of a file with so much sound as write_samples() gives; unknown_length for what is a stream.
std::vector<std::byte> write_wav_head(std::uint32_t sound_bytes, int rate = sample_rate);
inline constexpr std::uint32_t unknown_length = 0xFFFFFFFF;  ///< as readers expect it

/// A whole file of PCM with 16 bits, mono.
std::vector<std::byte> write_wav(std::span<const float> samples, int rate = sample_rate);

}  // namespace unmuted::audio
