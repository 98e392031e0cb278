#include "services/sse.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> events_of(std::string_view stream) {
  SseParser parser;
  return *parser.feed(stream);
}

TEST(Sse, EveryKindOfLineBreak) {
  EXPECT_THAT(events_of("data: a\n\ndata: b\n\n"), ElementsAre("a", "b"));
  EXPECT_THAT(events_of("data: a\r\n\r\ndata: b\r\n\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(events_of("data: a\r\rdata: b\r\r"), ElementsAre("a", "b"));
}

TEST(Sse, DataOfSeveralLinesIsOneEvent) {
  EXPECT_THAT(events_of("data: a\ndata: b\ndata:\ndata\n\n"), ElementsAre("a\nb\n\n"));
}

TEST(Sse, OneSpaceAfterTheColonIsNotPartOfTheData) {
  EXPECT_THAT(events_of("data:a\n\ndata: b\n\ndata:  c\n\n"), ElementsAre("a", "b", " c"));
}

TEST(Sse, WhatIsNoData) {
  EXPECT_THAT(events_of(": comment\n\nevent: x\nid: 1\nretry: 5\n\ndatum: x\n\n\n\n"), IsEmpty());
  EXPECT_THAT(events_of(": ping\n\nevent: x\ndata: a\nid: 7\n\n"), ElementsAre("a"));
}

TEST(Sse, AByteOrderMarkAtTheStart) {
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: a\n\n"),
              ElementsAre("a"));
}

TEST(Sse, AnEventThatIsNotCompleteIsNone) {
  EXPECT_THAT(events_of("data: a\n"), IsEmpty());
  EXPECT_THAT(events_of("data: a"), IsEmpty());
}

TEST(Sse, TheSameHoweverTheBytesArrive) {
  const std::string stream = "data: a\r\n\r\n: c\r\rdata: b\ndata: c\r\n\ndata: d\r\r\ndata: e\n\n";
  const auto whole = events_of(stream);
  EXPECT_THAT(whole, ElementsAre("a", "b\nc", "d", "e"));
  for (std::size_t size = 1; size < stream.size(); ++size) {
    SseParser parser;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      const auto some = parser.feed(std::string_view(stream).substr(at, size));
      ASSERT_TRUE(some);
      events.insert(events.end(), some->begin(), some->end());
    }
    EXPECT_EQ(events, whole) << "in pieces of " << size;
  }
}

TEST(Sse, ALineWithoutAnEndIsAnError) {
  SseParser parser;
  const std::string part(100'000, 'x');
  ASSERT_TRUE(parser.feed("data: "));
  int fed = 0;
  while (fed < 100 && parser.feed(part)) ++fed;
  EXPECT_EQ(fed, 10);
}

TEST(Sse, DataWithoutAnEndIsAnError) {
  SseParser parser;
  const std::string part = "data: " + std::string(100'000, 'x') + "\n";
  int fed = 0;
  while (fed < 100 && parser.feed(part)) ++fed;
  EXPECT_EQ(fed, 10);
}

}  // namespace
}  // namespace unmuted
