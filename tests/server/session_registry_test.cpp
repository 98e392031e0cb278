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

TEST(SessionRegistry, DrainsByTellingEverySession) {
  SessionRegistry registry(10);
  std::vector<std::uint16_t> closed;
  const auto close = [&](const std::optional<CloseFrame>& frame) {
    closed.push_back(frame ? frame->code : 0);
  };
  auto first = registry.enter();
  first->on_close(close);
  auto late = registry.enter();
  registry.drain();
  EXPECT_EQ(closed, std::vector<std::uint16_t>{1001});
  late->on_close(close);  // it was being set up meanwhile
  EXPECT_EQ(closed, (std::vector<std::uint16_t>{1001, 1001}));
  EXPECT_FALSE(registry.enter());
  registry.abort();
  EXPECT_EQ(closed, (std::vector<std::uint16_t>{1001, 1001, 0, 0}));
  EXPECT_FALSE(registry.wait_until_empty(std::chrono::milliseconds(0)));
  first.reset();
  late.reset();
  EXPECT_TRUE(registry.wait_until_empty(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace unmuted
