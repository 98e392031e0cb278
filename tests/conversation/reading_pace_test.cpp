#include "conversation/reading_pace.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{100s};

TEST(ReadingPace, AWordCountsWhenItIsOver) {
  ReadingPace pace(60);
  EXPECT_EQ(pace.next(), std::nullopt);
  pace.add_word(start);
  EXPECT_EQ(pace.next(), start + 1s);
  EXPECT_EQ(pace.take_until(start + 999ms), 0U);
  EXPECT_EQ(pace.take_until(start + 1s), 1U);
  EXPECT_EQ(pace.take_until(start + 1s), 0U);
  EXPECT_EQ(pace.next(), std::nullopt);
}

TEST(ReadingPace, WordsFollowEachOther) {
  ReadingPace pace(120);
  for (int i = 0; i < 4; ++i) pace.add_word(start);
  EXPECT_EQ(pace.take_until(start + 1s), 2U);
  EXPECT_EQ(pace.next(), start + 1500ms);
  EXPECT_EQ(pace.take_until(start + 60s), 2U);
}

TEST(ReadingPace, AWordThatComesLateIsBegunLate) {
  ReadingPace pace(60);
  pace.add_word(start);
  pace.add_word(start + 10s);
  EXPECT_EQ(pace.take_until(start + 10s), 1U);
  EXPECT_EQ(pace.next(), start + 11s);
}

TEST(ReadingPace, OfNoneAWordCountsAtOnce) {
  ReadingPace pace(0);
  pace.add_word(start);
  EXPECT_EQ(pace.take_until(start), 1U);
}

TEST(ReadingPace, ClearedWordsDoNotCount) {
  ReadingPace pace(60);
  for (int i = 0; i < 10; ++i) pace.add_word(start);
  pace.clear();
  EXPECT_EQ(pace.next(), std::nullopt);
  EXPECT_EQ(pace.take_until(start + 60s), 0U);
  pace.add_word(start + 60s);
  EXPECT_EQ(pace.next(), start + 61s);
}

}  // namespace
}  // namespace unmuted
