#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/asio.hpp"

namespace unmuted::test {

/// The loop of a test: coroutines run to their end on the test's own thread.
class EventLoop {
 public:
  static constexpr std::chrono::seconds too_long{20};  ///< a test that waits longer hangs

  [[nodiscard]] net::asio::any_io_executor executor() { return io_.get_executor(); }

  /// What the coroutine returns. Throws when that takes too long, or what it throws.
  template <class T>
  T run(net::awaitable<T> coroutine) {
    auto result = start(std::move(coroutine));
    return finish(result);
  }

  /// A coroutine that is under way.
  template <class T>
  struct Pending {
    std::exception_ptr exception;
    std::optional<T> value;
    [[nodiscard]] bool done() const { return exception || value; }
  };

  /// Starts a coroutine, which goes on in poll() and finish().
  template <class T>
  std::shared_ptr<Pending<T>> start(net::awaitable<T> coroutine) {
    auto pending = std::make_shared<Pending<T>>();
    net::asio::co_spawn(io_, std::move(coroutine), [pending](std::exception_ptr exception, T value) {
      pending->exception = exception;
      pending->value.emplace(std::move(value));
    });
    return pending;
  }

  /// Runs what can run without waiting.
  void poll() {
    io_.restart();
    io_.poll();
  }

  /// Runs until `condition` holds. False when that takes too long.
  template <class Condition>
  bool run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + too_long;
    io_.restart();
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_for(std::chrono::milliseconds(10));
      if (io_.stopped()) io_.restart();
    }
    return condition();
  }

  template <class T>
  T finish(const std::shared_ptr<Pending<T>>& pending) {
    const auto deadline = std::chrono::steady_clock::now() + too_long;
    io_.restart();
    while (!pending->done() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(too_long);
    if (!pending->done()) throw std::runtime_error("the coroutine has not come to its end");
    if (pending->exception) std::rethrow_exception(pending->exception);
    return std::move(*pending->value);
  }

 private:
  net::asio::io_context io_{1};
};

}  // namespace unmuted::test
