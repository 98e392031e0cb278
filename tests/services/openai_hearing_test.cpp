#include "services/openai/openai_hearing.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/pcm.hpp"
#include "audio/wav.hpp"
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

constexpr std::size_t a_second = audio::sample_rate;

Result<std::optional<audio::WavHead>> wav_head_of(const std::string& file) {
  return audio::read_wav_head(std::as_bytes(std::span(file)));
}

class OpenAiHearingTest : public testing::Test {
 protected:
  OpenAiHearingTest() {
    options.url = server.url();
    options.capacity_pause = 1ms;
    options.loading_pause = 1ms;
  }

  SpeechToText& listener() {
    if (!listener_) listener_ = std::move(*openai_hearing(options));
    return *listener_;
  }

  std::unique_ptr<HearingStream> start(ListeningChoice choice = {"en", {}}) {
    return listener().start(loop.executor(), std::move(choice));
  }

  static void speak(HearingStream& stream, double seconds) {
    for (auto left = static_cast<std::size_t>(seconds * audio::sample_rate); left > 0;) {
      const std::size_t frame = std::min<std::size_t>(left, audio::frame_samples);
      stream.hear(audio::Samples(frame, 0.25F));
      left -= frame;
    }
  }
  static void utter(HearingStream& stream, double seconds = 1) {
    speak(stream, seconds);
    stream.end_utterance();
  }

  /// Words, "|" for the end of an utterance, and at last an error.
  std::vector<std::string> hear(HearingStream& stream, std::size_t utterances = 1) {
    std::vector<std::string> all;
    while (utterances > 0) {
      const HearingEvent event = loop.run(stream.next());
      if (const auto* word = std::get_if<WordHeard>(&event)) {
        all.push_back(word->text);
        starts.push_back(word->start_time);
      } else if (const auto* failed = std::get_if<HearingFailed>(&event)) {
        error = failed->error;
        all.push_back(error.code);
        return all;
      } else {
        all.emplace_back("|");
        --utterances;
      }
    }
    return all;
  }

  Error failure_with(Behaviour behaviour) {
    server.behave(behaviour);
    const auto stream = start();
    utter(*stream);
    hear(*stream);
    return error;
  }

  SpeechServer server;
  OpenAiHearingOptions options;
  EventLoop loop;
  std::vector<double> starts;
  Error error;

 private:
  std::unique_ptr<SpeechToText> listener_;
};

TEST_F(OpenAiHearingTest, AnUtteranceIsHeard) {
  EXPECT_FALSE(listener().hears_everything());
  server.transcribe("Hello there, you.");
  const auto stream = start();
  utter(*stream, 2);
  EXPECT_THAT(hear(*stream), ElementsAre("Hello", "there,", "you.", "|"));
  EXPECT_EQ(starts[0], 0);
  EXPECT_LT(starts[0], starts[1]);
  EXPECT_LE(starts[2], 2);
}

TEST_F(OpenAiHearingTest, WhatTheServerIsAsked) {
  options.api_key = "secret";
  const auto stream = start({"fr", {"chat", "chien noir"}});
  utter(*stream, 2);
  hear(*stream);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "/v1/audio/transcriptions");
  EXPECT_EQ(requests[0].authorization, "Bearer secret");
  const std::map<std::string, std::string> expected{{"model", "whisper-1"},
                                                    {"language", "fr"},
                                                    {"prompt", "chat, chien noir"},
                                                    {"response_format", "json"},
                                                    {"stream", "true"}};
  EXPECT_EQ(requests[0].fields, expected);
  const auto header = wav_head_of(requests[0].file);
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->rate, 16'000);
  EXPECT_EQ((*header)->sound_bytes, 64'000U);
}

