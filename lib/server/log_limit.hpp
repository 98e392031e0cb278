#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "core/clock.hpp"

namespace unmuted {

/// One line in the log a while, however often there is cause for it. Any thread.
class LogLimit {
 public:
  explicit LogLimit(Duration pause) : pause_(pause) {}

  /// There is cause for a line. How many others were left out since the last one; nothing when this one is
  /// left out as well.
  std::optional<std::size_t> due(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (last_ && now - *last_ < pause_) {
      ++left_out_;
      return std::nullopt;
    }
    last_ = now;
    return std::exchange(left_out_, 0);
  }

 private:
  const Duration pause_;
  std::mutex mutex_;
  std::optional<TimePoint> last_;
  std::size_t left_out_ = 0;
};

}  // namespace unmuted
