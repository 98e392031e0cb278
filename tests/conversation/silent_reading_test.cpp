#include "conversation/silent_reading.hpp"

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/turns.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint start{100s};

/// "word 1", "ended 1": all that has been spoken at `time`.
std::vector<std::string> take(SilentReading& reading, TimePoint time) {
  std::vector<std::string> lines;
  while (const auto spoken = reading.take(time)) {
    const auto number = [](TurnId turn) { return std::to_string(static_cast<std::uint64_t>(turn)); };
    if (const auto* word = std::get_if<spoken::Word>(&*spoken)) {
      lines.push_back("word " + number(word->turn));
    } else {
      lines.push_back("ended " + number(std::get<spoken::UtteranceEnded>(*spoken).turn));
    }
  }
  return lines;
}

TEST(SilentReading, AWordCountsWhenItIsOver) {
  SilentReading reading(60);
  EXPECT_EQ(reading.next(), std::nullopt);
  reading.say(t1, start);
  EXPECT_EQ(reading.next(), start + 1s);
  EXPECT_THAT(take(reading, start + 999ms), IsEmpty());
  EXPECT_THAT(take(reading, start + 1s), ElementsAre("word 1"));
  EXPECT_THAT(take(reading, start + 1s), IsEmpty());
  EXPECT_EQ(reading.next(), std::nullopt);
}

TEST(SilentReading, WordsFollowEachOther) {
  SilentReading reading(120);
  for (int i = 0; i < 4; ++i) reading.say(t1, start);
  EXPECT_THAT(take(reading, start + 1s), ElementsAre("word 1", "word 1"));
  EXPECT_EQ(reading.next(), start + 1500ms);
  EXPECT_THAT(take(reading, start + 60s), ElementsAre("word 1", "word 1"));
}

TEST(SilentReading, AWordThatComesLateIsBegunLate) {
  SilentReading reading(60);
  reading.say(t1, start);
  reading.say(t1, start + 10s);
  EXPECT_THAT(take(reading, start + 10s), ElementsAre("word 1"));
  EXPECT_EQ(reading.next(), start + 11s);
}

TEST(SilentReading, WithoutAPaceAWordCountsAtOnce) {
  SilentReading reading(0);
  reading.say(t1, start);
  EXPECT_THAT(take(reading, start), ElementsAre("word 1"));
  reading.complete(t1);
  EXPECT_THAT(take(reading, start), ElementsAre("ended 1"));
}

TEST(SilentReading, WordsOfAReplyThatWasStoppedDoNotCount) {
  SilentReading reading(60);
  for (int i = 0; i < 10; ++i) reading.say(t1, start);
  reading.complete(t1);
  reading.stop(t1);
  EXPECT_EQ(reading.next(), std::nullopt);
  EXPECT_THAT(take(reading, start + 60s), IsEmpty());
  reading.say(t2, start + 60s);
  EXPECT_EQ(reading.next(), start + 61s);
}

TEST(SilentReading, TheEndComesWithTheLastWord) {
  SilentReading reading(60);
  reading.say(t1, start);
  reading.say(t1, start);
  reading.complete(t1);
  EXPECT_THAT(take(reading, start + 1s), ElementsAre("word 1"));
  EXPECT_THAT(take(reading, start + 2s), ElementsAre("word 1", "ended 1"));
  EXPECT_EQ(reading.next(), std::nullopt);
}

TEST(SilentReading, TheEndComesAtOnceWhenAllHasBeenSpoken) {
  SilentReading reading(60);
  reading.say(t1, start);
  EXPECT_THAT(take(reading, start + 5s), ElementsAre("word 1"));
  reading.complete(t1);
  EXPECT_LE(*reading.next(), start + 5s);
  EXPECT_THAT(take(reading, start + 5s), ElementsAre("ended 1"));
}

TEST(SilentReading, AReplyWithoutAWordEndsToo) {
  SilentReading reading(60);
  reading.complete(t1);
  ASSERT_NE(reading.next(), std::nullopt);
  EXPECT_THAT(take(reading, start), ElementsAre("ended 1"));
}

TEST(SilentReading, TheLastWordsCanBeTakenBack) {
  SilentReading reading(60);
  for (int i = 0; i < 5; ++i) reading.say(t1, start);
  EXPECT_THAT(take(reading, start + 1s), ElementsAre("word 1"));
  reading.take_back(t1, 3);
  EXPECT_EQ(reading.next(), start + 2s);
  reading.say(t1, start + 1s);
  reading.complete(t1);
  EXPECT_THAT(take(reading, start + 60s), ElementsAre("word 1", "word 1", "ended 1"));
}

TEST(SilentReading, AWordThatWasBegunAndTakenBackIsNotWaitedFor) {
  SilentReading reading(60);
  reading.say(t1, start);
  reading.take_back(t1, 1);
  EXPECT_EQ(reading.next(), std::nullopt);
  reading.say(t1, start + 500ms);
  EXPECT_EQ(reading.next(), start + 1500ms);
}

TEST(SilentReading, MoreThanThereAreCanBeTakenBack) {
  SilentReading reading(60);
  reading.say(t1, start);
  reading.take_back(t1, 9);
  EXPECT_EQ(reading.next(), std::nullopt);
}

TEST(SilentReading, AnotherReplyTakesThePlaceOfTheOneBefore) {
  SilentReading reading(60);
  reading.say(t1, start);
  reading.say(t2, start);
  EXPECT_EQ(reading.next(), start + 1s);
  reading.stop(t1);
  reading.take_back(t1, 1);
  EXPECT_THAT(take(reading, start + 60s), ElementsAre("word 2"));
}

}  // namespace
}  // namespace unmuted
