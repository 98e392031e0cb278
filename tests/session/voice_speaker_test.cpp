#include "session/voice_speaker.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/overloaded.hpp"
#include "support/fake_speech.hpp"

namespace unmuted {
namespace {

using test::fake::FakeSpeech;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TurnId turn_1{1};
constexpr TurnId turn_2{2};
constexpr std::size_t ms = audio::sample_rate / 1'000;  // in samples

/// A speaker that is listened to as a session listens, on a loop of its own.
class VoiceSpeakerTest : public testing::Test {
 protected:
  VoiceSpeakerTest() { spawn(speaker.run()); }

  ~VoiceSpeakerTest() override {
    over = true;
    speaker.shut_down();
    poll();
    EXPECT_EQ(running, 0);
    for (std::size_t i = 0; i < service.streams(); ++i) {
      EXPECT_TRUE(service.stream(i).aborted || service.stream(i).events.empty());
    }
  }

  void spawn(net::awaitable<void> task) {
    ++running;
    net::asio::co_spawn(io, std::move(task), [this](const std::exception_ptr& error) {
      --running;
      if (error) std::rethrow_exception(error);
    });
  }

  /// Lets go on what need not wait.
  void poll() {
    io.restart();
    io.poll();
  }

  net::awaitable<void> listen() {
    while (!over) {
      take();
      co_await speaker.wait();
    }
  }
  /// Takes what is spoken, as it comes, until this has come.
  void hear_until(const std::string& last) {
    if (!std::exchange(listening, true)) spawn(listen());
    const auto too_late = Clock::now() + std::chrono::seconds(20);
    io.restart();
    while (!(std::find(heard.begin(), heard.end(), last) != heard.end()) && Clock::now() < too_late) {
      io.run_one_for(std::chrono::seconds(1));
    }
    EXPECT_EQ(heard.empty() ? "" : heard.back(), last);
  }
  void take() {
    const Overloaded hear{
        [&](const spoken::Word&) { heard.emplace_back("word"); },
        [&](const spoken::UtteranceEnded&) { heard.emplace_back("end"); },
        [&](const spoken::Failed& failed) { heard.push_back(failed.error.code); },
        [&](const spoken::Audio& audio) {
          samples.insert(samples.end(), audio.samples.begin(), audio.samples.end());
        },
    };
    while (const auto spoken = speaker.take()) {
      std::visit(hear, *spoken);
      turns.push_back(std::visit([](const auto& one) { return one.turn; }, *spoken));
    }
  }
  /// The values of what was sent, without repetitions, times 100: of FakeSpeech's words.
  [[nodiscard]] std::vector<int> words_sent() const {
    std::vector<int> values;
    for (const float sample : samples) {
      const int value = static_cast<int>(std::lround(sample * 100));
      if (values.empty() || values.back() != value) values.push_back(value);
    }
    return values;
  }