TEST_F(OpenAiHearingTest, OptionalFieldsAreLeftOut) {
  options.model = "large";
  const auto stream = start({"", {}});
  utter(*stream);
  hear(*stream);
  const auto fields = server.requests()[0].fields;
  EXPECT_EQ(fields.at("model"), "large");
  EXPECT_FALSE(fields.contains("language"));
  EXPECT_FALSE(fields.contains("prompt"));
  const auto both = start({"en/fr", {std::string(2'000, 'x'), "word"}});
  utter(*both);
  hear(*both);
  EXPECT_EQ(server.requests()[1].fields.at("language"), "en");
  EXPECT_FALSE(server.requests()[1].fields.contains("prompt")) << "a phrase that is too long";
}

TEST_F(OpenAiHearingTest, AServerThatCannotStream) {
  server.behave(Behaviour::whole_json);
  const auto stream = start();
  utter(*stream);
  utter(*stream);
  EXPECT_THAT(hear(*stream, 2), ElementsAre("hello", "there", "|", "hello", "there", "|"));
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OpenAiHearingTest, WhatIsRefusedIsLeftOutThenAndLater) {
  server.refuse_parameter("stream");
  server.refuse_parameter("prompt");
  const auto stream = start({"en", {"cat"}});
  utter(*stream);
  utter(*stream);
  EXPECT_THAT(hear(*stream, 2), ElementsAre("hello", "there", "|", "hello", "there", "|"));
  ASSERT_EQ(server.requests().size(), 4U);
  EXPECT_FALSE(server.requests()[3].fields.contains("stream"));
  EXPECT_FALSE(server.requests()[3].fields.contains("prompt"));
  EXPECT_TRUE(server.requests()[3].fields.contains("language"));
}

TEST_F(OpenAiHearingTest, UtterancesAreAnsweredInTheirOrder) {
  server.transcribe("one two");
  server.transcribe("[BLANK_AUDIO]");
  server.transcribe("three");
  const auto stream = start();
  utter(*stream, 2);
  utter(*stream, 1);
  utter(*stream, 1);
  EXPECT_THAT(hear(*stream, 3), ElementsAre("one", "two", "|", "|", "three", "|"));
  EXPECT_EQ(starts[0], 0);
  EXPECT_EQ(starts[2], 3);
}

TEST_F(OpenAiHearingTest, AnUtteranceThatComesLaterIsWaitedFor) {
  const auto stream = start();
  auto next = loop.start(stream->next());
  loop.poll();
  EXPECT_FALSE(next->done());
  speak(*stream, 1);
  loop.poll();
  EXPECT_THAT(server.requests(), IsEmpty());
  stream->end_utterance();
  EXPECT_EQ(std::get<WordHeard>(loop.finish(next)).text, "hello");
}

TEST_F(OpenAiHearingTest, WhereNothingWasSaidNothingIsAsked) {
  const auto stream = start();
  stream->end_utterance();
  utter(*stream, 0.02);
  EXPECT_THAT(hear(*stream, 2), ElementsAre("|", "|"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(OpenAiHearingTest, AShortUtteranceIsFilledUpWithSilence) {
  const auto stream = start();
  utter(*stream, 0.2);
  hear(*stream);
  const auto header = wav_head_of(server.requests()[0].file);
  EXPECT_EQ((*header)->sound_bytes, 40'000U);
  EXPECT_LE(starts.back(), 0.2);
}

TEST_F(OpenAiHearingTest, ALongUtteranceIsCutAndAnsweredOnce) {
  server.transcribe("one");
  server.transcribe("two");
  server.transcribe("three");
  const auto stream = start();
  speak(*stream, 65);
  auto next = loop.start(stream->next());
  EXPECT_EQ(std::get<WordHeard>(loop.finish(next)).text, "one") << "before its end";
  stream->end_utterance();
  EXPECT_THAT(hear(*stream), ElementsAre("two", "three", "|"));
  EXPECT_THAT(starts, ElementsAre(30, 60));
  EXPECT_EQ(wav_head_of(server.requests()[0].file).value()->sound_bytes, 960'000U);
}

TEST_F(OpenAiHearingTest, AServiceThatFallsBehindFails) {
  server.behave(Behaviour::hang);
  const auto stream = start();
  utter(*stream);
  auto next = loop.start(stream->next());
  ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == 1; }));
  for (int i = 0; i < 130; ++i) stream->hear(audio::Samples(a_second, 0.25F));
  const HearingEvent event = loop.finish(next);
  ASSERT_TRUE(std::holds_alternative<HearingFailed>(event));
  EXPECT_THAT(std::get<HearingFailed>(event).error.message, HasSubstr("does not keep up"));
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiHearingTest, AFullServerIsAskedFiveTimesAndOneThatLoadsIsWaitedFor) {
  server.behave(Behaviour::busy, 4);
  const auto stream = start();
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("hello", "there", "|"));
  server.behave(Behaviour::loading, 7);
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("hello", "there", "|"));
  EXPECT_EQ(failure_with(Behaviour::overloaded).code, "service_at_capacity");
  EXPECT_THAT(error.message, HasSubstr("The speech-in server at " + server.url() + " is at capacity"));
}

TEST_F(OpenAiHearingTest, EveryFaultIsOneErrorThatNamesTheServiceAndTheCause) {
  struct Row {
    Behaviour behaviour;
    const char* cause;
  };
  for (const Row& row : std::initializer_list<Row>{
           {Behaviour::unauthorized, "401: Incorrect API key provided (check UNMUTED_STT_API_KEY)"},
           {Behaviour::error, "500: CUDA out of memory"},
           {Behaviour::html, "text/html, no transcript: <html>"},
           {Behaviour::error_event, "it failed: the decoder gave up"},
           {Behaviour::silent, "no transcript"},
           {Behaviour::half_chunk, "in the middle of its response"},
           {Behaviour::die, "in the middle of its response"},
           {Behaviour::endless_line, "is not available"}}) {
    const Error failure = failure_with(row.behaviour);
    EXPECT_EQ(failure.code, "service_unavailable");
    EXPECT_THAT(failure.message, HasSubstr("The speech-in server at " + server.url() + " is not available"));
    EXPECT_THAT(failure.message, HasSubstr(row.cause));
  }
  server.behave(Behaviour::fine);
  const auto stream = start();
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("hello", "there", "|")) << "and the next works";
}

TEST_F(OpenAiHearingTest, AnEventThatCannotBeReadIsPassedOver) {
  server.behave(Behaviour::bad_json);
  const auto stream = start();
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("there", "|"));
}

TEST_F(OpenAiHearingTest, SilenceEnds) {
  options.patience = 50ms;
  EXPECT_THAT(failure_with(Behaviour::hang).message, HasSubstr("nothing of the reply came within 50 ms"));
}

TEST_F(OpenAiHearingTest, SilenceInTheMiddleEnds) {
  options.idle_timeout = 50ms;
  EXPECT_THAT(failure_with(Behaviour::hang_later).message, HasSubstr("it said nothing more for 50 ms"));
}

TEST_F(OpenAiHearingTest, WhatCameBeforeAFaultIsHeard) {
  const std::string events =
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hello the\"}\n\n"
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"re you\"}\n\n";
  server.answer(
      {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n" + events,
       test::RawAnswer::Then::close});
  const auto stream = start();
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("hello", "there", "service_unavailable"));
  EXPECT_THAT(error.message, HasSubstr("in the middle of its response"));
}

TEST_F(OpenAiHearingTest, NobodyListens) {
  server.behave(Behaviour::refuse);
  const auto stream = start();
  utter(*stream);
  EXPECT_THAT(hear(*stream), ElementsAre("service_unavailable"));
  EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.run(stream->next())));
}

