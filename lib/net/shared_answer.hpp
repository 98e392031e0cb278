#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"

namespace unmuted::net {

struct SharedAnswerOptions {
  Duration keep{};            ///< how long an answer is given to others who ask, at the most
  unsigned keep_factor = 0;   ///< and no longer than so many times what it took to make; 0: just that
  Duration patience{};        ///< how long one is waited for that somebody else makes
  Duration keep_meanwhile{};  ///< how old the one before may be that is given at once while somebody makes a
                              ///< new one
};

/// An answer that costs something and that many want: it is made once for all who ask while it is being made,
/// and kept for a while for those who ask later. Any thread; a coroutine resumes on its own.
template <class Value>
class SharedAnswer {
 public:
  explicit SharedAnswer(const SharedAnswerOptions& options) : options_(options) {}

  /// What the newest one was, when it is fresh. Otherwise what `make`, a coroutine without parameters,
  /// returns, here or where somebody runs it already. Nothing when that one threw, or took too long.
  template <class Make>
  awaitable<std::optional<Value>> get(Make make) {
    const auto executor = co_await asio::this_coro::executor;
    std::shared_ptr<Waiter> waiter;
    {
      const std::lock_guard lock(mutex_);
      if (making_ && newest_ && Clock::now() < made_ + options_.keep_meanwhile) co_return newest_;
      if (making_) {
        // Held by its own coroutine alone: so its timer ends with the loop that it belongs to.
        waiter = std::make_shared<Waiter>(executor);
        waiting_.push_back({executor, waiter});
      } else if (newest_ && Clock::now() < fresh_until_) {
        co_return newest_;
      }
      making_ = true;
    }
    if (!waiter) co_return co_await make_for_all(std::move(make));
    const TimePoint deadline = Clock::now() + options_.patience;
    while (!waiter->done && Clock::now() < deadline) co_await waiter->told.wait_until(deadline);
    co_return std::move(waiter->value);
  }

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : told(executor) {}
    Signal told;
    bool done = false;
    std::optional<Value> value;
  };
  /// Somebody of another thread, perhaps: only that thread touches the waiter.
  struct Place {
    asio::any_io_executor executor;
    std::weak_ptr<Waiter> waiter;
  };

  template <class Make>
  awaitable<std::optional<Value>> make_for_all(Make make) {
    const TimePoint began = Clock::now();
    std::optional<Value> value;
    try {
      value = co_await make();
    } catch (const std::exception&) {
      value.reset();  // whoever waits must be told something
    }
    tell(value, Clock::now() - began);
    co_return value;
  }

  void tell(const std::optional<Value>& value, Duration cost) {
    std::vector<Place> waiting;
    {
      const std::lock_guard lock(mutex_);
      making_ = false;
      const Duration keep =
          options_.keep_factor == 0 ? options_.keep : std::min(options_.keep, cost * options_.keep_factor);
      made_ = Clock::now();
      fresh_until_ = made_ + keep;
      newest_ = value;
      waiting.swap(waiting_);
    }
    for (Place& place : waiting) {
      auto deliver = [waiter = std::move(place.waiter), value] {
        const auto living = waiter.lock();
        if (!living) return;
        living->done = true;
        living->value = value;
        living->told.notify();
      };
      asio::post(place.executor, std::move(deliver));
    }
  }

  const SharedAnswerOptions options_;
  std::mutex mutex_;
  TimePoint made_{};
  TimePoint fresh_until_{};
  bool making_ = false;
  std::optional<Value> newest_;
  std::vector<Place> waiting_;
};

}  // namespace unmuted::net
