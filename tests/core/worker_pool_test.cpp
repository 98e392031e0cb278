#include "core/worker_pool.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using Lane = WorkerPool::Lane;
using Share = WorkerPool::Share;

constexpr auto long_enough = 60s;  // only against hanging

/// Whether the future came, so that a broken pool fails a test and does not hang it.
bool came(std::future<void>& future) {
  return future.wait_for(long_enough) == std::future_status::ready;
}

/// Returns once everything that was submitted to the share before this has run and was let go.
void finish(Share& share) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  ASSERT_TRUE(share.submit([done] { done->set_value(); }));
  ASSERT_TRUE(came(future));
}

/// A job that runs until it is told to end.
struct Held {
  std::promise<void> begun, end;

  WorkerPool::Job job() {
    return [this] {
      begun.set_value();
      end.get_future().wait();
    };
  }
  void wait_until_begun() {
    auto future = begun.get_future();
    ASSERT_TRUE(came(future));
  }
};

TEST(WorkerPool, AShareRunsItsJobsInTheirOrder) {
  std::vector<int> order;
  WorkerPool pool({.threads = 3});
  Share share(pool, Lane::scripts);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(share.submit([&order, i] { order.push_back(i); }));  // never two at a time
  }
  finish(share);
  ASSERT_EQ(order.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, SharesRunAtOnce) {
  constexpr int threads = 3;
  std::latch all_here(threads);  // opens only when three jobs run at the same time
  std::array<std::promise<void>, threads> done;
  WorkerPool pool({.threads = threads});
  std::deque<Share> shares;
  for (auto& promise : done) {
    ASSERT_TRUE(shares.emplace_back(pool, Lane::scripts).submit([&all_here, &promise] {
      all_here.arrive_and_wait();
      promise.set_value();
    }));
  }
  for (auto& promise : done) {
    auto future = promise.get_future();
    ASSERT_TRUE(came(future));
  }
}

TEST(WorkerPool, SharesTakeTurns) {
  WorkerPool pool({.threads = 1});
  Share greedy(pool, Lane::scripts), modest(pool, Lane::scripts), last(pool, Lane::scripts);
  std::string order;
  pool.shut_gate();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(greedy.submit([&] { order += 'g'; }));
  ASSERT_TRUE(modest.submit([&] { order += 'm'; }));
  ASSERT_TRUE(last.submit([&] { order += 'l'; }));
  pool.open_gate();
  finish(greedy);
  EXPECT_EQ(order, "gmlgg");
}

TEST(WorkerPool, ALaneDoesNotWaitForAnother) {
  WorkerPool pool({.threads = 1});
  Share loader(pool, Lane::loads), other_loader(pool, Lane::loads), talker(pool, Lane::scripts);
  Share sweeper(pool, Lane::chores);
  Held load;
  ASSERT_TRUE(loader.submit(load.job()));
  load.wait_until_begun();
  std::atomic<bool> other_loaded = false;
  ASSERT_TRUE(other_loader.submit([&] { other_loaded = true; }));
  finish(talker);
  finish(sweeper);
  EXPECT_FALSE(other_loaded);
  load.end.set_value();
  finish(other_loader);
  EXPECT_TRUE(other_loaded);
}

TEST(WorkerPool, NoThreadsMeansOne) {
  WorkerPool pool({.threads = 0});
  Share share(pool, Lane::scripts);
  finish(share);
}

TEST(WorkerPool, AFullLaneRefuses) {
  int ran = 0;
  WorkerPool pool({.threads = 1, .max_waiting = 3});
  Share share(pool, Lane::scripts), other(pool, Lane::scripts), loader(pool, Lane::loads);
  pool.shut_gate();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(share.submit([&ran] { ++ran; }));
  EXPECT_FALSE(share.submit([&ran] { ran += 100; }));
  EXPECT_FALSE(other.submit([&ran] { ran += 100; }));
  EXPECT_TRUE(loader.submit([] {}));  // of its own
  pool.open_gate();
  std::promise<void> last;
  auto all_ran = last.get_future();
  // Room comes as jobs begin, and this takes what comes first: nothing else may need any.
  while (!share.submit([&last] { last.set_value(); })) std::this_thread::yield();
  ASSERT_TRUE(came(all_ran));
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, ARefusedJobIsLetGo) {
  WorkerPool pool({.threads = 1, .max_waiting = 0});
  Share share(pool, Lane::scripts);
  auto token = std::make_shared<int>(1);
  EXPECT_FALSE(share.submit([token] {}));
  EXPECT_EQ(token.use_count(), 1);
}

