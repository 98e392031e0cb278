#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace unmuted::script {

/// Measures one call against its limits. Used by the thread of the call; kill() and killed() by any.
class Watchdog {
 public:
  enum class Breach : std::uint8_t { none, cpu, wall, killed };

  void start(std::chrono::nanoseconds cpu_limit, std::chrono::nanoseconds wall_limit) noexcept;
  /// Ends the measuring and gives the wall time since start().
  std::chrono::nanoseconds stop() noexcept;

  /// Which limit is passed now. Costs one reading of the monotonic clock.
  [[nodiscard]] Breach look() noexcept;

  void kill() noexcept { killed_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool killed() const noexcept { return killed_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point started_, wall_end_, next_cpu_reading_;
  std::chrono::nanoseconds cpu_end_{};
  bool running_ = false;
  std::atomic<bool> killed_{false};
};

}  // namespace unmuted::script
