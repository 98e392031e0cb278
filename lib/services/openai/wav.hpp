#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted::openai {

/// A file of WAV with 16-bit samples of one channel. `rate`: samples a second.
std::string wav_file(std::span<const std::int16_t> samples, int rate);

/// What a file of WAV says of its sound, which is 16-bit PCM.
struct WavHeader {
  int rate = 0;              ///< samples a second
  std::size_t channels = 1;  ///< 1 or 2
  std::size_t sound_at = 0;  ///< the byte with which the sound begins
  /// Of the sound; nothing where it goes on to the end, as it does of a stream.
  std::optional<std::size_t> sound_bytes{};
};

/// The header of the file that begins with `bytes`; nothing while that is not all of it. Error:
/// service_unavailable, when it is no sound that we can play; the message is the cause alone.
Result<std::optional<WavHeader>> read_wav_header(std::string_view bytes);

}  // namespace unmuted::openai
