#include "characters/script/watchdog.hpp"

#include <algorithm>
#include <ctime>

namespace unmuted::script {
namespace {

std::chrono::nanoseconds thread_cpu() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

void Watchdog::start(std::chrono::nanoseconds cpu_limit, std::chrono::nanoseconds wall_limit) noexcept {
  started_ = Clock::now();
  wall_end_ = started_ + wall_limit;
  cpu_end_ = thread_cpu() + cpu_limit;
  next_cpu_reading_ = started_ + cpu_limit;
  running_ = true;
}

std::chrono::nanoseconds Watchdog::stop() noexcept {
  running_ = false;
  return Clock::now() - started_;
}

Watchdog::Breach Watchdog::look() noexcept {
  if (killed()) return Breach::killed;
  if (!running_) return Breach::none;
  const auto now = Clock::now();
  if (now >= wall_end_) return Breach::wall;
  if (now < next_cpu_reading_) return Breach::none;

  // The thread's CPU clock is a system call. CPU time cannot run faster than wall time, so it need not be
  // read again before what is left of it could have passed.
  const auto left = cpu_end_ - thread_cpu();
  if (left <= std::chrono::nanoseconds::zero()) return Breach::cpu;
  next_cpu_reading_ = now + std::max<std::chrono::nanoseconds>(left, std::chrono::milliseconds(1));
  return Breach::none;
}

}  // namespace unmuted::script
