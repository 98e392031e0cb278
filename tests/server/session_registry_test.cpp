#include "server/session_registry.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

TEST(SessionRegistry, AdmitsUpToItsLimitAndTakesPlacesBack) {
  SessionRegistry registry(2);
  auto first = registry.enter();
  ASSERT_TRUE(first);
  EXPECT_TRUE(registry.accepting());
  {
    const auto second = registry.enter();
    ASSERT_TRUE(second);
    EXPECT_NE(first->session_id(), second->session_id());
    EXPECT_EQ(second->session_id().size(), 12U);
    EXPECT_FALSE(registry.enter());
    EXPECT_FALSE(registry.accepting());
    EXPECT_EQ(registry.size(), 2U);
  }
  EXPECT_EQ(registry.size(), 1U);
  EXPECT_TRUE(registry.enter());
}

TEST(SessionRegistry, ASessionGoesToTheThreadThatHasTheFewest) {
  SessionRegistry registry(10, 3);
  std::vector<SessionRegistry::Place> places;
  std::vector<std::size_t> threads;
  const auto enter = [&] {
    places.push_back(std::move(*registry.enter()));
    threads.push_back(places.back().thread());
  };
  for (int i = 0; i < 6; ++i) enter();
  EXPECT_EQ(threads, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
  std::vector<SessionRegistry::Place> left;
  left.push_back(std::move(places.at(1)));
  left.push_back(std::move(places.at(4)));
  left.clear();
  enter();
  enter();
  EXPECT_EQ(threads.at(6), 1U);
  EXPECT_EQ(threads.at(7), 1U);
}

TEST(SessionRegistry, SendsEverySessionAway) {
  SessionRegistry registry(10);
  std::vector<Leave> told;
  const auto close = [&](Leave how) { told.push_back(how); };
  auto first = registry.enter();
  first->on_close(close);
  auto late = registry.enter();
  registry.send_away(Leave::after_reply);
  EXPECT_EQ(told, std::vector{Leave::after_reply});
  registry.send_away(Leave::now);
  EXPECT_EQ(told, (std::vector{Leave::after_reply, Leave::now}));
  late->on_close(close);  // it was being set up meanwhile, and hears the newest word
  EXPECT_EQ(told, (std::vector{Leave::after_reply, Leave::now, Leave::now}));
  EXPECT_FALSE(registry.enter());
  registry.send_away(Leave::cut);
  EXPECT_EQ(told.size(), 5U);
  EXPECT_FALSE(registry.wait_until_empty(std::chrono::milliseconds(0)));
  first.reset();
  late.reset();
  EXPECT_TRUE(registry.wait_until_empty(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace unmuted