  net::asio::io_context io{1};
  FakeSpeech service;
  VoiceChoice voice{"voices/alice.wav", {}, "en"};
  VoiceSpeaker speaker{io.get_executor(), service, [this] { return voice; }};
  int running = 0;
  bool listening = false;
  bool over = false;
  std::vector<std::string> heard;
  std::vector<TurnId> turns;
  audio::Samples samples;
};

TEST_F(VoiceSpeakerTest, SpeaksToTheEndInRealTime) {
  speaker.say(turn_1, "One");
  speaker.say(turn_1, " two");
  speaker.say(turn_1, " ...");
  ASSERT_EQ(service.streams(), 1U);
  auto& stream = service.stream(0);
  EXPECT_THAT(stream.words, ElementsAre("One", " two", " ..."));
  EXPECT_EQ(stream.voice.path, "voices/alice.wav");
  EXPECT_FALSE(stream.complete);
  speaker.complete(turn_1);
  EXPECT_TRUE(stream.complete);
  stream.begin_words();
  stream.sound(20 * ms);
  stream.begin_words(2);
  stream.sound(80 * ms);
  stream.end();
  const TimePoint begun = Clock::now();
  hear_until("end");
  EXPECT_THAT(heard, ElementsAre("word", "word", "word", "end"));
  EXPECT_EQ(samples, audio::Samples(100 * ms, 0.25F));
  EXPECT_GE(Clock::now() - begun, std::chrono::milliseconds(99));
  EXPECT_THAT(turns, testing::Each(turn_1));
  EXPECT_FALSE(stream.aborted);
}

TEST_F(VoiceSpeakerTest, WhoeverWaitsHearsWhatComesMeanwhile) {
  speaker.say(turn_1, "One");
  spawn(listen());
  listening = true;
  poll();
  EXPECT_THAT(heard, IsEmpty());
  service.stream(0).begin_words();
  service.stream(0).sound(80 * ms);
  hear_until("word");
  speaker.complete(turn_1);
  service.stream(0).end();
  hear_until("end");
}

TEST_F(VoiceSpeakerTest, AReplyWithoutWordsEndsAtOnce) {
  speaker.complete(turn_1);
  take();
  EXPECT_THAT(heard, ElementsAre("end"));
  EXPECT_EQ(service.streams(), 0U);
}

TEST_F(VoiceSpeakerTest, WordsThatTheServiceDoesNotNameAreReportedWithTheEnd) {
  for (const char* word : {"One", " two", " three"}) speaker.say(turn_1, word);
  speaker.complete(turn_1);
  service.stream(0).begin_words();
  service.stream(0).sound(40 * ms);
  service.stream(0).end();
  hear_until("end");
  EXPECT_THAT(heard, ElementsAre("word", "end"));
}

TEST_F(VoiceSpeakerTest, NoMoreWordsAreReportedThanWereSaid) {
  speaker.say(turn_1, "One");
  speaker.complete(turn_1);
  service.stream(0).begin_words(7);
  service.stream(0).sound(20 * ms);
  service.stream(0).begin_words();
  service.stream(0).end();
  hear_until("end");
  EXPECT_THAT(heard, ElementsAre("word", "end"));
}

TEST_F(VoiceSpeakerTest, HoldsUpAServiceThatIsFasterThanItIsHeard) {
  speaker.say(turn_1, "One");
  auto& stream = service.stream(0);
  for (int i = 0; i < 8; ++i) stream.sound(500 * ms);
  poll();
  EXPECT_EQ(stream.events.size(), 4U);  // two seconds wait
  take();
  poll();
  EXPECT_EQ(stream.events.size(), 3U);
  poll();
  EXPECT_EQ(stream.events.size(), 3U);
  speaker.stop(turn_1);
}

TEST_F(VoiceSpeakerTest, NothingMoreIsSpokenOfAReplyThatWasStopped) {
  service.speaks(100 * ms);
  speaker.say(turn_1, "One");
  speaker.say(turn_1, " two");
  poll();
  speaker.stop(turn_1);
  EXPECT_TRUE(service.stream(0).aborted);
  poll();
  take();
  EXPECT_THAT(heard, IsEmpty());
  EXPECT_THAT(samples, IsEmpty());
  voice.path = "voices/bob.wav";
  speaker.say(turn_2, "Two");
  speaker.complete(turn_2);
  hear_until("end");
  EXPECT_EQ(service.stream(1).voice.path, "voices/bob.wav");
  EXPECT_THAT(heard, ElementsAre("word", "end"));
  EXPECT_EQ(samples.size(), 100 * ms);
  EXPECT_THAT(turns, testing::Each(turn_2));
}

TEST_F(VoiceSpeakerTest, AnotherReplyTakesThePlaceOfTheOneBefore) {
  speaker.say(turn_1, "One");
  poll();
  speaker.say(turn_2, "Two");
  EXPECT_TRUE(service.stream(0).aborted);
  EXPECT_THAT(service.stream(1).words, ElementsAre("Two"));
  speaker.stop(turn_1);  // which is over
  EXPECT_FALSE(service.stream(1).aborted);
}

TEST_F(VoiceSpeakerTest, WhatIsTakenBackIsNotSpokenAndTheRestOnce) {
  service.speaks(50 * ms);
  for (const char* word : {"One", " two", " three", " four", " five", " six"}) speaker.say(turn_1, word);
  poll();
  take();  // two frames: three words and the beginning of the fourth
  EXPECT_THAT(heard, ElementsAre("word"));
  speaker.take_back(turn_1, 1);
  EXPECT_TRUE(service.stream(0).aborted);
  EXPECT_THAT(service.stream(1).words, ElementsAre(" five"));
  speaker.say(turn_1, " seven");
  speaker.complete(turn_1);
  hear_until("end");
  EXPECT_THAT(heard, ElementsAre("word", "word", "word", "word", "word", "word", "end"));
  EXPECT_THAT(words_sent(), ElementsAre(1, 2, 3, 4, 1, 2));  // numbered from one in each stream
  EXPECT_EQ(samples.size(), 6 * 50 * ms);
}

TEST_F(VoiceSpeakerTest, WordsThatAreOnTheirWayToTheServiceAreTakenBackAsWell) {
  for (const char* word : {"One", " two"}) speaker.say(turn_1, word);
  poll();
  speaker.take_back(turn_1, 1);
  EXPECT_TRUE(service.stream(0).aborted);
  EXPECT_THAT(service.stream(1).words, ElementsAre("One"));
  speaker.take_back(turn_1, 9);
  EXPECT_TRUE(service.stream(1).aborted);
  EXPECT_EQ(service.streams(), 2U);
  speaker.complete(turn_1);
  take();
  EXPECT_THAT(heard, ElementsAre("end"));
}

TEST_F(VoiceSpeakerTest, OfWordsTakenBackNothingIsHeardButWhatIsSentAlready) {
  service.speaks(100 * ms);
  for (const char* word : {"One", " two", " three"}) speaker.say(turn_1, word);
  poll();
  take();  // the first, and half of the second
  speaker.take_back(turn_1, 2);
  speaker.complete(turn_1);
  hear_until("end");
  EXPECT_THAT(heard, ElementsAre("word", "end"));
  EXPECT_EQ(samples.size(), 160 * ms);
  EXPECT_EQ(service.streams(), 1U);
}

TEST_F(VoiceSpeakerTest, AServiceThatFailsEndsTheReply) {
  speaker.say(turn_1, "One");
  service.stream(0).begin_words();
  service.stream(0).sound(500 * ms);
  service.stream(0).fail("service_at_capacity", "All voices are taken");
  hear_until("service_at_capacity");
  speaker.stop(turn_1);
  speaker.say(turn_2, "Two");
  service.stream(1).begin_words();
  service.stream(1).sound(20 * ms);
  speaker.complete(turn_2);
  service.stream(1).end();
  hear_until("end");
}

TEST_F(VoiceSpeakerTest, NothingIsSaidToAServiceThatHasFailed) {
  speaker.say(turn_1, "One");
  service.stream(0).fail("service_unavailable", "Gone");
  poll();
  speaker.say(turn_1, " two");
  speaker.take_back(turn_1, 1);
  speaker.complete(turn_1);
  take();
  EXPECT_THAT(heard, ElementsAre("service_unavailable"));
  EXPECT_EQ(service.streams(), 1U);
}

TEST_F(VoiceSpeakerTest, AServiceThatEndsBeforeTheReplyHasFailed) {
  speaker.say(turn_1, "One");
  service.stream(0).begin_words();
  service.stream(0).end();
  hear_until("service_unavailable");
}

TEST_F(VoiceSpeakerTest, NobodyWaitsPastTheEndOfTheSession) {
  speaker.say(turn_1, "One");
  spawn(listen());
  poll();
  EXPECT_EQ(running, 2);
  over = true;
  speaker.shut_down();
  EXPECT_TRUE(service.stream(0).aborted);
  poll();
  EXPECT_EQ(running, 0);
  take();
  EXPECT_THAT(heard, IsEmpty());
}

}  // namespace
}  // namespace unmuted
