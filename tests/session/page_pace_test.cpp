#include "session/page_pace.hpp"

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;

TEST(PagePace, SpreadsABurst) {
  PagePace pace;
  TimePoint now{1000s};
  const TimePoint begin = now;
  for (int word = 0; word < 40; ++word) {
    if (const auto due = pace.due(now)) now = *due;
    EXPECT_FALSE(pace.due(now));
    pace.sent(now);
  }
  EXPECT_EQ(now - begin, 9 * PagePace::pause);
}

TEST(PagePace, DoesNotHoldUpWordsThatComeOneByOne) {
  PagePace pace;
  for (TimePoint now{1000s}; now < TimePoint{1002s}; now += 10ms) {
    EXPECT_FALSE(pace.due(now));
    pace.sent(now);
  }
}

}  // namespace
}  // namespace unmuted
