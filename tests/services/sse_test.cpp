#include "services/sse.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> data_of(const std::vector<SseEvent>& events) {
  std::vector<std::string> data;
  for (const SseEvent& event : events) data.push_back(event.data);
  return data;
}

std::vector<std::string> events_of(std::string_view stream) {
  SseParser parser;
  std::vector<SseEvent> events;
  EXPECT_TRUE(parser.feed(stream, events));
  return data_of(events);
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

TEST(Sse, AnEventIsCompleteWithItsBlankLineOrTheEndOfTheStream) {
  for (const char* stream : {"data: a\n", "data: a", "data: a\r", "data: a\r\n"}) {
    EXPECT_THAT(events_of(stream), IsEmpty());
    SseParser parser;
    std::vector<SseEvent> events;
    EXPECT_TRUE(parser.feed(stream, events));
    parser.finish(events);
    EXPECT_THAT(data_of(events), ElementsAre("a")) << stream;
  }
  SseParser nothing;
  std::vector<SseEvent> none;
  EXPECT_TRUE(nothing.feed("data: a\n\nevent: x\n: ping", none));
  nothing.finish(none);
  EXPECT_THAT(data_of(none), ElementsAre("a"));
}

TEST(Sse, WholeObjectsWithoutABlankLineBetween) {
  EXPECT_THAT(events_of("data: {\"a\":\"}\"}\ndata: {\"b\":{}} \ndata: [DONE]\n\n"),
              ElementsAre("{\"a\":\"}\"}", "{\"b\":{}} ", "[DONE]"));
  EXPECT_THAT(events_of("data: {\ndata: \"a\":1\ndata: }\n\ndata: x {}\ndata: {}\n\n"),
              ElementsAre("{\n\"a\":1\n}", "x {}\n{}"));
}

TEST(Sse, TheSameHoweverTheBytesArrive) {
  const std::string stream = "data: a\r\n\r\n: c\r\rdata: b\ndata: c\r\n\ndata: d\r\r\ndata: e\n\n";
  const auto whole = events_of(stream);
  EXPECT_THAT(whole, ElementsAre("a", "b\nc", "d", "e"));
  for (std::size_t size = 1; size < stream.size(); ++size) {
    SseParser parser;
    std::vector<SseEvent> events;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      ASSERT_TRUE(parser.feed(std::string_view(stream).substr(at, size), events));
    }
    EXPECT_EQ(data_of(events), whole) << "in pieces of " << size;
  }
}

TEST(Sse, ALineWithoutAnEndIsAnError) {
  SseParser parser;
  const std::string part(100'000, 'x');
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.feed("data: ", events));
  int fed = 0;
  while (fed < 100 && parser.feed(part, events)) ++fed;
  EXPECT_EQ(fed, 10);
}

TEST(Sse, DataWithoutAnEndIsAnError) {
  SseParser parser;
  const std::string part = "data: " + std::string(100'000, 'x') + "\n";
  std::vector<SseEvent> events;
  int fed = 0;
  while (fed < 100 && parser.feed(part, events)) ++fed;
  EXPECT_EQ(fed, 10);
}

TEST(Sse, EventsBeforeAFailureAreNotLost) {
  SseParser parser;
  std::vector<SseEvent> events;
  EXPECT_FALSE(parser.feed("data: a\n\ndata: b\n\ndata: " + std::string(SseParser::max_event, 'x'), events));
  EXPECT_THAT(data_of(events), ElementsAre("a", "b"));
}

TEST(Sse, TheTypeOfAnEvent) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.feed("event: error\ndata: a\n\ndata: b\n\nevent: ping\n\nevent:x\ndata: c\n\n", events));
  EXPECT_THAT(events, ElementsAre(SseEvent{"error", "a"}, SseEvent{"", "b"}, SseEvent{"x", "c"}));
}

}  // namespace
}  // namespace unmuted
