#include "probe/condition.hpp"

#include <algorithm>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

namespace unmuted::probe {

net::awaitable<void> Condition::wait(TimePoint deadline) {
  net::asio::steady_timer timer(executor_, deadline);
  waiting_.push_back(&timer);
  co_await timer.async_wait(net::as_result);
  std::erase(waiting_, &timer);
}

void Condition::notify_all() {
  for (auto* timer : waiting_) timer->cancel();
}

void StopSignal::stop() {
  given_ = true;
  changed_.notify_all();
}

net::awaitable<void> StopSignal::pause_until(TimePoint end) {
  while (!given_ && Clock::now() < end) co_await changed_.wait(end);
}

net::awaitable<void> run_all(std::vector<net::awaitable<void>> tasks) {
  const auto executor = co_await net::asio::this_coro::executor;
  Condition ended(executor);
  std::size_t running = tasks.size();
  std::exception_ptr first;
  const auto on_end = [&](const std::exception_ptr& thrown) {
    if (thrown && !first) first = thrown;
    --running;
    ended.notify_all();
  };
  for (auto& task : tasks) net::asio::co_spawn(executor, std::move(task), on_end);
  while (running > 0) co_await ended.wait(TimePoint::max());
  if (first) std::rethrow_exception(first);
}

}  // namespace unmuted::probe
