#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/pcm.hpp"
#include "audio/resampler.hpp"

namespace unmuted::audio {

/// How sound is written on a connection.
enum class SoundForm {
  ogg_opus,
  pcm16,   ///< little-endian, at 24 kHz
  mu_law,  ///< G.711 at 8 kHz, like the next
  a_law,
};

/// Reads sound without a container: pcm16, mu_law or a_law, in pieces of any size.
class PlainSoundReader {
 public:
  explicit PlainSoundReader(SoundForm form);

  [[nodiscard]] SoundForm form() const { return form_; }
  /// How many samples at 24 kHz so many bytes are.
  [[nodiscard]] std::size_t samples_in(std::size_t bytes) const;
  /// The sound of the next bytes, valid until the next call.
  std::span<const float> read(std::span<const std::byte> bytes);

 private:
  SoundForm form_;
  std::optional<std::byte> half_;  ///< of a sample
  Resampler resampler_;
  Samples samples_;
};

/// Writes such sound.
class PlainSoundWriter {
 public:
  explicit PlainSoundWriter(SoundForm form);

  [[nodiscard]] SoundForm form() const { return form_; }
  /// The next of a sound; valid until the next call.
  std::span<const std::byte> write(std::span<const float> samples);
  /// That was all of it: what was held back.
  std::span<const std::byte> finish();

 private:
  std::span<const std::byte> put(std::span<const float> samples);

  SoundForm form_;
  Resampler resampler_;
  std::vector<std::byte> bytes_;
};

}  // namespace unmuted::audio
