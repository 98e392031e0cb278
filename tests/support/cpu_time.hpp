#pragma once

#include <chrono>
#include <ctime>

namespace unmuted::test {

/// What the calling thread has used of a processor so far.
inline std::chrono::nanoseconds thread_cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace unmuted::test
