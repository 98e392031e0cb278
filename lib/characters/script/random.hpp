#pragma once

#include <cstdint>

namespace unmuted::script {

/// The random numbers of one state: the same for a seed on every machine. SplitMix64, because the
/// distributions of <random> differ between standard libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  /// 64 random bits.
  std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31U);
  }

  /// 0 … bound-1, each equally likely; a bound of 0 stands for 2^64.
  std::uint64_t below(std::uint64_t bound) noexcept {
    if (bound == 0) return next();
    const std::uint64_t unfair = (0 - bound) % bound;  // 2^64 mod bound values would come once too often
    std::uint64_t bits = next();
    while (bits < unfair) bits = next();
    return bits % bound;
  }

  /// In [0, 1).
  double fraction() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace unmuted::script
