#pragma once

#include <chrono>

namespace unmuted {

/// The clock of everything that measures or waits. Logic takes a TimePoint as a parameter and never reads
/// it by itself, so that its timeouts are unit tests.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

inline double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace unmuted