TEST_F(OpenAiHearingTest, AnAbortClosesTheConnectionAtOnce) {
  server.behave(Behaviour::hang);
  const auto stream = start();
  utter(*stream);
  auto next = loop.start(stream->next());
  ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == 1; }));
  stream->abort();
  EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.finish(next)));
  EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.run(stream->next())));
  EXPECT_TRUE(server.wait_for_abandoned(1));
  stream->hear(audio::Samples(a_second));
  stream->end_utterance();
}

TEST_F(OpenAiHearingTest, AnAbortBeforeAnything) {
  const auto stream = start();
  auto next = loop.start(stream->next());
  loop.poll();
  stream->abort();
  EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.finish(next)));
}

TEST_F(OpenAiHearingTest, TheStreamMayGoWhileItsNextWaits) {
  server.behave(Behaviour::hang_later);
  auto stream = start();
  utter(*stream);
  auto next = loop.start(stream->next());
  ASSERT_TRUE(loop.run_until([&] { return server.requests().size() == 1; }));
  stream.reset();
  EXPECT_TRUE(std::holds_alternative<HearingFailed>(loop.finish(next)));
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST_F(OpenAiHearingTest, NothingIsLeftWhenTheLoopGoes) {
  server.behave(Behaviour::hang);
  {
    EventLoop other;
    const auto stream = listener().start(other.executor(), {"en", {}});
    utter(*stream);
    auto next = other.start(stream->next());
    ASSERT_TRUE(other.run_until([&] { return server.requests().size() == 1; }));
  }
  EXPECT_TRUE(server.wait_for_ends(1));
}

TEST_F(OpenAiHearingTest, Health) {
  EXPECT_TRUE(loop.run(listener().up()));
  server.behave(Behaviour::error);
  EXPECT_FALSE(loop.run(listener().up()));
}

TEST_F(OpenAiHearingTest, WhatCannotBeASetting) {
  options.url = "ws://x";
  EXPECT_EQ(openai_hearing(options).error().code, "invalid_url");
}

}  // namespace
}  // namespace unmuted
