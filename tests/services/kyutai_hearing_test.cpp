// Speech in by Kyutai's service, over sockets, against one that speaks its protocol and can misbehave.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "services/kyutai_fixture.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using audio::frame_samples;
using test::EventLoop;
using test::HearingScript;
using test::KyutaiServer;
using test::SpeechFault;
using testing::AllOf;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What has been heard so far.
struct Heard {
  std::vector<std::string> words;
  std::vector<double> times;
  std::vector<double> pauses;  ///< of those in one go, the last
  std::size_t utterances = 0;
  std::size_t words_before_utterance = 0;
  std::optional<Error> error;
};

/// To the last event.
net::awaitable<bool> listen(HearingStream& stream, Heard& heard) {
  while (!heard.error) {
    HearingEvent event = co_await stream.next();
    if (const auto* word = std::get_if<WordHeard>(&event)) {
      heard.words.push_back(word->text);
      heard.times.push_back(word->start_time);
    } else if (const auto* pause = std::get_if<PauseLikelihood>(&event)) {
      heard.pauses.push_back(pause->likelihood);
    } else if (std::holds_alternative<UtteranceHeard>(event)) {
      ++heard.utterances;
      heard.words_before_utterance = heard.words.size();
    } else {
      heard.error = std::get<HearingFailed>(event).error;
    }
  }
  co_return true;
}

audio::Samples sound_of(std::size_t frames) {
  audio::Samples sound(frames * frame_samples);
  for (std::size_t i = 0; i < sound.size(); ++i) sound[i] = i % 100 < 50 ? 0.2F : -0.2F;
  return sound;
}

class KyutaiHearingTest : public testing::Test {
 protected:
  ~KyutaiHearingTest() override { finish(); }

  void start(const KyutaiOptions& options) {
    service = listener_for(options, metrics);
    restart();
  }
  /// Another stream.
  void restart() {
    finish();
    heard = {};
    stream = service->start(loop.executor(), {"en", {}});
    listening = loop.start(listen(*stream, heard));
  }
  void finish() {
    if (!stream) return;
    stream->abort();
    loop.finish(listening);
    stream.reset();
  }
  bool until(const std::function<bool()>& condition) { return loop.run_until(condition); }
  bool all_heard(std::size_t utterances) {
    return until([&] { return heard.utterances == utterances || heard.error; }) && !heard.error;
  }

  KyutaiServer server;
  Metrics metrics;
  EventLoop loop;
  std::unique_ptr<SpeechToText> service;
  Heard heard;
  std::unique_ptr<HearingStream> stream;
  std::shared_ptr<EventLoop::Pending<bool>> listening;
};

TEST_F(KyutaiHearingTest, WordsComeBeforeTheEndOfTheirUtterance) {
  start(options_for(server));
  EXPECT_TRUE(service->hears_everything());
  stream->hear(sound_of(9));
  stream->end_utterance();
  ASSERT_TRUE(all_heard(1));
  EXPECT_EQ(heard.words_before_utterance, 3U);
  EXPECT_THAT(heard.words, ElementsAre("one", "two", "three"));
  EXPECT_THAT(heard.times, ElementsAre(DoubleNear(0, 1e-6), DoubleNear(0.32, 1e-6), DoubleNear(0.64, 1e-6)));
  // The silence behind the utterance goes on for a moment after its end is known.
  EXPECT_TRUE(until([&] { return server.calls().at(0).frames == 17; }));
  const auto call = server.calls().at(0);
  EXPECT_EQ(call.target, "/api/asr-streaming");
  EXPECT_EQ(call.api_key, "public_token");
  EXPECT_TRUE(
      std::all_of(call.loudness.begin(), call.loudness.begin() + 9, [](float l) { return l > 0.19; }));
  EXPECT_TRUE(std::all_of(call.loudness.begin() + 9, call.loudness.end(), [](float l) { return l == 0; }));
  EXPECT_EQ(observations(metrics.stt_find_time), 1U);
  EXPECT_EQ(observations(metrics.stt_ping_time), 1U);

  stream->abort();
  EXPECT_TRUE(ends(loop, server));
  EXPECT_TRUE(server.calls().at(0).closed_in_order);
}

