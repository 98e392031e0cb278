#pragma once

#include <algorithm>

#include "core/clock.hpp"

namespace unmuted {

/// So much in the long run, and a burst at once: what is spent is counted in the time that it is worth. No
/// clock: time is a parameter.
class RateLimit {
 public:
  /// `burst`: what may be spent at once, by somebody who has spent nothing for as long.
  explicit constexpr RateLimit(Duration burst) : burst_(burst) {}

  void spend(Duration cost, TimePoint now) { paid_until_ = std::max(paid_until_, now) + cost; }

  /// When there is something to spend again; mostly in the past.
  [[nodiscard]] TimePoint ready_at() const { return paid_until_ - burst_; }

 private:
  Duration burst_;
  TimePoint paid_until_{};  ///< by when all that was spent would have been, at the even rate
};

}  // namespace unmuted
