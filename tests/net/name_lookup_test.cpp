#include "net/name_lookup.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/event_loop.hpp"

namespace unmuted::net {
namespace {

using namespace std::chrono_literals;
using test::EventLoop;

/// Names that answer when they are told to.
class Names {
 public:
  ~Names() { release_all(); }

  [[nodiscard]] NameLookupOptions options() {
    NameLookupOptions options;
    options.look_up = [state = state_](const std::string& name) { return state->look_up(name); };
    return options;
  }

  void release(const std::string& name) { state_->release(name); }
  void release_all() { state_->release(""); }
  /// How often `name` was looked up.
  [[nodiscard]] int asked(const std::string& name) const { return state_->asked(name); }
  /// Waits until so many look-ups have begun.
  bool wait_for(std::size_t count) { return state_->wait_for(count); }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> begun;
    std::map<std::string, bool> released;

    Result<Addresses> look_up(const std::string& name) {
      std::unique_lock lock(mutex);
      begun.push_back(name);
      changed.notify_all();
      changed.wait(lock, [&] { return released[name] || released[""]; });
      if (name == "unknown") return fail("connect_failed", "Cannot find unknown");
      return Addresses{asio::ip::address_v4::loopback()};
    }
    void release(const std::string& name) {
      const std::lock_guard lock(mutex);
      released[name] = true;
      changed.notify_all();
    }
    int asked(const std::string& name) {
      const std::lock_guard lock(mutex);
      return static_cast<int>(std::count(begun.begin(), begun.end(), name));
    }
    bool wait_for(std::size_t count) {
      std::unique_lock lock(mutex);
      return changed.wait_for(lock, 10s, [&] { return begun.size() >= count; });
    }
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();  // of the threads too
};

using QuestionPtr = std::shared_ptr<NameLookup::Question>;

bool answered(EventLoop& loop, const QuestionPtr& question) {
  return loop.run_until([&] { return question->answer.has_value(); });
}

TEST(NameLookup, EqualQuestionsAreOneLookUp) {
  Names names;
  NameLookup lookup(names.options());
  EventLoop loop, other_loop;
  const QuestionPtr first = lookup.ask(loop.executor(), "a");
  const QuestionPtr second = lookup.ask(loop.executor(), "a");
  const QuestionPtr third = lookup.ask(other_loop.executor(), "a");
  EXPECT_FALSE(first->answer || second->answer || third->answer);
  names.release("a");
  EXPECT_TRUE(answered(loop, first) && answered(loop, second) && answered(other_loop, third));
  EXPECT_EQ(first->answer->value(), Addresses{asio::ip::address_v4::loopback()});
  EXPECT_EQ(names.asked("a"), 1);
}

TEST(NameLookup, AnswersAreKept) {
  Names names;
  names.release_all();
  NameLookup lookup(names.options());
  EventLoop loop;
  EXPECT_TRUE(answered(loop, lookup.ask(loop.executor(), "a")));
  const QuestionPtr again = lookup.ask(loop.executor(), "a");
  ASSERT_TRUE(again->answer) << "at once";
  EXPECT_EQ(names.asked("a"), 1);
  lookup.forget("a");
  EXPECT_TRUE(answered(loop, lookup.ask(loop.executor(), "a")));
  EXPECT_EQ(names.asked("a"), 2);
}

TEST(NameLookup, AnswersAreKeptForAWhileOnlyAndFailuresForLess) {
  Names names;
  names.release_all();
  NameLookupOptions options = names.options();
  options.keep = 0ms;
  options.keep_failure = 60'000ms;
  NameLookup lookup(options);
  EventLoop loop;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(answered(loop, lookup.ask(loop.executor(), "a")));
    const QuestionPtr question = lookup.ask(loop.executor(), "unknown");
    EXPECT_TRUE(answered(loop, question));
    EXPECT_EQ(question->answer->error().code, "connect_failed");
  }
  EXPECT_EQ(names.asked("a"), 3);
  EXPECT_EQ(names.asked("unknown"), 1);
}

TEST(NameLookup, ASlowNameHoldsUpNoOther) {
  Names names;
  names.release("quick");
  NameLookup lookup(names.options());
  EventLoop loop;
  const QuestionPtr slow = lookup.ask(loop.executor(), "slow");
  EXPECT_TRUE(answered(loop, lookup.ask(loop.executor(), "quick")));
  EXPECT_FALSE(slow->answer);
}

TEST(NameLookup, ThreadsAreFew) {
  Names names;
  NameLookupOptions options = names.options();
  options.threads = 2;
  NameLookup lookup(options);
  EventLoop loop;
  std::vector<QuestionPtr> questions;
  for (const char* name : {"a", "b", "c", "d"}) questions.push_back(lookup.ask(loop.executor(), name));
  ASSERT_TRUE(names.wait_for(2));
  EXPECT_EQ(names.asked("c") + names.asked("d"), 0);
  names.release("a");
  ASSERT_TRUE(names.wait_for(3));
  names.release_all();
  for (const QuestionPtr& question : questions) EXPECT_TRUE(answered(loop, question));
}

TEST(NameLookup, WhoAskedMayLeave) {
  Names names;
  NameLookup lookup(names.options());
  EventLoop loop;
  QuestionPtr gone = lookup.ask(loop.executor(), "a");
  const QuestionPtr stays = lookup.ask(loop.executor(), "a");
  gone.reset();
  names.release("a");
  EXPECT_TRUE(answered(loop, stays));
}

TEST(NameLookup, NothingWaitsForALookUpThatHangs) {
  Names names;
  {
    EventLoop loop;
    NameLookup lookup(names.options());
    const QuestionPtr question = lookup.ask(loop.executor(), "a");
    ASSERT_TRUE(names.wait_for(1));
  }
  SUCCEED() << "the loop and what asked are gone, and the look-up has not ended";
}

TEST(NameLookup, WhatTheLookUpThrowsIsAFailure) {
  NameLookupOptions options;
  options.look_up = [](const std::string&) -> Result<Addresses> { throw std::bad_alloc(); };
  NameLookup lookup(options);
  EventLoop loop;
  const QuestionPtr question = lookup.ask(loop.executor(), "a");
  ASSERT_TRUE(answered(loop, question));
  EXPECT_EQ(question->answer->error().code, "connect_failed");
}

}  // namespace
}  // namespace unmuted::net