TEST_F(KyutaiHearingTest, TimesDoNotKnowOfTheSilenceBetweenUtterances) {
  start(options_for(server));
  for (std::size_t i = 1; i <= 3; ++i) {
    stream->hear(sound_of(5));
    stream->end_utterance();
    ASSERT_TRUE(all_heard(i));
  }
  // A word each fourth frame of sound; five frames an utterance.
  EXPECT_THAT(heard.times, ElementsAre(DoubleNear(0, 1e-6), DoubleNear(0.32, 1e-6), DoubleNear(0.64, 1e-6),
                                       DoubleNear(0.96, 1e-6)));
}

TEST_F(KyutaiHearingTest, ManyEndsAreAnsweredOnceEach) {
  start(options_for(server));
  stream->end_utterance();
  ASSERT_TRUE(all_heard(1));
  EXPECT_EQ(server.connections(), 0U) << "there was nothing to hear";
  stream->hear(sound_of(2));
  stream->end_utterance();
  stream->end_utterance();
  stream->hear(sound_of(1));
  stream->end_utterance();
  ASSERT_TRUE(all_heard(4));
}

TEST_F(KyutaiHearingTest, LessThanAFrameIsAnUtterance) {
  start(options_for(server));
  stream->hear(audio::Samples(1'900, 0.3F));
  stream->end_utterance();
  ASSERT_TRUE(all_heard(1));
  EXPECT_THAT(heard.words, ElementsAre("one"));
}

TEST_F(KyutaiHearingTest, PausesAreThoseOfTheUserOnceTheyAreSteady) {
  HearingScript script;
  script.pauses.assign(20, 0.1F);
  script.pauses.push_back(0.9F);
  server.hear(script);
  start(options_for(server));
  std::size_t frames = 0;
  const auto hear_a_frame = [&] {
    stream->hear(sound_of(1));
    ++frames;
    return until([&] { return server.calls().size() == 1 && server.calls()[0].frames == frames; });
  };
  while (frames < 12) ASSERT_TRUE(hear_a_frame());
  server.tell("mark", 0);  // behind the steps of these frames
  ASSERT_TRUE(until([&] { return !heard.words.empty(); }));
  EXPECT_THAT(heard.pauses, IsEmpty());
  while (frames < 20) ASSERT_TRUE(hear_a_frame());
  server.tell("mark", 0);
  ASSERT_TRUE(until([&] { return heard.words.size() == 2; }));
  ASSERT_FALSE(heard.pauses.empty());
  EXPECT_THAT(heard.pauses, Each(testing::Le(0.11)));
  ASSERT_TRUE(hear_a_frame());
  ASSERT_TRUE(until([&] { return heard.pauses.back() > 0.89; }));
  const std::size_t before = heard.pauses.size();
  stream->end_utterance();
  ASSERT_TRUE(all_heard(1));
  EXPECT_EQ(heard.pauses.size(), before) << "our own silence is no pause of the user";
}

TEST_F(KyutaiHearingTest, AScriptSaysWhatIsHeardWhen) {
  HearingScript script;
  script.words = {{2, " Hello ", 0.1}, {2, "", 0.1}, {4, "there", 0.3}};
  server.hear(script);
  start(options_for(server));
  stream->hear(sound_of(3));
  ASSERT_TRUE(until([&] { return !heard.words.empty(); }));
  stream->hear(sound_of(1));
  ASSERT_TRUE(until([&] { return heard.words.size() == 2; }));
  EXPECT_THAT(heard.words, ElementsAre("Hello", "there"));
  EXPECT_THAT(heard.times, ElementsAre(DoubleNear(0.1, 1e-6), DoubleNear(0.3, 1e-6)));
}

TEST_F(KyutaiHearingTest, WhoSaysNothingForLongHasNoPlaceMeanwhile) {
  auto options = options_for(server);
  options.keep_idle = 100ms;
  start(options);
  stream->hear(sound_of(5));
  stream->hear(audio::Samples(960, 0.2F));
  ASSERT_TRUE(until([&] { return server.calls().size() == 1 && server.open() == 0; }));
  EXPECT_TRUE(server.calls().at(0).closed_in_order);
  EXPECT_FALSE(heard.error);
  stream->hear(sound_of(5));
  stream->end_utterance();
  ASSERT_TRUE(all_heard(1));
  ASSERT_THAT(server.calls(), SizeIs(2));
  // The words of the first place were cut off with it. The half frame went to the second.
  ASSERT_FALSE(heard.times.empty());
  EXPECT_THAT(heard.times.back(), DoubleNear(0.4 + 0.32, 1e-6));
}

TEST_F(KyutaiHearingTest, AServiceThatClosesForWantOfSoundIsNoFault) {
  KyutaiServer impatient({.idle = 100ms});
  start(options_for(impatient));
  for (std::size_t i = 1; i <= 2; ++i) {
    stream->hear(sound_of(2));
    stream->end_utterance();
    ASSERT_TRUE(all_heard(i));
    ASSERT_TRUE(until([&] { return impatient.calls().size() == i && impatient.open() == 0; }));
    for (int poll = 0; poll < 10; ++poll) loop.poll();  // it hears of the end
  }
  EXPECT_FALSE(heard.error);
}

/// Its words come half a second after their sound: some may be lost with it.
TEST_F(KyutaiHearingTest, AServiceThatIsLostFailsAlsoWhenItHasAnsweredAll) {
  start(options_for(server));
  stream->hear(sound_of(5));
  ASSERT_TRUE(until([&] { return server.calls().size() == 1 && server.calls()[0].frames == 5; }));
  server.tell("mark", 0);  // behind the steps of these frames
  ASSERT_TRUE(until([&] { return !heard.words.empty(); }));
  server.drop_connections();
  ASSERT_TRUE(until([&] { return heard.error.has_value(); }));
  EXPECT_THAT(heard.error->message, HasSubstr("lost"));
  EXPECT_TRUE(ends(loop, server));
}

TEST_F(KyutaiHearingTest, WordsOfAnUtteranceAreHeardAsLongAsItSounds) {
  KyutaiServer scripted({.utterances = {"", "two words", "three more words"}});
  start(options_for(scripted));
  const audio::Samples silence(10 * frame_samples, 0.0F);
  for (std::size_t i = 1; i <= 4; ++i) {
    stream->hear(sound_of(i == 3 ? 3 : 6));
    stream->hear(silence);
    stream->end_utterance();
    ASSERT_TRUE(all_heard(i));
  }
  EXPECT_THAT(heard.words, ElementsAre("two", "words", "three", "more"));
}

TEST_F(KyutaiHearingTest, AServiceThatFallsBehindFails) {
  KyutaiServer slow({.listens = false});
  auto options = options_for(slow);
  options.max_behind = 800ms;
  start(options);
  stream->hear(sound_of(10));
  EXPECT_FALSE(heard.error);
  stream->hear(sound_of(1));
  ASSERT_TRUE(until([&] { return heard.error.has_value(); }));
  EXPECT_EQ(heard.error->code, "service_unavailable");
  EXPECT_THAT(heard.error->message,
              AllOf(HasSubstr("The speech-in service at ws://"), HasSubstr("fallen behind")));
  stream->hear(sound_of(1));
  EXPECT_TRUE(ends(loop, slow));
}

TEST_F(KyutaiHearingTest, AServiceThatDoesNotGoOnFails) {
  KyutaiServer slow({.listens = false});
  auto options = options_for(slow);
  options.stall_patience = 100ms;
  start(options);
  stream->hear(sound_of(1));
  ASSERT_TRUE(until([&] { return heard.error.has_value(); }));
  EXPECT_THAT(heard.error->message, HasSubstr("does not go on"));
  EXPECT_TRUE(ends(loop, slow));
}

TEST_F(KyutaiHearingTest, EveryFaultIsOneErrorWithItsCauseAndLeavesNothingBehind) {
  const std::string unavailable = "service_unavailable";
  const std::vector<ServiceFault> faults{
      {SpeechFault::refuse, unavailable, "Connection refused", 0},
      {SpeechFault::unauthorized, unavailable, "401", 0},
      {SpeechFault::loading, unavailable, "the model is being loaded", 0},
      {SpeechFault::hang, unavailable, "did not accept the WebSocket", 0},
      {SpeechFault::full, "service_at_capacity", "\"no free channels\"", 5},
      {SpeechFault::silent, unavailable, "no place in time", 1},
      {SpeechFault::only_strays, unavailable, "somebody else", 5},
      {SpeechFault::garbage_first, unavailable, "no message of its protocol", 5},
      {SpeechFault::garbage, unavailable, "no message of its protocol", 1},
      {SpeechFault::error, unavailable, "\"CUDA out of memory\"", 1},
      {SpeechFault::die_first, unavailable, "lost", 1},
      {SpeechFault::die, unavailable, "lost", 1},
      {SpeechFault::die_late, unavailable, "lost", 1},
      {SpeechFault::close_early, unavailable, "it closed the connection", 1},
      {SpeechFault::stall, unavailable, "does not go on", 1},
      {SpeechFault::deaf, unavailable, "does not go on", 1},
  };
  std::size_t calls = 0;
  for (const auto& [fault, code, cause, upgraded] : faults) {
    auto options = options_for(server);
    options.capacity_pause = 1ms;
    if (fault == SpeechFault::hang || fault == SpeechFault::silent) options.search_patience = 200ms;
    if (fault == SpeechFault::stall || fault == SpeechFault::deaf) options.stall_patience = 200ms;
    options.close_patience = 500ms;
    server.behave(fault);
    start(options);
    stream->hear(sound_of(30));
    ASSERT_TRUE(until([&] { return heard.error.has_value(); })) << cause;
    EXPECT_EQ(heard.error->code, code) << heard.error->message;
    EXPECT_THAT(heard.error->message,
                AllOf(HasSubstr("The speech-in service at ws://127.0.0.1:"), HasSubstr(cause)));
    EXPECT_EQ(server.calls().size() - calls, upgraded) << cause;

    server.listen_again();
    EXPECT_TRUE(ends(loop, server)) << cause;
    server.behave(SpeechFault::fine);
    restart();
    stream->hear(sound_of(5));
    stream->end_utterance();
    EXPECT_TRUE(all_heard(1)) << "after " << cause;
    finish();
    EXPECT_TRUE(ends(loop, server)) << cause;
    calls = server.calls().size();
  }
}

TEST_F(KyutaiHearingTest, ManyStreamsThatEndAtAnyMomentLeaveNothingBehind) {
  const SpeechFault faults[] = {SpeechFault::fine,    SpeechFault::full,  SpeechFault::silent,
                                SpeechFault::garbage, SpeechFault::error, SpeechFault::die,
                                SpeechFault::stall,   SpeechFault::hang};
  auto options = options_for(server);
  options.capacity_pause = 1ms;
  start(options);
  std::mt19937 random(12);
  for (int i = 0; i < 150; ++i) {
    server.behave(faults[random() % std::size(faults)]);
    restart();
    stream->hear(sound_of(random() % 20 + 1));
    if (random() % 2 == 0) stream->end_utterance();
    const std::size_t polls = random() % 300;
    for (std::size_t poll = 0; poll < polls && !heard.error; ++poll) loop.poll();
  }
  server.behave(SpeechFault::fine);
  restart();
  stream->hear(sound_of(5));
  stream->end_utterance();
  EXPECT_TRUE(all_heard(1));
  finish();
  EXPECT_TRUE(ends(loop, server));
}

TEST_F(KyutaiHearingTest, TheEndOfTheLoopGivesThePlaceBack) {
  const auto hearer = listener_for(options_for(server), metrics);
  auto own_loop = std::make_unique<EventLoop>();
  auto own = hearer->start(own_loop->executor(), {"en", {}});
  own->hear(sound_of(5));
  ASSERT_TRUE(own_loop->run_until([&] { return server.places_taken() == 1; }));
  own.reset();
  own_loop.reset();
  EXPECT_TRUE(server.wait_for_end());
  EXPECT_TRUE(server.wait_for_places(0));
}

}  // namespace
}  // namespace unmuted
