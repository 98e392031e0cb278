#include "probe/pitch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace unmuted::probe {
namespace {

constexpr std::size_t half_rate = 12'000;  ///< of every second sample of 24 kHz: no voice is as high as that
constexpr std::size_t moment = half_rate / 25;
constexpr std::size_t shortest = half_rate / 800, longest = half_rate / 60;  ///< periods
constexpr double voiced = 0.6;          ///< how like itself a moment is a period later, at least
constexpr double as_good = 0.9;         ///< part of the best likeness: two periods are no worse than one
constexpr double audible_level = 1e-3;  ///< of full scale

double product(std::span<const float> one, std::span<const float> other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    sum += static_cast<double>(one[i]) * static_cast<double>(other[i]);
  return sum;
}

/// What does not move has no pitch.
std::vector<float> around_zero(std::span<const float> sound) {
  const float mean = std::accumulate(sound.begin(), sound.end(), 0.0F) / static_cast<float>(sound.size());
  std::vector<float> moved;
  for (const float sample : sound) moved.push_back(sample - mean);
  return moved;
}

/// Of the moment at the beginning of `sound`, which is longer by the longest period; 0: it has none.
double pitch_at(std::span<const float> sound) {
  const auto now = sound.first(moment);
  const double own = product(now, now);
  if (std::sqrt(own / moment) < audible_level) return 0;
  std::vector<double> likeness;
  for (std::size_t period = shortest; period <= longest; ++period) {
    const auto later = sound.subspan(period, moment);
    likeness.push_back(product(now, later) / std::sqrt(own * product(later, later) + 1e-12));
  }
  const double best = *std::max_element(likeness.begin(), likeness.end());
  if (best < voiced) return 0;
  auto peak =
      std::find_if(likeness.begin(), likeness.end(), [&](double each) { return each >= as_good * best; });
  while (peak + 1 != likeness.end() && *(peak + 1) > *peak) ++peak;
  return static_cast<double>(half_rate) /
         static_cast<double>(shortest + static_cast<std::size_t>(peak - likeness.begin()));
}

}  // namespace

std::optional<double> pitch_of(std::span<const std::int16_t> sound) {
  std::vector<float> half;
  for (std::size_t i = 0; i + 1 < sound.size(); i += 2) {
    half.push_back(static_cast<float>(sound[i] + sound[i + 1]) / 65'536);
  }
  std::vector<double> found;
  for (std::size_t at = 0; at + moment + longest <= half.size(); at += moment) {
    const double pitch = pitch_at(around_zero(std::span<const float>(half).subspan(at, moment + longest)));
    if (pitch > 0) found.push_back(pitch);
  }
  if (found.empty()) return std::nullopt;
  const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
  std::nth_element(found.begin(), middle, found.end());
  return *middle;
}

}  // namespace unmuted::probe
