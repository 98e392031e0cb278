#include "services/openai/openai_speech.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ringbuffer_sink.h>

#include "core/clock.hpp"
#include "services/openai/served_reply.hpp"
#include "support/event_loop.hpp"
#include "support/speech_server.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using test::Behaviour;
using test::EventLoop;
using test::SpeechServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What is heard of a reply.
struct HeardReply {
  std::vector<std::size_t> marks;  ///< for each word, the sample at which it begins
  audio::Samples samples;
  bool ended = false;
  Error error;
};

class OpenAiSpeechTest : public testing::Test {
 protected:
  OpenAiSpeechTest() {
    options.url = server.url();
    options.capacity_pause = 1ms;
    options.loading_pause = 1ms;
  }

  TextToSpeech& speech() {
    if (!speech_) speech_ = std::move(*openai_speech(options));
    return *speech_;
  }

  std::unique_ptr<SpeechStream> start(VoiceChoice voice = {}) {
    return speech().start(loop.executor(), std::move(voice));
  }

  static void say_all(SpeechStream& stream, const std::string& text) {
    std::string word;
    for (const char c : text + " ") {
      if (c == ' ' && !word.empty()) stream.say(std::exchange(word, {}));
      if (c != ' ' || word.empty()) word += c;
    }
    stream.complete();
  }

  static void take(const SpeechEvent& event, HeardReply& heard) {
    if (const auto* words = std::get_if<WordsBegin>(&event)) {
      heard.marks.insert(heard.marks.end(), words->words, heard.samples.size());
    } else if (const auto* sound = std::get_if<SpeechAudio>(&event)) {
      heard.samples.insert(heard.samples.end(), sound->samples.begin(), sound->samples.end());
    } else if (const auto* failed = std::get_if<SpeechFailed>(&event)) {
      heard.error = failed->error;
    } else {
      heard.ended = true;
    }
  }

  HeardReply hear(SpeechStream& stream) {
    HeardReply heard;
    while (!heard.ended && heard.error.code.empty()) take(loop.run(stream.next()), heard);
    return heard;
  }

  HeardReply speak(const std::string& text, VoiceChoice voice = {}) {
    const auto stream = start(std::move(voice));
    say_all(*stream, text);
    return hear(*stream);
  }

  Error failure_with(Behaviour behaviour) {
    server.behave(behaviour);
    return speak("hello there").error;
  }
  Error failure_with(test::RawAnswer answer) {
    server.answer(std::move(answer));
    return speak("hello there").error;
  }

  static std::vector<std::int16_t> tones(const std::vector<std::string>& words) {
    std::vector<std::int16_t> all;
    for (const std::string& word : words) {
      const auto tone = test::tone_of(word);
      all.insert(all.end(), tone.begin(), tone.end());
    }
    return all;
  }

  std::vector<std::string> inputs() const {
    std::vector<std::string> inputs;
    for (const auto& request : server.requests()) inputs.push_back(request.body.value("input", ""));
    return inputs;
  }

  SpeechServer server;
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> sink =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  OpenAiSpeechOptions options;
  EventLoop loop;

 private:
  std::unique_ptr<TextToSpeech> speech_;
};

TEST_F(OpenAiSpeechTest, AReplyIsSpokenWordByWord) {
  const HeardReply heard = speak("hello there you");
  EXPECT_TRUE(heard.ended) << heard.error.message;
  EXPECT_EQ(audio::to_pcm16(heard.samples), tones({"hello", "there", "you"}));
  ASSERT_EQ(heard.marks.size(), 3U);
  EXPECT_EQ(heard.marks[0], 0U);
  EXPECT_LT(heard.marks[0], heard.marks[1]);
  EXPECT_LT(heard.marks[1], heard.marks[2]);
}