// --- taking back ------------------------------------------------------------------------------------------

TEST(WorkerPool, AWithdrawnJobNeverBegins) {
  std::string order;
  auto token = std::make_shared<int>(1);
  WorkerPool pool({.threads = 1, .max_waiting = 2});
  Share share(pool, Lane::loads);
  pool.shut_gate();
  ASSERT_TRUE(share.submit([&] { order += 'a'; }));
  const auto ticket = share.submit([&, token] { order += 'b'; });
  ASSERT_TRUE(ticket);
  share.withdraw(*ticket);
  EXPECT_EQ(token.use_count(), 1);
  std::promise<void> last;
  auto ran = last.get_future();
  ASSERT_TRUE(share.submit([&] {  // its room is free at once
    order += 'c';
    last.set_value();
  }));
  share.withdraw(*ticket);  // once more is harmless
  pool.open_gate();
  ASSERT_TRUE(came(ran));
  EXPECT_EQ(order, "ac");
}

TEST(WorkerPool, AJobThatRunsIsNotWithdrawn) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::loads);
  Held held;
  const auto ticket = share.submit(held.job());
  held.wait_until_begun();
  share.withdraw(*ticket);
  held.end.set_value();
  finish(share);
}

TEST(WorkerPool, WhatWaitsIsDroppedWithItsShare) {
  std::atomic<bool> ran = false;
  auto token = std::make_shared<int>(1);
  WorkerPool pool({.threads = 1});
  Share other(pool, Lane::scripts);
  Held held;
  {
    Share share(pool, Lane::scripts);
    ASSERT_TRUE(share.submit(held.job()));
    ASSERT_TRUE(share.submit([&ran, token] { ran = true; }));
    held.wait_until_begun();
  }
  Share chores(pool, Lane::chores);
  while (token.use_count() > 1) finish(chores);  // what it holds may take long to free
  held.end.set_value();
  finish(other);
  EXPECT_FALSE(ran);
}

TEST(WorkerPool, AnEmptyShareHasNoTurn) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts), other(pool, Lane::scripts);
  pool.shut_gate();
  const auto ticket = share.submit([] {});
  ASSERT_TRUE(other.submit([] {}));
  share.withdraw(*ticket);
  pool.open_gate();
  finish(other);
  finish(share);
}

// --- the gate ---------------------------------------------------------------------------------------------

TEST(WorkerPool, AShutGateHoldsEveryJob) {
  constexpr int jobs = 5;
  std::atomic<int> ran = 0;
  WorkerPool pool({.threads = 2});
  Share share(pool, Lane::scripts), loader(pool, Lane::loads);
  pool.shut_gate();
  for (int i = 0; i < jobs; ++i) ASSERT_TRUE((i % 2 == 0 ? share : loader).submit([&] { ++ran; }));
  ASSERT_TRUE(pool.wait_for_held(jobs));
  EXPECT_EQ(ran, 0);
  pool.open_gate();
  finish(share);
  finish(loader);
  EXPECT_EQ(ran, jobs);
}

TEST(WorkerPool, TheGateMayBeShutAgain) {
  std::atomic<int> ran = 0;
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts);
  for (int round = 1; round <= 3; ++round) {
    pool.shut_gate();
    ASSERT_TRUE(share.submit([&ran] { ++ran; }));
    ASSERT_TRUE(pool.wait_for_held(1));
    EXPECT_EQ(ran, round - 1);
    pool.open_gate();
    finish(share);
    EXPECT_EQ(ran, round);
  }
}

TEST(WorkerPool, WaitForHeldIsWokenByAJob) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts);
  pool.shut_gate();
  std::future<bool> waiting = std::async(std::launch::async, [&pool] { return pool.wait_for_held(2); });
  ASSERT_TRUE(share.submit([] {}));
  ASSERT_TRUE(share.submit([] {}));
  EXPECT_TRUE(waiting.get());
}

