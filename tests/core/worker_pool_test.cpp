#include "core/worker_pool.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;

constexpr auto long_enough = 60s;  // only against hanging

/// Whether the future came, so that a broken pool fails a test and does not hang it.
bool came(std::future<void>& future) {
  return future.wait_for(long_enough) == std::future_status::ready;
}

/// Returns once everything that was submitted to a pool of one thread before this has run.
void finish(WorkerPool& pool) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  ASSERT_TRUE(pool.submit([done] { done->set_value(); }));
  ASSERT_TRUE(came(future));
}

TEST(WorkerPool, OneThreadRunsJobsInTheirOrder) {
  std::vector<int> order;
  WorkerPool pool({.threads = 1});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pool.submit([&order, i] { order.push_back(i); }));
  }
  finish(pool);
  ASSERT_EQ(order.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, ThreadsWorkAtOnce) {
  constexpr int threads = 3;
  std::latch all_here(threads);  // opens only when three jobs run at the same time
  std::array<std::promise<void>, threads> done;
  WorkerPool pool({.threads = threads});
  for (auto& promise : done) {
    ASSERT_TRUE(pool.submit([&all_here, &promise] {
      all_here.arrive_and_wait();
      promise.set_value();
    }));
  }
  for (auto& promise : done) {
    auto future = promise.get_future();
    ASSERT_TRUE(came(future));
  }
}

TEST(WorkerPool, NoThreadsMeansOne) {
  WorkerPool pool({.threads = 0});
  finish(pool);
}

TEST(WorkerPool, AFullQueueRefuses) {
  std::atomic<int> ran = 0;
  std::promise<void> last;
  WorkerPool pool({.threads = 1, .max_waiting = 2});
  pool.shut_gate();
  ASSERT_TRUE(pool.submit([&ran] { ++ran; }));
  // The worker takes the first job out of the queue sooner or later; from then on two more have room.
  int accepted = 1;
  while (accepted < 3) {
    if (pool.submit([&ran, &last] {
          if (++ran == 3) last.set_value();
        })) {
      ++accepted;
    } else {
      std::this_thread::yield();
    }
  }
  ASSERT_TRUE(pool.wait_for_held(3));
  EXPECT_FALSE(pool.submit([&ran] { ran += 100; }));
  pool.open_gate();
  auto future = last.get_future();
  ASSERT_TRUE(came(future));
  EXPECT_EQ(ran, 3);
  finish(pool);
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, ARefusedJobIsLetGo) {
  WorkerPool pool({.threads = 1, .max_waiting = 0});
  auto token = std::make_shared<int>(1);
  EXPECT_FALSE(pool.submit([token] {}));
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, AShutGateHoldsEveryJob) {
  constexpr int jobs = 5;
  std::atomic<int> ran = 0;
  std::promise<void> all_ran;
  auto done = all_ran.get_future();
  WorkerPool pool({.threads = 2});
  pool.shut_gate();
  for (int i = 0; i < jobs; ++i) {
    ASSERT_TRUE(pool.submit([&] {
      if (++ran == jobs) all_ran.set_value();
    }));
  }
  ASSERT_TRUE(pool.wait_for_held(jobs));
  EXPECT_EQ(ran, 0);
  pool.open_gate();
  ASSERT_TRUE(came(done));
}

TEST(WorkerPool, TheGateMayBeShutAgain) {
  std::atomic<int> ran = 0;
  WorkerPool pool({.threads = 1});
  for (int round = 1; round <= 3; ++round) {
    pool.shut_gate();
    ASSERT_TRUE(pool.submit([&ran] { ++ran; }));
    ASSERT_TRUE(pool.wait_for_held(1));
    EXPECT_EQ(ran, round - 1);
    pool.open_gate();
    finish(pool);
    EXPECT_EQ(ran, round);
  }
}

TEST(WorkerPool, WaitForHeldIsWokenByAJob) {
  WorkerPool pool({.threads = 1});
  pool.shut_gate();
  std::future<bool> waiting = std::async(std::launch::async, [&pool] { return pool.wait_for_held(2); });
  ASSERT_TRUE(pool.submit([] {}));
  ASSERT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(waiting.get());
}

TEST(WorkerPool, WaitForHeldGivesUp) {
  WorkerPool pool({.threads = 1});
  pool.shut_gate();
  ASSERT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.wait_for_held(2, 1ms));
}

TEST(WorkerPool, WhatAJobHoldsIsLetGoWhenItHasRun) {
  WorkerPool pool({.threads = 1});
  auto token = std::make_shared<int>(1);
  ASSERT_TRUE(pool.submit([token] {}));
  finish(pool);  // the next job begins after the one before was let go
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, TheEndDropsWhatWaitsAndWaitsForWhatRuns) {
  constexpr auto until_the_end = static_cast<std::size_t>(-1);
  std::atomic<bool> finished = false, ran_late = false;
  auto token = std::make_shared<int>(1);
  std::promise<void> start;
  auto started = start.get_future();
  {
    WorkerPool pool({.threads = 1});
    ASSERT_TRUE(pool.submit([&] {
      start.set_value();
      pool.wait_for_held(until_the_end);
      finished = true;
    }));
    ASSERT_TRUE(pool.submit([&ran_late, token] { ran_late = true; }));
    ASSERT_TRUE(came(started));
  }
  EXPECT_TRUE(finished);
  EXPECT_FALSE(ran_late);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, TheEndOpensTheGateWithoutRunningWhatStandsThere) {
  std::atomic<bool> ran = false;
  auto token = std::make_shared<int>(1);
  {
    WorkerPool pool({.threads = 2});
    pool.shut_gate();
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(pool.submit([&ran, token] { ran = true; }));
    }
    ASSERT_TRUE(pool.wait_for_held(4));
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(WorkerPool, AfterItsEndItTakesNothing) {
  WorkerPool pool({.threads = 1});
  pool.stop();
  EXPECT_FALSE(pool.submit([] {}));
  pool.stop();  // once more is harmless
}

TEST(WorkerPool, ManySubmitters) {
  std::atomic<int> ran = 0;
  constexpr int submitters = 4, jobs = 500;
  std::latch all_ran(submitters * jobs);
  WorkerPool pool({.threads = 3});
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < submitters; ++s) {
      threads.emplace_back([&] {
        for (int i = 0; i < jobs; ++i) {
          EXPECT_TRUE(pool.submit([&] {
            ++ran;
            all_ran.count_down();
          }));
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