TEST_F(OpenAiSpeechTest, WhatTheServerIsAsked) {
  options.api_key = "secret";
  speak("hello there");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "/v1/audio/speech");
  EXPECT_EQ(requests[0].authorization, "Bearer secret");
  const nlohmann::json expected{{"model", "tts-1"},
                                {"voice", "alloy"},
                                {"input", "hello there"},
                                {"response_format", "pcm"},
                                {"sample_rate", 24'000}};
  EXPECT_EQ(requests[0].body, expected);
}

TEST_F(OpenAiSpeechTest, TheVoiceIsTheCharactersElseTheOperators) {
  options.voice = "nova";
  options.model = "kokoro";
  VoiceChoice own;
  own.names = {{"openai", "af_heart"}, {"embedded", "flite:slt"}};
  speak("hello", own);
  speak("hello");
  EXPECT_EQ(server.requests()[0].body["voice"], "af_heart");
  EXPECT_EQ(server.requests()[1].body["voice"], "nova");
  EXPECT_EQ(server.requests()[1].body["model"], "kokoro");
}

TEST_F(OpenAiSpeechTest, AClauseIsARequestOnOneConnection) {
  const HeardReply heard = speak("well now then, this is it. And that is that.");
  EXPECT_TRUE(heard.ended);
  EXPECT_THAT(inputs(), ElementsAre("well now then,", "this is it.", "And that is that."));
  EXPECT_EQ(heard.marks.size(), 10U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OpenAiSpeechTest, TheFirstClauseIsAskedForBeforeTheReplyIsComplete) {
  const auto stream = start();
  for (const char* word : {"well", " now", " then,", " and"}) stream->say(word);
  HeardReply heard;
  while (heard.samples.size() < tones({"well", "now", "then,"}).size()) take(loop.run(stream->next()), heard);
  EXPECT_THAT(inputs(), ElementsAre("well now then,"));
  stream->say(" so.");
  stream->complete();
  EXPECT_TRUE(hear(*stream).ended);
  EXPECT_THAT(inputs(), ElementsAre("well now then,", "and so."));
}

TEST_F(OpenAiSpeechTest, SoundIsPassedOnAsItArrives) {
  server.gate_words();
  const auto stream = start();
  say_all(*stream, "hello there");
  HeardReply heard;
  const std::size_t first = test::tone_of("hello").size();
  while (heard.samples.size() < first) take(loop.run(stream->next()), heard);
  EXPECT_EQ(heard.samples.size(), first);
  server.release();
  EXPECT_TRUE(hear(*stream).ended);
}

TEST_F(OpenAiSpeechTest, TheNextClauseIsFetchedWhileTheFormerWaitsAndNoMoreThanSomeSeconds) {
  // Sentences of two seconds each.
  std::string text;
  for (int i = 0; i < 10; ++i) text += "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd. ";
  text.pop_back();
  const auto stream = start();
  say_all(*stream, text);
  HeardReply heard;
  take(loop.run(stream->next()), heard);
  EXPECT_TRUE(loop.run_until([&] { return inputs().size() >= 3; }));
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(inputs().size(), 3U) << "five seconds wait, and what had begun to come";
  const HeardReply rest = hear(*stream);
  EXPECT_TRUE(rest.ended);
  EXPECT_EQ(heard.marks.size() + rest.marks.size(), 40U);
  EXPECT_EQ(inputs().size(), 10U);
}

TEST_F(OpenAiSpeechTest, EveryWordBeginsOnceThoughNothingOfItIsHeard) {
  const HeardReply emoji = speak("😀 🎉");
  EXPECT_TRUE(emoji.ended);
  EXPECT_EQ(emoji.marks.size(), 2U);
  EXPECT_THAT(server.requests(), IsEmpty());
  const HeardReply mixed = speak("😀 hello — \x01 you");
  EXPECT_TRUE(mixed.ended);
  EXPECT_EQ(mixed.marks.size(), 5U);
  EXPECT_THAT(inputs(), ElementsAre("hello, you"));
  EXPECT_TRUE(speak("").ended);
}

TEST_F(OpenAiSpeechTest, AVeryLongTextOfOneWordIsCut) {
  const HeardReply heard = speak(std::string(3'000, 'a'));
  EXPECT_TRUE(heard.ended) << heard.error.message;
  EXPECT_EQ(heard.marks.size(), 1U);
  EXPECT_GT(server.requests().size(), 5U);
}

TEST_F(OpenAiSpeechTest, WavOfAnotherRateAndOddPieces) {
  server.behave(Behaviour::wav, 1);
  const HeardReply wav = speak("hello there");
  EXPECT_TRUE(wav.ended) << wav.error.message;
  EXPECT_NEAR(static_cast<double>(wav.samples.size()), static_cast<double>(tones({"hello", "there"}).size()),
              2);
  server.behave(Behaviour::odd, 1);
  EXPECT_EQ(audio::to_pcm16(speak("hello there").samples), tones({"hello", "there"}));
}

TEST_F(OpenAiSpeechTest, WhatIsRefusedIsLeftOutThenAndLater) {
  options.log = std::make_shared<spdlog::logger>("test", sink);
  server.refuse_parameter("sample_rate");
  EXPECT_TRUE(speak("hello").ended);
  EXPECT_TRUE(speak("hello").ended);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_FALSE(requests[1].body.contains("sample_rate"));
  EXPECT_FALSE(requests[2].body.contains("sample_rate"));
  ASSERT_EQ(sink->last_formatted().size(), 1U);
  EXPECT_THAT(sink->last_formatted()[0], HasSubstr("refuses sample_rate: it is asked without from now on"));
}

TEST_F(OpenAiSpeechTest, WhereBareSamplesAreRefusedWavIsAskedFor) {
  server.answer(test::http_failure("400 Bad Request", "response_format must be one of [wav]"));
  EXPECT_TRUE(speak("hello").ended);
  EXPECT_EQ(server.requests()[1].body["response_format"], "wav");
}

TEST_F(OpenAiSpeechTest, WhatIsOfNoStandardIsLeftOutWhereTheServerDoesNotSayWhatWasWrong) {
  server.answer(test::http_failure("400 Bad Request", "Invalid request"));
  EXPECT_TRUE(speak("hello").ended);
  EXPECT_FALSE(server.requests()[1].body.contains("sample_rate"));
}

TEST_F(OpenAiSpeechTest, AConnectionThatTheServerGivesUpMeanwhileIsMadeAgain) {
  EXPECT_TRUE(speak("hello").ended);
  server.answer({"", test::RawAnswer::Then::close});
  EXPECT_TRUE(speak("hello").ended);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(OpenAiSpeechTest, AFullServerIsAskedFiveTimes) {
  server.behave(Behaviour::busy, 4);
  EXPECT_TRUE(speak("hello").ended);
  EXPECT_EQ(server.requests().size(), 5U);
  const Error error = failure_with(Behaviour::overloaded);
  EXPECT_EQ(error.code, "service_at_capacity");
  EXPECT_THAT(error.message, HasSubstr("The speech-out server at " + server.url() + " is at capacity"));
  EXPECT_EQ(server.requests().size(), 10U);
}

TEST_F(OpenAiSpeechTest, AServerThatLoadsIsWaitedFor) {
  server.behave(Behaviour::loading, 7);
  EXPECT_TRUE(speak("hello").ended);
  options.patience = 300ms;
  const auto impatient = openai_speech(options);
  server.behave(Behaviour::loading);
  const auto stream = (*impatient)->start(loop.executor(), {});
  say_all(*stream, "hello");
  const Error error = hear(*stream).error;
  EXPECT_EQ(error.code, "service_unavailable");
  EXPECT_THAT(error.message, HasSubstr("is still loading its model after 300 ms"));
}

TEST_F(OpenAiSpeechTest, EveryFaultIsOneErrorThatNamesTheServiceAndTheCause) {
  struct Row {
    Behaviour behaviour;
    const char* cause;
  };
  for (const Row& row : std::initializer_list<Row>{
           {Behaviour::unauthorized, "401: Incorrect API key provided (check UNMUTED_TTS_API_KEY)"},
           {Behaviour::error, "500: CUDA out of memory"},
           {Behaviour::html, "text/html, no sound: <html>"},
           {Behaviour::whole_json, "application/json, no sound"},
           {Behaviour::mp3, "it answered with MP3; expected PCM"},
           {Behaviour::silent, "it answered without any sound"},
           {Behaviour::half_chunk, "in the middle of its response"},
           {Behaviour::die, "in the middle of its response"}}) {
    const Error error = failure_with(row.behaviour);
    EXPECT_EQ(error.code, "service_unavailable");
    EXPECT_THAT(error.message, HasSubstr("The speech-out server at " + server.url() + " is not available"));
    EXPECT_THAT(error.message, HasSubstr(row.cause));
  }
  server.behave(Behaviour::fine);
  EXPECT_TRUE(speak("hello").ended) << "and the next works";
}

TEST_F(OpenAiSpeechTest, SilenceEnds) {
  options.patience = 50ms;
  EXPECT_THAT(failure_with(Behaviour::hang).message, HasSubstr("nothing of the reply came within 50 ms"));
  EXPECT_THAT(failure_with(Behaviour::slow_headers).message,
              HasSubstr("nothing of the reply came within 50 ms"));
}

TEST_F(OpenAiSpeechTest, SilenceInTheMiddleEnds) {
  options.idle_timeout = 50ms;
  EXPECT_THAT(failure_with(Behaviour::hang_later).message, HasSubstr("it said nothing more for 50 ms"));
}

TEST_F(OpenAiSpeechTest, WhatNoBehaviourDoes) {
  using test::RawAnswer;
  EXPECT_THAT(failure_with(RawAnswer{"garbage\r\n\r\n", RawAnswer::Then::close}).message,
              HasSubstr("is not available"));
  EXPECT_THAT(failure_with(RawAnswer{"", RawAnswer::Then::close}).message,
              HasSubstr("closed the connection without a response"));
  EXPECT_THAT(failure_with(test::http_answer("404 Not Found", "", "")).message,
              HasSubstr("404 for /v1/audio/speech"));
  const RawAnswer no_voice = test::http_answer("400 Bad Request", "Content-Type: application/json\r\n",
                                               R"({"detail":{"error":"x","message":"Voice not found"}})");
  server.answer(no_voice);
  EXPECT_THAT(failure_with(no_voice).message, HasSubstr("Voice not found"));
  EXPECT_THAT(failure_with(test::http_answer("302 Found", "Location: http://x/y?key=z\r\n", "")).message,
              HasSubstr("it is at x/y"));
}

TEST_F(OpenAiSpeechTest, NobodyListens) {
  server.behave(Behaviour::refuse);
  const Error error = speak("hello").error;
  EXPECT_EQ(error.code, "service_unavailable");
  EXPECT_THAT(error.message, HasSubstr(server.url() + " is not available"));
}

TEST_F(OpenAiSpeechTest, AFailureClosesTheConnection) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 9999\r\n\r\n";
  server.answer({head + "ID3" + std::string(100, 'x'), test::RawAnswer::Then::hang});
  const auto stream = start();
  say_all(*stream, "hello");
  EXPECT_THAT(hear(*stream).error.message, HasSubstr("MP3"));
  loop.poll();
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiSpeechTest, WhatCameBeforeAFaultIsHeard) {
  server.behave(Behaviour::half_chunk);
  const HeardReply heard = speak("hello there");
  EXPECT_THAT(heard.samples.size(), testing::Ge(test::tone_of("hello").size()));
  EXPECT_EQ(heard.marks.front(), 0U);
  EXPECT_FALSE(heard.ended);
  EXPECT_EQ(heard.error.code, "service_unavailable");
}

TEST_F(OpenAiSpeechTest, TheKeyIsInNoMessage) {
  options.api_key = "very-secret";
  const Error error = failure_with(test::http_failure("500 Internal Server Error", "key very-secret is bad"));
  EXPECT_THAT(error.message, HasSubstr("key … is bad"));
  EXPECT_THAT(error.message, Not(HasSubstr("very-secret")));
}

TEST_F(OpenAiSpeechTest, SoundWithoutEndIsNotTakenPastWhatWaits) {
  server.behave(Behaviour::endless_line);
  {
    const auto stream = start();
    say_all(*stream, "hello");
    HeardReply heard;
    while (heard.samples.size() < 24'000U * 20) take(loop.run(stream->next()), heard);
    for (int i = 0; i < 100; ++i) loop.poll();
    stream->abort();
  }
  EXPECT_TRUE(server.wait_for_ends(1));
}

TEST_F(OpenAiSpeechTest, AnAbortClosesTheConnectionAtOnce) {
  const auto abort_when_asked = [&](std::size_t requests) {
    const auto stream = start();
    say_all(*stream, "hello there");
    auto next = loop.start(stream->next());
    ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == requests; }));
    stream->abort();
    EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(next)));
    EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.run(stream->next())));
    EXPECT_TRUE(server.wait_for_abandoned(requests));
  };
  server.behave(Behaviour::hang);
  abort_when_asked(1);
  server.behave(Behaviour::slow_headers);
  abort_when_asked(2);
}

