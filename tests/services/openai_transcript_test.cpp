#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/openai/transcript.hpp"
#include "services/openai/transcript_words.hpp"

namespace unmuted::openai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  std::vector<std::string> words;
  std::vector<double> starts;
  std::string error;
};

template <class Source>
void take_all(Source& source, Read& read) {
  while (const auto word = source.take()) {
    read.words.push_back(word->text);
    read.starts.push_back(word->start_time);
  }
}

Read words_of(const std::vector<std::string>& pieces, const std::string& last = "", double length = 10) {
  TranscriptWords words(0, length);
  for (const std::string& piece : pieces) words.feed(piece);
  words.finish(last);
  Read read;
  take_all(words, read);
  return read;
}

TEST(TranscriptWords, AreWhatWhiteSpaceParts) {
  EXPECT_THAT(words_of({}, " Hello,  world\n it's me. ").words,
              ElementsAre("Hello,", "world", "it's", "me."));
  EXPECT_THAT(words_of({"Hel", "lo the", "re ", "you"}).words, ElementsAre("Hello", "there", "you"));
  EXPECT_THAT(words_of({"été "}, "à 5 €").words, ElementsAre("été", "à", "5", "€"));
}

TEST(TranscriptWords, WhatStandsInBracketsIsLeftOut) {
  EXPECT_THAT(words_of({}, "[BLANK_AUDIO]").words, IsEmpty());
  EXPECT_THAT(words_of({}, " (upbeat music) Hello [laughs] there.").words, ElementsAre("Hello", "there."));
  EXPECT_THAT(words_of({"(mus", "ic)", " Hello"}).words, ElementsAre("Hello"));
  EXPECT_THAT(words_of({}, "[ Silence ] ... - ♪").words, IsEmpty());
  EXPECT_THAT(words_of({}, "Thank you.").words, ElementsAre("Thank", "you."));
}

TEST(TranscriptWords, ABracketThatIsNotClosedIsText) {
  EXPECT_THAT(words_of({}, "one (two three").words, ElementsAre("one", "(two", "three"));
  const std::string longer(300, 'x');
  EXPECT_THAT(words_of({"(" + longer + ") y"}).words, ElementsAre("(" + longer + ")", "y"));
}

TEST(TranscriptWords, TimesAreSpreadByLetters) {
  EXPECT_THAT(words_of({}, "abc abcdefg abc", 16).starts, ElementsAre(0, 4, 12));
  TranscriptWords later(5, 2);
  later.finish("a b");
  Read read;
  take_all(later, read);
  EXPECT_THAT(read.starts, ElementsAre(5, 6));
}

TEST(TranscriptWords, WhileTheTextComesAPaceIsAssumed) {
  const Read read = words_of({"abcdef abcdef abcdef "}, "last", 1.2);
  ASSERT_EQ(read.starts.size(), 4U);
  EXPECT_DOUBLE_EQ(read.starts[1], 0.5);
  EXPECT_DOUBLE_EQ(read.starts[2], 1.0);
  EXPECT_DOUBLE_EQ(read.starts[3], 1.2) << "no later than the end of the sound";
}

Read read_body(const std::string& type, const std::string& body, std::size_t piece = 1'000'000) {
  Transcript transcript(type, 0, 10);
  Read read;
  const auto note = [&](const Result<void>& result) {
    if (!result) read.error = result.error().message;
  };
  for (std::size_t at = 0; at < body.size() && read.error.empty(); at += piece) {
    note(transcript.feed(std::string_view(body).substr(at, piece)));
    take_all(transcript, read);
  }
  if (read.error.empty()) note(transcript.end());
  take_all(transcript, read);
  EXPECT_EQ(transcript.finished(), read.error.empty());
  return read;
}

TEST(Transcript, AWholeAnswer) {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    EXPECT_THAT(read_body("application/json", R"({"text":" Hello there.\n"})", piece).words,
                ElementsAre("Hello", "there."));
  }
  EXPECT_THAT(read_body("text/event-stream", R"({"text":"Hello"})").words, ElementsAre("Hello"));
  EXPECT_THAT(read_body("text/plain; charset=utf-8", "Hello there.\n").words, ElementsAre("Hello", "there."));
  EXPECT_THAT(read_body("application/json", R"({"text":""})").words, IsEmpty());
}

