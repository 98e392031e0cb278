#pragma once

#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace unmuted::probe {

/// A condition that coroutines of one thread wait for, each until a deadline of its own (net::Signal has one
/// deadline for all).
class Condition {
 public:
  explicit Condition(net::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// Returns at the next notify_all(), or at the deadline: the caller looks at what it waits for again.
  net::awaitable<void> wait(TimePoint deadline);
  void notify_all();

 private:
  net::asio::any_io_executor executor_;
  std::vector<net::asio::steady_timer*> waiting_;  ///< they live in the frames of those who wait
};

/// Tells coroutines of one thread to give up.
class StopSignal {
 public:
  explicit StopSignal(net::asio::any_io_executor executor) : changed_(std::move(executor)) {}

  void stop();
  [[nodiscard]] bool is_given() const { return given_; }

  /// Returns at `end`, or when the signal is given.
  net::awaitable<void> pause_until(TimePoint end);

 private:
  Condition changed_;
  bool given_ = false;
};

/// Runs all of them at once and returns when the last has ended. What the first of them throws is thrown
/// on, after the last has ended.
net::awaitable<void> run_all(std::vector<net::awaitable<void>> tasks);

}  // namespace unmuted::probe
