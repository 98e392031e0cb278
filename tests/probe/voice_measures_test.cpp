#include "probe/voice_measures.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/likeness.hpp"

namespace unmuted::probe {
namespace {

using std::chrono::milliseconds;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

/// So long after the beginning.
TimePoint at(int ms) {
  return TimePoint{} + std::chrono::seconds(100) + milliseconds(ms);
}

constexpr std::size_t piece_samples = audio::frame_samples;  // 80 ms

/// A reply of which a piece of 80 ms arrives at each of the times.
VoiceLog::Reply reply(int created, const std::vector<int>& arrivals, std::int16_t value = 3'277) {
  VoiceLog::Reply made{at(created)};
  for (const int arrival : arrivals) {
    made.pieces.push_back({at(arrival), piece_samples});
    made.pcm.insert(made.pcm.end(), piece_samples, value);
  }
  return made;
}

std::vector<double> times(std::string_view name, const VoiceLog& log) {
  for (const VoiceTimes& each : voice_times()) {
    if (each.name == name) return each.of(log);
  }
  throw std::logic_error("no such measure");
}

std::optional<double> quantity(std::string_view name, const VoiceLog& log) {
  for (const VoiceQuantity& each : voice_quantities()) {
    if (each.name == name) return each.of(log);
  }
  throw std::logic_error("no such measure");
}

/// A second of a voice of that pitch, with its overtones.
std::vector<std::int16_t> voice_of(double hertz) {
  std::vector<std::int16_t> sound;
  for (int i = 0; i < audio::sample_rate; ++i) {
    const double turn = 2 * std::numbers::pi * hertz * i / audio::sample_rate;
    const double value = std::sin(turn) + 0.8 * std::sin(2 * turn) + 0.5 * std::sin(3 * turn);
    sound.push_back(static_cast<std::int16_t>(3'000 * value));
  }
  return sound;
}

auto near(double seconds) {
  return DoubleNear(seconds, 1e-6);
}

TEST(VoiceMeasures, TellsHowHighAVoiceIs) {
  for (const double hertz : {70.0, 110.0, 220.0, 440.0, 700.0}) {
    VoiceLog log;
    log.replies = {reply(0, {})};
    log.replies[0].pcm = voice_of(hertz);
    EXPECT_THAT(quantity("pitch", log), testing::Optional(DoubleNear(hertz, 0.05 * hertz)));
    log.replies[0].pcm.insert(log.replies[0].pcm.end(), 3 * audio::sample_rate, std::int16_t{0});
    EXPECT_THAT(quantity("pitch", log), testing::Optional(DoubleNear(hertz, 0.05 * hertz))) << "with a pause";
  }
  VoiceLog silent;
  EXPECT_EQ(quantity("pitch", silent), std::nullopt);
  silent.replies = {reply(0, {0, 80}, 0)};
  EXPECT_EQ(quantity("pitch", silent), std::nullopt);
  silent.replies[0].pcm.resize(10);
  EXPECT_EQ(quantity("pitch", silent), std::nullopt);
}

TEST(VoiceMeasures, TheDifferenceOfTwoIsOfAllTheyHeardWhereverItsRepliesEnd) {
  VoiceLog whole, parts, louder, longer;
  whole.replies = {reply(0, {0, 80})};
  parts.replies = {reply(0, {0}), reply(500, {600})};
  louder.replies = {reply(0, {0, 80}, 6'554)};
  longer.replies = {reply(0, {0, 80, 160, 240})};
  EXPECT_THAT(difference_of(whole, parts), testing::Optional(testing::Lt(-96)));
  EXPECT_THAT(difference_of(whole, louder), testing::Optional(DoubleNear(-20, 0.1)));
  EXPECT_THAT(difference_of(whole, longer), testing::Optional(DoubleNear(-23, 0.1)));
  EXPECT_EQ(difference_of({}, {}), std::nullopt);
}

TEST(VoiceMeasures, AGapIsWhatAPlayerWaitsForSound) {
  const struct {
    std::vector<int> arrivals;
    std::vector<double> gaps, jitter;
  } cases[] = {
      {{}, {}, {}},
      {{0}, {}, {0}},
      {{0, 0, 0, 80, 160, 240}, {}, {0, 0, 0, 0, 0, 0}},  // two pieces ahead, then in time
      {{0, 0, 0, 95, 160, 250}, {}, {0, 0, 0, 0.015, 0, 0.01}},
      {{0, 90, 170}, {}, {0, 0.01, 0.01}},  // the reserve of 10 ms is enough
      {{0, 100, 180}, {0.01}, {0, 0, 0}},   // and here it is not
      {{0, 0, 500, 580, 1'000}, {0.33, 0.34}, {0, 0, 0, 0, 0}},
  };
  for (const auto& each : cases) {
    VoiceLog log;
    log.replies = {reply(0, each.arrivals)};
    EXPECT_THAT(times("gaps", log), testing::Pointwise(DoubleNear(1e-6), each.gaps));
    EXPECT_THAT(times("jitter", log), testing::Pointwise(DoubleNear(1e-6), each.jitter));
  }
}

TEST(VoiceMeasures, SilenceAfterTheLastSoundMayComeLate) {
  VoiceLog log;
  log.replies = {reply(0, {0, 0, 400})};
  auto& pcm = log.replies[0].pcm;
  std::fill(pcm.end() - piece_samples, pcm.end(), std::int16_t{2});
  EXPECT_THAT(times("gaps", log), IsEmpty());
  std::fill(pcm.end() - piece_samples, pcm.end() - piece_samples + 200, std::int16_t{3'000});
  EXPECT_THAT(times("gaps", log), IsEmpty()) << "what a codec held back";
  std::fill(pcm.end() - piece_samples, pcm.end() - piece_samples + 960, std::int16_t{3'000});
  EXPECT_THAT(times("gaps", log), ElementsAre(near(0.23)));
}

TEST(VoiceMeasures, EachReplyBeginsAnew) {
  VoiceLog log;
  log.replies = {reply(0, {0, 0}), reply(5'000, {5'100, 5'100})};
  EXPECT_THAT(times("gaps", log), IsEmpty());
  EXPECT_THAT(quantity("replies", log), 2);
  log.replies.push_back({at(9'000)});
  EXPECT_THAT(quantity("replies", log), 2) << "one without a sound";
}

TEST(VoiceMeasures, SecondsAndLevelAreOfAllThatWasHeard) {
  VoiceLog log;
  EXPECT_EQ(quantity("seconds", log), 0);
  EXPECT_EQ(quantity("level", log), std::nullopt);
  log.replies = {reply(0, {0, 80}, 3'277), reply(500, {500}, -3'277)};
  EXPECT_THAT(quantity("seconds", log).value(), near(0.24));
  EXPECT_THAT(quantity("level", log).value(), DoubleNear(-20, 0.01));
  log.replies = {reply(0, {0}, 0)};
  EXPECT_THAT(quantity("level", log).value(), DoubleNear(-96.3, 0.1));
}

TEST(VoiceMeasures, DelaysCountFromTheEndOfWhatWasSaid) {
  VoiceLog log;
  log.replies = {reply(-2'000, {-1'900})};  // a greeting answers nothing
  log.said = {{at(0), at(1'000), "one"}, {at(5'000), at(6'000), "two"}, {at(9'000), at(9'500), "three"}};
  log.transcript = {{at(900), "one"}, {at(1'300), "more"}, {at(6'400), "two"}};
  log.replies.push_back(reply(1'500, {1'700, 1'780}));
  log.replies.push_back(reply(2'500, {2'700}));  // another one after the same
  log.replies.push_back(reply(6'500, {}));
  log.replies[1].words = {at(1'750), at(1'900)};
  log.replies[3].words = {at(6'600)};
  EXPECT_THAT(times("transcript_delay", log), ElementsAre(near(-0.1), near(0.4)));
  EXPECT_THAT(times("word_delay", log), ElementsAre(near(0.75), near(0.6)));
  EXPECT_THAT(times("audio_delay", log), ElementsAre(near(0.7)));
}

TEST(VoiceMeasures, WhatComesAfterAnInterruptionIsCounted) {
  VoiceLog log;
  log.replies = {reply(0, {0, 80, 160, 240, 320}), reply(1'000, {1'000})};
  EXPECT_THAT(times("after_interruption", log), IsEmpty());
  log.interruptions = {{at(300), 1}};
  EXPECT_THAT(times("after_interruption", log), ElementsAre(near(0.08)));
  log.speech_started = {at(-50), at(150), at(700)};  // of an earlier and a later time, and of this
  EXPECT_THAT(times("after_interruption", log), ElementsAre(near(0.24)));
  log.interruptions = {{at(300), 1}, {at(1'500), 2}, {at(-1), 0}};
  EXPECT_THAT(times("after_interruption", log), ElementsAre(near(0.24), near(0)));
}

TEST(VoiceMeasures, TheExtentOfASoundIsWhatIsLoudInIt) {
  audio::Samples sound(24'000, 0.0001F);
  std::fill(sound.begin() + 2'400, sound.begin() + 4'800, 0.5F);
  EXPECT_EQ(heard_extent(sound), std::pair(std::size_t{2'400}, std::size_t{4'799}));
  EXPECT_EQ(heard_extent({}), std::nullopt);
  EXPECT_EQ(heard_extent(audio::Samples(100)), std::nullopt);
  EXPECT_EQ(heard_extent(audio::Samples(100, 0.01F)), std::pair(std::size_t{0}, std::size_t{99}));
}

TEST(VoiceMeasures, APlayerPlaysRepliesWhenTheyWere) {
  VoiceLog log;
  EXPECT_THAT(played(log), IsEmpty());
  log.replies = {reply(0, {0, 0, 330}), reply(1'000, {1'000}), reply(99'000, {99'000})};
  // 160 ms, 160 ms nothing, 80 ms; 600 ms later 80 ms, and ten seconds later the last 80.
  const auto sound = played(log);
  const double seconds = static_cast<double>(sound.size()) / audio::sample_rate;
  EXPECT_THAT(seconds, DoubleNear(0.16 + 0.16 + 0.08 + 0.6 + 0.08 + 10 + 0.08, 0.001));
  EXPECT_GT(sound[100], 0.05F);
  EXPECT_EQ(sound[5'000], 0);
}

TEST(Likeness, IsOneLessTheWordErrorRate) {
  const struct {
    const char *said, *heard;
    double likeness;
  } cases[] = {
      {"", "", 1},
      {"", "x", 0},
      {"Hello, world!", "hello world", 1},
      {"Don't stop", "dont\nstop", 1},
      {"STRASSE", "Straße", 1},
      {"one two three four", "one too three four", 0.75},
      {"one two three four", "one three four", 0.75},
      {"one two three four", "one two three three four", 0.75},
      {"one two", "", 0},
      {"one", "two three four five", 0},
      {"twenty-one", "twenty one", 1},
      {"\xFF", "\xFF", 1},
  };
  for (const auto& each : cases) {
    EXPECT_DOUBLE_EQ(likeness_of(each.said, each.heard), each.likeness) << each.said << " / " << each.heard;
  }
}

TEST(Likeness, LongTextsTakeABoundedTime) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "word" + std::to_string(i % 7) + " ";
  EXPECT_DOUBLE_EQ(likeness_of(text, text), 1);
}

TEST(Likeness, IsOfAllThatASessionSaid) {
  VoiceLog log;
  EXPECT_EQ(likeness_of(log, std::nullopt), std::nullopt);
  log.said = {{at(0), at(1), "one two"}, {at(2), at(3), "three four"}};
  log.transcript = {{at(1), "one"}, {at(1), "two"}, {at(3), "for"}};
  EXPECT_THAT(likeness_of(log, std::nullopt).value(), near(0.5));
  EXPECT_THAT(likeness_of(log, std::string("one two for")).value(), near(1));
  log.said.push_back({at(4), at(5), ""});
  EXPECT_EQ(likeness_of(log, std::nullopt), std::nullopt) << "nobody knows what a file says";
}

}  // namespace
}  // namespace unmuted::probe
