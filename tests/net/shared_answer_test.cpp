#include "net/shared_answer.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

using namespace std::chrono_literals;

/// An answer that is made when the test says so, and those who ask for it.
class SharedAnswerTest : public testing::Test {
 protected:
  void make(const SharedAnswerOptions& options) { shared = std::make_unique<SharedAnswer<int>>(options); }

  void ask() {
    auto asks = [](SharedAnswerTest* test) -> awaitable<void> {
      const auto makes = [test] { return test->make_one(); };
      auto answer = co_await test->shared->get(makes);
      test->answers.push_back(answer);
    };
    asio::co_spawn(io, asks(this), [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    poll();
  }

  awaitable<int> make_one() {
    const int number = ++made;
    while (held) co_await go_on.wait();
    if (failing) throw std::runtime_error("no luck");
    co_return number;
  }

  void poll() {
    io.restart();
    io.poll();
  }
  void release() {
    held = false;
    go_on.notify();
    poll();
  }

  asio::io_context io{1};
  Signal go_on{io.get_executor()};
  std::unique_ptr<SharedAnswer<int>> shared;
  bool held = false, failing = false;
  int made = 0;
  std::vector<std::optional<int>> answers;
};

TEST_F(SharedAnswerTest, AllWhoAskMeanwhileHearTheSame) {
  make({.keep = 0ms, .keep_factor = 0, .patience = 1h, .keep_meanwhile = {}});
  held = true;
  for (int i = 0; i < 5; ++i) ask();
  EXPECT_TRUE(answers.empty());
  release();
  EXPECT_EQ(answers, (std::vector<std::optional<int>>(5, 1)));
  ask();
  EXPECT_EQ(answers.back(), 2);  // it was not kept
}

TEST_F(SharedAnswerTest, AnAnswerIsKept) {
  make({.keep = 1h, .keep_factor = 0, .patience = 1h, .keep_meanwhile = {}});
  for (int i = 0; i < 3; ++i) ask();
  EXPECT_EQ(made, 1);
}

TEST_F(SharedAnswerTest, WhatCostsLittleIsHardlyKept) {
  make({.keep = 1h, .keep_factor = 1, .patience = 1h, .keep_meanwhile = {}});
  const auto deadline = Clock::now() + 60s;
  while (made < 2 && Clock::now() < deadline) ask();
  EXPECT_EQ(made, 2);
}

TEST_F(SharedAnswerTest, MeanwhileTheOneBeforeIsGivenWhereThatIsWanted) {
  make({.keep = 0ms, .keep_factor = 0, .patience = 1h, .keep_meanwhile = 1h});
  held = true;
  ask();
  ask();
  EXPECT_TRUE(answers.empty());  // there is none before the first
  release();
  EXPECT_EQ(answers, (std::vector<std::optional<int>>{1, 1}));
  held = true;
  ask();
  ask();
  EXPECT_EQ(answers, (std::vector<std::optional<int>>{1, 1, 1}));  // the one who does not make it
  release();
  EXPECT_EQ(answers.back(), 2);
}

TEST_F(SharedAnswerTest, AFailureIsToldToAllAndNotKept) {
  make({.keep = 1h, .keep_factor = 0, .patience = 1h, .keep_meanwhile = {}});
  held = failing = true;
  for (int i = 0; i < 3; ++i) ask();
  release();
  EXPECT_EQ(answers, (std::vector<std::optional<int>>(3, std::nullopt)));
  failing = false;
  ask();
  EXPECT_EQ(answers.back(), 2);
}

TEST_F(SharedAnswerTest, WhoeverWaitsLosesPatience) {
  make({.keep = 0ms, .keep_factor = 0, .patience = 1ms, .keep_meanwhile = {}});
  held = true;
  ask();
  ask();
  const auto deadline = Clock::now() + 60s;
  while (answers.empty() && Clock::now() < deadline) poll();
  EXPECT_EQ(answers, std::vector<std::optional<int>>{std::nullopt});
  release();
  EXPECT_EQ(answers.back(), 1);
}

}  // namespace
}  // namespace unmuted::net
