#include "probe/run_until_done.hpp"

#include <stdexcept>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

namespace asio = net::asio;
using net::awaitable;

awaitable<int> after_a_timer() {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::milliseconds(1));
  co_await timer.async_wait(asio::use_awaitable);
  co_return 7;
}

awaitable<int> failing() {
  throw std::runtime_error("no luck");
  co_return 0;
}

/// Waits for an operation that forgets who waits for it.
awaitable<int> forgotten() {
  const auto forget = [](auto handler) { static_cast<void>(handler); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(forget, asio::use_awaitable);
  co_return 0;
}

TEST(RunUntilDone, GivesWhatTheTaskGives) {
  asio::io_context io;
  EXPECT_EQ(run_until_done(io, after_a_timer()), 7);
  EXPECT_EQ(run_until_done(io, after_a_timer()), 7);
}

TEST(RunUntilDone, ThrowsWhatTheTaskThrows) {
  asio::io_context io;
  EXPECT_THROW(run_until_done(io, failing()), std::runtime_error);
  EXPECT_EQ(run_until_done(io, after_a_timer()), 7);
}

TEST(RunUntilDone, EndsWhenNothingCanEndTheTask) {
  asio::io_context io;
  bool other_work = false;
  asio::post(io, [&other_work] { other_work = true; });
  EXPECT_THROW(run_until_done(io, forgotten()), std::logic_error);
  EXPECT_TRUE(other_work);
  EXPECT_EQ(run_until_done(io, after_a_timer()), 7);
}

}  // namespace
}  // namespace unmuted::probe
