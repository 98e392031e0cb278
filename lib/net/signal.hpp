#pragma once

#include <boost/asio/steady_timer.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace unmuted::net {

/// A condition that coroutines of one thread wait for: check the state, wait, check again. A notify() with
/// nobody waiting is lost, as with a condition variable.
class Signal {
 public:
  explicit Signal(const asio::any_io_executor& executor) : timer_(executor, TimePoint::max()) {}

  /// Returns after the next notify(), or at once when the waiting coroutine is cancelled.
  awaitable<void> wait() { co_await timer_.async_wait(as_result); }

  /// As wait(), and returns at `deadline` at the latest. Other waiters wake then as well.
  awaitable<void> wait_until(TimePoint deadline) {
    timer_.expires_at(deadline);
    co_await timer_.async_wait(as_result);
    if (timer_.expiry() == deadline) timer_.expires_at(TimePoint::max());
  }

  void notify() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace unmuted::net
