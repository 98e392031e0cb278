#include "services/embedded/noise_floor.hpp"

#include <algorithm>

namespace unmuted::embedded {
namespace {

constexpr std::size_t frame = 160;
constexpr double noisy_amplitude = 32768 * 0.0056;  // -45 dB

}  // namespace

void NoiseFloor::hear(std::span<const std::int16_t> samples) {
  for (const std::int16_t sample : samples) {
    sum_ += static_cast<double>(sample) * sample;
    if (++in_frame_ < frame) continue;
    powers_.push_back(static_cast<float>(sum_ / frame));
    sum_ = 0;
    in_frame_ = 0;
  }
}

bool NoiseFloor::is_noisy() const {
  if (powers_.empty()) return false;
  std::vector<float> sorted = powers_;
  const auto tenth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 10);
  std::nth_element(sorted.begin(), tenth, sorted.end());
  return *tenth > noisy_amplitude * noisy_amplitude;
}

}  // namespace unmuted::embedded