TEST(WorkerPool, WaitForHeldGivesUp) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts);
  pool.shut_gate();
  ASSERT_TRUE(share.submit([] {}));
  EXPECT_FALSE(pool.wait_for_held(2, 1ms));
}

// --- letting go, and the end ------------------------------------------------------------------------------

TEST(WorkerPool, WhatAJobHoldsIsLetGoWhenItHasRun) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts);
  auto token = std::make_shared<int>(1);
  ASSERT_TRUE(share.submit([token] {}));
  finish(share);  // the next job begins after the one before was let go
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, LetsGoOfThingsAsAChore) {
  WorkerPool pool({.threads = 1});
  Share chores(pool, Lane::chores);
  std::promise<std::thread::id> freed_by;
  auto freed = freed_by.get_future();
  const auto note = [&freed_by](const int* number) {
    delete number;
    freed_by.set_value(std::this_thread::get_id());
  };
  pool.let_go(std::shared_ptr<int>(new int(1), note));
  ASSERT_EQ(freed.wait_for(long_enough), std::future_status::ready);
  EXPECT_NE(freed.get(), std::this_thread::get_id());
  pool.let_go(nullptr);
  pool.stop();
  auto token = std::make_shared<int>(1);
  pool.let_go(std::shared_ptr<int>(token));
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, TheEndDropsWhatWaitsAndWaitsForWhatRuns) {
  std::atomic<bool> ran_late = false;
  auto token = std::make_shared<int>(1);
  Held held;
  std::future<void> end;
  {
    WorkerPool pool({.threads = 1});
    Share share(pool, Lane::loads), other(pool, Lane::loads);
    ASSERT_TRUE(share.submit(held.job()));
    held.wait_until_begun();
    ASSERT_TRUE(other.submit([&ran_late, token] { ran_late = true; }));
    pool.stop();
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_FALSE(pool.wait_until_idle(1ms));
    held.end.set_value();
    EXPECT_TRUE(pool.wait_until_idle(long_enough));
  }
  EXPECT_FALSE(ran_late);
}

TEST(WorkerPool, WhatStandsBehindAJobThatRunsAtTheEndIsDropped) {
  std::atomic<bool> ran_late = false;
  Held held;
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::loads);
  ASSERT_TRUE(share.submit(held.job()));
  ASSERT_TRUE(share.submit([&ran_late] { ran_late = true; }));
  held.wait_until_begun();
  pool.stop();
  held.end.set_value();
  EXPECT_TRUE(pool.wait_until_idle(long_enough));
  EXPECT_FALSE(ran_late);
}

TEST(WorkerPool, TheEndRunsNothingThatStandsAtTheGate) {
  std::atomic<bool> ran = false;
  auto token = std::make_shared<int>(1);
  {
    WorkerPool pool({.threads = 2});
    Share share(pool, Lane::scripts);
    pool.shut_gate();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(share.submit([&ran, token] { ran = true; }));
    ASSERT_TRUE(pool.wait_for_held(4));
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, AfterItsEndItTakesNothing) {
  WorkerPool pool({.threads = 1});
  Share share(pool, Lane::scripts);
  pool.stop();
  EXPECT_FALSE(share.submit([] {}));
  pool.stop();  // once more is harmless
}

TEST(WorkerPool, ManySubmittersAndShares) {
  std::atomic<int> ran = 0;
  constexpr int submitters = 4, jobs = 500;
  std::latch all_ran(submitters * jobs);
  WorkerPool pool({.threads = 3});
  std::deque<Share> shares;
  for (int s = 0; s < submitters; ++s) shares.emplace_back(pool, s % 2 == 0 ? Lane::scripts : Lane::loads);
  {
    std::vector<std::jthread> threads;
    for (Share& share : shares) {
      threads.emplace_back([&] {
        for (int i = 0; i < jobs; ++i) {
          EXPECT_TRUE(share.submit([&] {
            ++ran;
            all_ran.count_down();
          }));
          const auto taken_back = share.submit([] {});
          if (taken_back) share.withdraw(*taken_back);
        }
      });
    }
  }
  std::future<void> done = std::async(std::launch::async, [&all_ran] { all_ran.wait(); });
  ASSERT_TRUE(came(done));
  EXPECT_EQ(ran, submitters * jobs);
}

}  // namespace
}  // namespace unmuted
