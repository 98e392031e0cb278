#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "audio/pcm.hpp"

struct SpeexResamplerState_;

namespace unmuted::audio {

/// Sound of one rate in, piece by piece, the same sound of another rate out. What comes out begins with the
/// sound itself, not with silence of the filter's: the filter holds back some milliseconds instead (32
/// samples of the lower of both rates: 2 ms at 16 kHz). Of equal rates all comes out as it is.
class Resampler {
 public:
  /// In samples a second, from 4,000 to 192,000 each. They need no small common divisor: a voice is raised by
  /// an eighth when sound of 16,000 is said to be of 18,000.
  Resampler(int from, int to);

  /// The next of the sound, and what is certain by now of what comes of it. Pieces of any size give the same.
  Samples feed(std::span<const float> samples);
  /// That was all: what was held back. All together is as long as what was fed, within a sample. The next
  /// feed() begins another sound.
  Samples finish();

 private:
  struct Free {
    void operator()(SpeexResamplerState_* state) const;
  };

  void begin();
  Samples filter(std::span<const float> samples);

  std::int64_t from_;
  std::int64_t to_;
  std::unique_ptr<SpeexResamplerState_, Free> state_;  ///< null: of equal rates
  std::int64_t fed_ = 0;                               ///< samples of the present sound
  std::int64_t given_ = 0;
};

}  // namespace unmuted::audio
