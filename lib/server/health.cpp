#include "server/health.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/signal.hpp"

namespace unmuted {
namespace {

constexpr auto fresh = std::chrono::milliseconds(500);
constexpr auto patience = std::chrono::seconds(5);  // a probe takes two at the most

}  // namespace

struct Health::Waiter {
  explicit Waiter(const net::asio::any_io_executor& executor) : told(executor) {}
  net::Signal told;
  bool done = false;
  bool up = false;
};

net::awaitable<bool> Health::language_model_up() {
  if (model_ == nullptr) co_return true;
  const auto executor = co_await net::asio::this_coro::executor;
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock(mutex_);
    if (probing_) {
      // Held by its own coroutine alone: so its timer ends with the loop that it belongs to.
      waiter = std::make_shared<Waiter>(executor);
      waiting_.push_back({executor, waiter});
    } else if (probed_ != TimePoint{} && Clock::now() - probed_ < fresh) {
      co_return up_;
    }
    probing_ = true;
  }
  if (!waiter) co_return co_await probe();
  const TimePoint deadline = Clock::now() + patience;
  while (!waiter->done && Clock::now() < deadline) co_await waiter->told.wait_until(deadline);
  co_return waiter->up;
}

net::awaitable<bool> Health::probe() {
  bool up = false;
  try {
    up = co_await model_->up();
  } catch (const std::exception&) {
    up = false;  // whoever waits must be told something
  }
  tell(up);
  co_return up;
}

void Health::tell(bool up) {
  std::vector<Place> waiting;
  {
    const std::lock_guard lock(mutex_);
    probing_ = false;
    probed_ = Clock::now();
    up_ = up;
    waiting.swap(waiting_);
  }
  for (Place& place : waiting) {
    auto deliver = [waiter = std::move(place.waiter), up] {
      const auto living = waiter.lock();
      if (!living) return;
      living->done = true;
      living->up = up;
      living->told.notify();
    };
    net::asio::post(place.executor, std::move(deliver));
  }
}

}  // namespace unmuted
