#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>

#include "audio/pcm.hpp"

namespace unmuted::test {

/// What a microphone hears: a quiet room, in which things happen one after the other.
class Room {
 public:
  explicit Room(double noise_dbfs = -70) : noise_(gain(noise_dbfs)) {}

  Room& quiet(int ms) {
    return add(ms, [](double) { return 0.0; });
  }
  /// Steady noise beside the room's own.
  Room& noise(int ms, double dbfs) {
    return add(ms, [&, level = gain(dbfs)](double) { return level * normal_(random_); });
  }
  /// The harmonics of a deep voice, as loud as a vowel has them.
  Room& voice(int ms, double dbfs = -26) {
    return add(ms, [level = gain(dbfs)](double seconds) {
      double sum = 0;
      for (int harmonic = 1; harmonic <= 24; ++harmonic) {
        const double hertz = 125.0 * harmonic * (1 + 0.01 * std::sin(2 * std::numbers::pi * 5 * seconds));
        const double first = std::exp(-std::pow((hertz - 600) / 250, 2));
        const double second = 0.4 * std::exp(-std::pow((hertz - 1'400) / 300, 2));
        sum += (0.1 / harmonic + first + second) * std::sin(2 * std::numbers::pi * hertz * seconds);
      }
      return level * sum;
    });
  }

  [[nodiscard]] const audio::Samples& samples() const { return samples_; }

 private:
  static double gain(double dbfs) { return std::pow(10, dbfs / 20); }

  template <class Sound>
  Room& add(int ms, Sound sound) {
    const std::size_t count = static_cast<std::size_t>(ms) * audio::sample_rate / 1'000;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = sound(static_cast<double>(i) / audio::sample_rate) + noise_ * normal_(random_);
      samples_.push_back(static_cast<float>(value));
    }
    return *this;
  }

  std::mt19937 random_{1};
  std::normal_distribution<double> normal_;
  double noise_;
  audio::Samples samples_;
};

}  // namespace unmuted::test
