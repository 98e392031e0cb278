#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace unmuted::embedded {

/// How loud it is around who speaks: the quietest tenth of an utterance, which has the moment before and the
/// one after it in it.
class NoiseFloor {
 public:
  /// The next samples, at 16 kHz.
  void hear(std::span<const std::int16_t> samples);
  /// Whether it is louder than -45 dB of full scale.
  [[nodiscard]] bool is_noisy() const;

 private:
  std::vector<float> powers_;  ///< of frames of 10 ms
  double sum_ = 0;             ///< of the frame that is not full yet
  std::size_t in_frame_ = 0;
};

}  // namespace unmuted::embedded
