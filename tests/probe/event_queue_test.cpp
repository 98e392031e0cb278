#include "probe/event_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/scenario.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

Pattern like(const std::string& yaml) {
  return parse_pattern(yaml).value();
}

EventQueue queue_of(const std::vector<Json>& events) {
  EventQueue queue;
  for (const Json& event : events) queue.push({event, TimePoint{}});
  return queue;
}

TEST(EventQueue, TakesAMatchAndKeepsWhatItPassedOver) {
  auto queue = queue_of({{{"n", 1}}, {{"n", 2}}, {{"n", 2}, {"second", true}}});
  EXPECT_EQ(queue.take_match(like("{n: 2}"))->json, (Json{{"n", 2}}));
  EXPECT_EQ(queue.take_next()->json, (Json{{"n", 1}}));
  EXPECT_EQ(queue.take_next()->json, (Json{{"n", 2}, {"second", true}}));
  EXPECT_FALSE(queue.take_next());
}

TEST(EventQueue, FindsWithoutTaking) {
  auto queue = queue_of({{{"n", 1}}});
  EXPECT_NE(queue.find(like("{n: 1}")), nullptr);
  EXPECT_EQ(queue.find(like("{n: 2}")), nullptr);
  EXPECT_TRUE(queue.take_match(like("{n: 1}")));
  EXPECT_EQ(queue.find(like("{n: 1}")), nullptr);
}

TEST(EventQueue, ExplainsTheNearestMiss) {
  const auto queue = queue_of({{{"type", "a"}, {"n", 1}}, {{"type", "b"}, {"n", 1}}});
  EXPECT_EQ(queue.nearest_miss(like("{type: b, n: 2}")), "n should be 2, and is 1");
  EXPECT_EQ(EventQueue().nearest_miss(like("{type: b}")), "");
}

TEST(EventQueue, ShowsAnExcerpt) {
  EventQueue queue;
  for (int i = 0; i < 30; ++i) queue.push({{{"n", i}, {"long", std::string(1000, 'x')}}, TimePoint{}});
  const auto lines = queue.excerpt();
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines.front(), "(10 older ones)");
  EXPECT_LE(lines.back().size(), 300U);
}

TEST(EventQueue, IsBounded) {
  EventQueue queue;
  for (std::size_t i = 0; i < EventQueue::capacity; ++i) ASSERT_TRUE(queue.push({nullptr, TimePoint{}}));
  EXPECT_FALSE(queue.push({nullptr, TimePoint{}}));
}

}  // namespace
}  // namespace unmuted::probe