TEST_F(OpenAiSpeechTest, AnAbortInTheMiddleOfSound) {
  server.behave(Behaviour::hang_later);
  auto stream = start();
  say_all(*stream, "hello there");
  loop.run(stream->next());
  stream.reset();
  loop.poll();
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiSpeechTest, AnAbortBeforeAndBetweenAnything) {
  const auto silent = start();
  silent->abort();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.run(silent->next())));
  const auto waiting = start();
  auto next = loop.start(waiting->next());
  loop.poll();
  waiting->say("hello");
  waiting->abort();
  waiting->say("there");
  waiting->complete();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(next)));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(OpenAiSpeechTest, TheStreamMayGoWhileItsNextWaits) {
  server.behave(Behaviour::hang);
  auto stream = start();
  say_all(*stream, "hello");
  auto next = loop.start(stream->next());
  ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == 1; }));
  stream.reset();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(next)));
}

TEST_F(OpenAiSpeechTest, AnAbortEndsThePauseBeforeAnotherTry) {
  options.capacity_pause = 1h;
  server.behave(Behaviour::busy);
  const auto stream = start();
  say_all(*stream, "hello");
  auto next = loop.start(stream->next());
  ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == 1; }));
  ASSERT_TRUE(server.wait_for_answers(1));
  for (int i = 0; i < 100; ++i) loop.poll();
  stream->abort();
  EXPECT_TRUE(std::holds_alternative<SpeechFailed>(loop.finish(next)));
}

