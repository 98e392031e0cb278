#include "net/offload.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

/// One coroutine that offloads a job, on a loop that the test runs.
class OffloadTest : public testing::Test {
 protected:
  ~OffloadTest() override {
    pool.open_gate();
    pool.stop();
    pool.wait_until_idle(std::chrono::seconds(60));
  }

  template <class Function>
  void start(Function job, TimePoint deadline = TimePoint::max()) {
    auto waits = [](OffloadTest* test, Function its_job, TimePoint until) -> awaitable<void> {
      test->value = co_await offload(test->share, test->call, std::move(its_job), until);
    };
    auto ended = [this](const std::exception_ptr& thrown) {
      done = true;
      error = thrown;
    };
    asio::co_spawn(io, waits(this, std::move(job), deadline), std::move(ended));
    io.poll();
  }

  void run() {
    io.restart();
    io.run();
    EXPECT_TRUE(done);
  }

  WorkerPool pool{{.threads = 1}};
  WorkerPool::Share share{pool, WorkerPool::Lane::scripts};
  asio::io_context io{1};
  PoolCall call;
  bool done = false;
  std::optional<std::string> value;
  std::exception_ptr error;
};

TEST_F(OffloadTest, GivesWhatTheJobReturned) {
  start([] { return std::string("value"); });
  run();
  EXPECT_EQ(value, "value");
}

TEST_F(OffloadTest, GivesWhatTheJobThrew) {
  start([]() -> std::string { throw std::runtime_error("no luck"); });
  run();
  ASSERT_TRUE(error);
  EXPECT_THROW(std::rethrow_exception(error), std::runtime_error);
}

TEST_F(OffloadTest, AnAbandonedJobThatHasNotBegunNeverBegins) {
  std::atomic<bool> ran = false;
  pool.shut_gate();
  start([&ran] {
    ran = true;
    return std::string();
  });
  ASSERT_TRUE(pool.wait_for_held(1));
  call.abandon();
  run();
  EXPECT_FALSE(value);
  EXPECT_FALSE(pool.wait_for_held(1, std::chrono::milliseconds(0)));
  pool.open_gate();
  start([] { return std::string("the next one"); });
  run();
  EXPECT_EQ(value, "the next one");
  EXPECT_FALSE(ran);
}

TEST_F(OffloadTest, AnAbandonedJobThatRunsIsNotWaitedFor) {
  std::promise<void> begun, end;
  start([&] {
    begun.set_value();
    end.get_future().wait();
    return std::string("unheard");
  });
  begun.get_future().wait();
  call.abandon();
  run();
  EXPECT_FALSE(value);
  end.set_value();
  pool.stop();  // what the job refers to ends with this test
  pool.wait_until_idle(std::chrono::seconds(60));
}

TEST_F(OffloadTest, AfterTheDeadlineNobodyWaitsAndNothingBegins) {
  std::atomic<bool> ran = false;
  pool.shut_gate();
  start(
      [&ran] {
        ran = true;
        return std::string();
      },
      Clock::now() + std::chrono::milliseconds(1));
  run();
  EXPECT_FALSE(value);
  EXPECT_FALSE(pool.wait_for_held(1, std::chrono::milliseconds(0)));
  pool.open_gate();
  start([] { return std::string("the next one"); });
  run();
  EXPECT_EQ(value, "the next one");
  EXPECT_FALSE(ran);
}

TEST_F(OffloadTest, GivesNothingWhenThePoolHasEnded) {
  pool.stop();
  start([] { return std::string("value"); });
  run();
  EXPECT_FALSE(value);
  call.abandon();  // harmless
}

}  // namespace
}  // namespace unmuted::net