TEST(Transcript, TimesAreTheServersWhereItGivesThem) {
  const Read read = read_body("application/json",
                              R"({"text":"a b c","words":[{"word":" a","start":1.5,"end":2},
                                 {"word":"b","start":1.0,"end":2},{"word":"c","start":99,"end":100}]})");
  EXPECT_THAT(read.words, ElementsAre("a", "b", "c"));
  EXPECT_THAT(read.starts, ElementsAre(1.5, 1.5, 10)) << "in their order, and within the sound";
  EXPECT_THAT(read_body("application/json",
                        R"({"text":"a b","segments":[{"words":[{"word":"a","start":2}]},
                           {"words":[{"word":"b","start":3}]}]})")
                  .starts,
              ElementsAre(2, 3));
  EXPECT_THAT(read_body("application/json", R"({"text":"a b","words":[{"word":"a"},{"word":"b"}]})").starts,
              ElementsAre(0, 5));
}

TEST(Transcript, EventsOfServers) {
  const std::string openai =
      "event: transcript.text.delta\n"
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hel\"}\n\n"
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"lo the\"}\n\n"
      "data: {\"type\":\"transcript.text.done\",\"text\":\"Hello there, you.\"}\n\n";
  const std::string vllm =
      "data: {\"object\":\"transcription.chunk\",\"choices\":[{\"delta\":{\"content\":\" Hello\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\" there, you.\"},\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"total_tokens\":5}}\n\ndata: [DONE]\n\n";
  const std::string segments = "data: {\"text\":\" Hello there,\"}\n\ndata: {\"text\":\" you.\"}\n\n";
  const std::string all_so_far =
      ": hello\n\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello there,\"}\n\n"
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello there, you.\"}\n\n"
      "data: {\"type\":\"transcript.text.done\",\"text\":\"Hello there, you.\"}\n\n";
  for (const std::string& body : {openai, vllm, segments, all_so_far}) {
    for (const std::size_t piece : {1U, 10U, 1000U}) {
      const Read read = read_body("text/event-stream", body, piece);
      EXPECT_THAT(read.words, ElementsAre("Hello", "there,", "you.")) << body << read.error;
    }
  }
}

TEST(Transcript, WordsComeBeforeTheEnd) {
  Transcript transcript("text/event-stream", 0, 10);
  ASSERT_TRUE(transcript.feed("data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello th\"}\n\n"));
  EXPECT_EQ(transcript.take()->text, "Hello");
  EXPECT_FALSE(transcript.take());
  EXPECT_FALSE(transcript.finished());
}

TEST(Transcript, AnyBytesAreSurvived) {
  const std::vector<std::string> bodies{
      "", R"({"text":"a [b","words":[{"word":"a","start":1}],"segments":[{"words":[{"word":2}]}]})",
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello (\"}\n\ndata: [DONE]\n\n"};
  std::mt19937 random(1);
  for (int round = 0; round < 600; ++round) {
    std::string body = bodies[static_cast<std::size_t>(round) % bodies.size()];
    for (int i = 0; i < 4 && !body.empty(); ++i) body[random() % body.size()] = static_cast<char>(random());
    for (unsigned i = random() % 30; i > 0; --i) body += static_cast<char>(random());
    (void)read_body(round % 2 == 0 ? "text/event-stream" : "application/json", body, 1 + random() % 50);
  }
}

TEST(Transcript, WhatIsNoneIsNamed) {
  const auto error = [](const std::string& type, const std::string& body) {
    return read_body(type, body).error;
  };
  EXPECT_THAT(error("text/html", "<html>It works!</html>"), HasSubstr("text/html, no transcript"));
  EXPECT_THAT(error("application/json", R"({"error":{"message":"too short"}})"), HasSubstr("too short"));
  EXPECT_THAT(error("application/json", R"({"result":"x"})"), HasSubstr("no transcript"));
  EXPECT_THAT(error("application/json", R"({"text": "Hel)"), HasSubstr("no transcript"));
  EXPECT_THAT(error("application/json", ""), HasSubstr("no transcript"));
  EXPECT_THAT(error("text/event-stream", "data: {\"error\":{\"message\":\"gave up\"}}\n\n"),
              HasSubstr("it failed: gave up"));
  EXPECT_THAT(error("text/event-stream", "event: error\ndata: {\"x\":1}\n\n"), HasSubstr("it failed"));
  EXPECT_THAT(error("text/event-stream", "data: hello\n\n"), HasSubstr("without a transcript"));
  EXPECT_THAT(error("text/event-stream", ""), HasSubstr("no transcript"));
  const std::string much(Transcript::max_text + 1, 'x');
  EXPECT_THAT(error("application/json", R"({"text":")" + much + R"("})"), HasSubstr("64 KiB"));
  EXPECT_THAT(error("application/json", std::string(Transcript::max_whole + 1, '[')), HasSubstr("1 MiB"));
  EXPECT_THAT(error("text/event-stream", "data: " + std::string(2U << 20U, 'x')), HasSubstr("1 MiB"));
}

}  // namespace
}  // namespace unmuted::openai