TEST_F(OpenAiSpeechTest, NothingIsLeftWhenTheLoopGoes) {
  server.behave(Behaviour::hang_later);
  {
    EventLoop other;
    const auto stream = speech().start(other.executor(), {});
    say_all(*stream, "hello there");
    other.run(stream->next());
    auto next = other.start(stream->next());
    other.poll();
  }
  EXPECT_TRUE(server.wait_for_ends(1));
}

TEST_F(OpenAiSpeechTest, Health) {
  EXPECT_TRUE(loop.run(speech().up()));
  server.behave(Behaviour::no_models);
  EXPECT_TRUE(loop.run(speech().up())) << "it answers";
  server.behave(Behaviour::unauthorized);
  EXPECT_TRUE(loop.run(speech().up()));
  server.behave(Behaviour::error);
  EXPECT_FALSE(loop.run(speech().up()));
  server.behave(Behaviour::refuse);
  EXPECT_FALSE(loop.run(speech().up()));
}

TEST_F(OpenAiSpeechTest, HealthWaitsForNobody) {
  options.health_timeout = 50ms;
  server.behave(Behaviour::hang);
  EXPECT_FALSE(loop.run(speech().up()));
}

TEST_F(OpenAiSpeechTest, OverTls) {
  SpeechServer secure({.tls = true});
  options.url = secure.url();
  options.ca_file = secure.certificate_file();
  EXPECT_TRUE(speak("hello").ended);
  options.ca_file.clear();
  const auto strict = openai_speech(options);
  const auto stream = (*strict)->start(loop.executor(), {});
  say_all(*stream, "hello");
  EXPECT_THAT(hear(*stream).error.message, HasSubstr("certificate"));
}

TEST_F(OpenAiSpeechTest, WhatCannotBeASetting) {
  options.url = "ftp://x";
  EXPECT_EQ(openai_speech(options).error().code, "invalid_url");
  options.url = server.url();
  options.api_key = "two words";
  EXPECT_EQ(openai_speech(options).error().code, "invalid_configuration");
}

}  // namespace
}  // namespace unmuted
