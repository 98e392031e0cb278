#include "audio/playout.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/overloaded.hpp"

namespace unmuted::audio {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint start = TimePoint() + std::chrono::hours(1);

/// So many milliseconds of sound.
Samples sound(std::size_t ms) {
  return Samples(ms * sample_rate / 1'000, 0.5F);
}

class PlayoutTest : public testing::Test {
 protected:
  /// What is due by then: "80" for so many milliseconds of sound, "word", "end".
  std::vector<std::string> by(int ms) {
    std::vector<std::string> due;
    const Overloaded say{
        [](const Samples& samples) { return std::to_string(samples.size() * 1'000 / sample_rate); },
        [](Playout::WordBegins) { return std::string("word"); },
        [](Playout::ReplyHeard) { return std::string("end"); },
    };
    while (const auto one = playout.take(start + milliseconds(ms))) due.push_back(std::visit(say, *one));
    return due;
  }
  /// In milliseconds; -1: nothing is.
  int next() {
    const auto due = playout.next();
    return due ? static_cast<int>(std::chrono::ceil<milliseconds>(*due - start).count()) : -1;
  }

  Playout playout;
};

TEST_F(PlayoutTest, SendsTwoFramesAtOnceAndThenAsTheyAreHeard) {
  EXPECT_EQ(next(), -1);
  playout.put(sound(400));
  playout.complete();
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_EQ(next(), 80);
  EXPECT_THAT(by(79), IsEmpty());
  EXPECT_THAT(by(80), ElementsAre("80"));
  EXPECT_THAT(by(160), ElementsAre("80"));
  EXPECT_THAT(by(240), ElementsAre("80"));
  EXPECT_EQ(next(), 400);
  EXPECT_THAT(by(399), IsEmpty());
  EXPECT_THAT(by(400), ElementsAre("end"));
  EXPECT_EQ(next(), -1);
}

TEST_F(PlayoutTest, ReportsAWordWhenItBeginsToBeHeard) {
  playout.put(sound(20));
  playout.put_words(1);
  playout.put(sound(100));
  playout.put_words(2);
  playout.put(sound(40));
  playout.complete();
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_THAT(by(19), IsEmpty());
  EXPECT_THAT(by(20), ElementsAre("word"));
  EXPECT_EQ(next(), 120);
  EXPECT_THAT(by(120), ElementsAre("word", "word"));
  EXPECT_THAT(by(160), ElementsAre("end"));
}

TEST_F(PlayoutTest, WaitsForAWholeFrameUntilAllWasPutIn) {
  playout.put_words(1);
  playout.put(sound(50));
  EXPECT_THAT(by(0), IsEmpty());
  EXPECT_EQ(playout.waiting(), 1'200U);
  playout.complete();
  EXPECT_THAT(by(10), ElementsAre("50", "word"));
  EXPECT_EQ(playout.waiting(), 0U);
  EXPECT_THAT(by(60), ElementsAre("end"));
}

TEST_F(PlayoutTest, WordsWithoutSoundAreHeardBeforeTheEnd) {
  playout.put(sound(80));
  playout.put_words(1);
  EXPECT_THAT(by(0), ElementsAre("80"));
  EXPECT_THAT(by(80), IsEmpty());  // its sound may be about to come
  playout.complete();
  EXPECT_THAT(by(80), ElementsAre("word", "end"));
}

TEST_F(PlayoutTest, AReplyWithoutSoundEndsAtOnce) {
  playout.complete();
  EXPECT_THAT(by(0), ElementsAre("end"));
  EXPECT_THAT(by(0), IsEmpty());
}

TEST_F(PlayoutTest, WhatComesLateIsHeardLater) {
  playout.put(sound(160));
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_THAT(by(500), IsEmpty());
  playout.put_words(1);
  playout.put(sound(240));
  EXPECT_THAT(by(500), ElementsAre("80", "word", "80"));
  EXPECT_EQ(next(), 580);
  playout.complete();
  EXPECT_THAT(by(580), ElementsAre("80"));
  EXPECT_THAT(by(740), ElementsAre("end"));
}

TEST_F(PlayoutTest, NothingIsSentInAHurryToWhoWasLookedAfterLate) {
  playout.put(sound(800));
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_THAT(by(1'000), ElementsAre("80", "80"));
  EXPECT_THAT(by(1'080), ElementsAre("80"));
}

TEST_F(PlayoutTest, GoesOnWhereItWasHeld) {
  playout.put(sound(100));
  playout.put_words(1);
  playout.put(sound(100));
  playout.put_words(1);
  playout.put(sound(200));
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_THAT(by(40), IsEmpty());
  playout.hold();
  EXPECT_EQ(next(), 100);
  EXPECT_THAT(by(1'000), ElementsAre("word"));  // which the client had already
  EXPECT_EQ(next(), -1);
  playout.go_on();
  EXPECT_THAT(by(1'000), ElementsAre("80", "80"));
  EXPECT_THAT(by(1'039), IsEmpty());
  EXPECT_THAT(by(1'040), ElementsAre("word"));
  EXPECT_THAT(by(1'080), ElementsAre("80"));
}

TEST_F(PlayoutTest, AShortHoldIsNotHeardAtAll) {
  playout.put(sound(400));
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  playout.hold();
  EXPECT_THAT(by(130), IsEmpty());
  playout.go_on();
  EXPECT_THAT(by(130), ElementsAre("80"));
  EXPECT_THAT(by(160), ElementsAre("80"));
}

TEST_F(PlayoutTest, WhatFollowsADroppedReplyStaysWithinTheLead) {
  playout.put_words(1);
  playout.put(sound(800));
  playout.put_words(1);
  playout.hold();
  playout.go_on();
  EXPECT_THAT(by(0), ElementsAre("80", "word", "80"));
  playout.hold();
  playout.drop();
  EXPECT_EQ(playout.waiting(), 0U);
  playout.put_words(1);
  playout.put(sound(80));
  playout.complete();
  EXPECT_THAT(by(79), IsEmpty());
  EXPECT_THAT(by(80), ElementsAre("80"));
  EXPECT_THAT(by(159), IsEmpty());
  EXPECT_THAT(by(160), ElementsAre("word"));
  EXPECT_THAT(by(240), ElementsAre("end"));
}

TEST_F(PlayoutTest, RewindsToTheFirstWordThatHasNotBegunToBeSent) {
  playout.put_words(1);
  playout.put(sound(100));
  playout.put_words(1);
  playout.put(sound(100));
  playout.put_words(1);
  playout.put(sound(100));
  EXPECT_THAT(by(0), ElementsAre("80", "word", "80"));
  EXPECT_EQ(playout.rewind(7), 1U);
  EXPECT_EQ(playout.waiting(), 40U * 24U);
  playout.put_words(2);
  playout.put(sound(120));
  playout.complete();
  EXPECT_THAT(by(80), ElementsAre("80"));
  EXPECT_THAT(by(100), ElementsAre("word"));
  EXPECT_THAT(by(160), ElementsAre("80"));
  EXPECT_THAT(by(200), ElementsAre("word", "word"));
  EXPECT_THAT(by(320), ElementsAre("end"));
}

TEST_F(PlayoutTest, RewindsFurtherToWordsThatAreNotWanted) {
  playout.put_words(1);
  playout.put(sound(100));
  playout.put_words(1);
  playout.put(sound(300));
  EXPECT_THAT(by(0), ElementsAre("80", "word", "80"));
  EXPECT_EQ(playout.rewind(0), 0U);
  playout.complete();
  EXPECT_THAT(by(159), IsEmpty());
  EXPECT_THAT(by(160), ElementsAre("end"));
}

TEST_F(PlayoutTest, OfWordsThatWerePutInTogetherAllStayOrNone) {
  playout.put_words(1);
  playout.put(sound(20));
  playout.put_words(3);
  playout.put(sound(300));
  EXPECT_THAT(by(0), ElementsAre("80", "word", "80"));
  EXPECT_EQ(playout.rewind(2), 0U);
  EXPECT_EQ(playout.waiting(), 0U);
}

TEST_F(PlayoutTest, SoundOfUnknownWordsIsTakenBack) {
  playout.put(sound(800));
  EXPECT_THAT(by(0), ElementsAre("80", "80"));
  EXPECT_EQ(playout.rewind(3), 0U);
  EXPECT_EQ(playout.waiting(), 0U);
}

TEST(Playout, SendsAtLeastAFrameAhead) {
  Playout playout(Duration::zero());
  playout.put(sound(200));
  EXPECT_TRUE(playout.take(start));
  EXPECT_FALSE(playout.take(start + milliseconds(79)));
  EXPECT_TRUE(playout.take(start + milliseconds(80)));
}

/// A playout, a client that plays what it gets, and all that was put in: whatever happens, each is held
/// against the others. Every sample is different, so that none is lost, doubled or moved without being
/// noticed.
class Bench {
 public:
  explicit Bench(std::uint32_t seed) : random_(seed) {}

  void step() {
    switch (dice(12)) {
      case 0:
      case 1:
      case 2:
        return put();
      case 3:
      case 4:
        return put_words();
      case 5:
        return hold_or_go_on();
      case 6:
        return dice(4) == 0 ? complete() : pass(milliseconds(dice(30)));
      case 7:
        return dice(4) == 0 ? rewind() : pass_to_next();
      case 8:
        return dice(8) == 0 ? drop() : pass_to_next();
      case 9:
        return pass(milliseconds(dice(300)));
      default:
        return pass_to_next();
    }
  }

  /// All that was put in comes out in the end.
  void finish() {
    playout_.go_on();
    held_ = false;
    if (!complete_) complete();
    for (int i = 0; i < 1'000 && complete_; ++i) pass_to_next();
    EXPECT_FALSE(complete_);
    EXPECT_EQ(sent_.size(), put_.size());
    EXPECT_THAT(marks_, IsEmpty());
  }

  [[nodiscard]] std::size_t words() const { return words_; }
  [[nodiscard]] std::size_t replies() const { return replies_; }

 private:
  struct Mark {
    std::size_t at, words;
  };
  struct Sent {
    std::size_t at;
    TimePoint begins;  ///< to be heard
  };

  std::size_t dice(std::size_t sides) { return random_() % sides; }

  static Duration time_of(std::size_t samples) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(samples) * 1'000'000'000 / sample_rate);
  }

  void put() {
    if (complete_) return;
    Samples samples(dice(2) == 0 ? dice(9'000) : dice(500));
    for (float& sample : samples) sample = static_cast<float>(id_++);
    put_.insert(put_.end(), samples.begin(), samples.end());
    playout_.put(std::move(samples));
  }
  void put_words() {
    if (complete_) return;
    const std::size_t words = dice(3);
    playout_.put_words(words);
    if (words > 0) marks_.push_back({put_.size(), words});
    has_words_ = has_words_ || words > 0;
  }
  void complete() {
    playout_.complete();
    complete_ = true;
  }
  void hold_or_go_on() {
    held_ = !held_;
    held_ ? playout_.hold() : playout_.go_on();
  }
  void rewind() {
    const std::size_t limit = dice(4);
    std::size_t staying = 0;
    std::size_t kept = 0;
    for (; kept < marks_.size(); ++kept) {
      if (marks_[kept].at >= sent_.size() || staying + marks_[kept].words > limit) break;
      staying += marks_[kept].words;
    }
    if (kept < marks_.size()) put_.resize(std::max(marks_[kept].at, sent_.size()));
    if (!has_words_) put_.resize(sent_.size());
    marks_.resize(kept);
    complete_ = false;
    EXPECT_EQ(playout_.rewind(limit), staying);
  }
  void drop() {
    playout_.drop();
    put_.resize(sent_.size());
    end();
  }
  void end() {
    marks_.clear();
    has_words_ = complete_ = held_ = false;
  }

  void pass_to_next() {
    const auto next = playout_.next();
    if (!next) return pass(milliseconds(dice(100)));
    if (*next > now_) {
      pass(*next - now_ - std::chrono::nanoseconds(1));
      EXPECT_EQ(taken_, 0U);
    }
    pass(*next - now_);
    EXPECT_GT(taken_, 0U);
  }
  void pass(Duration time) {
    now_ += std::max(time, Duration::zero());
    taken_ = 0;
    while (const auto due = playout_.take(now_)) {
      ++taken_;
      const Overloaded receives{
          [this](const Samples& samples) { receive(samples); },
          [this](Playout::WordBegins) { hear_word(); },
          [this](Playout::ReplyHeard) { hear_end(); },
      };
      std::visit(receives, *due);
    }
    expect_nothing_late();
  }

  void receive(const Samples& samples) {
    EXPECT_FALSE(held_);
    EXPECT_TRUE(samples.size() == frame_samples ||
                (complete_ && sent_.size() + samples.size() == put_.size()));
    const TimePoint begins = std::max(now_, played_);
    frames_.push_back({sent_.size(), begins});
    played_ = begins + time_of(samples.size());
    EXPECT_LE(played_, now_ + Playout::default_lead + tolerance);
    sent_.insert(sent_.end(), samples.begin(), samples.end());
    ASSERT_LE(sent_.size(), put_.size());
    EXPECT_TRUE(
        std::equal(samples.begin(), samples.end(), put_.begin() + (std::ssize(sent_) - std::ssize(samples))));
  }
  void hear_word() {
    ++words_;
    ASSERT_FALSE(marks_.empty());
    EXPECT_GE(now_ + tolerance, heard_at(marks_.front().at));
    if (--marks_.front().words == 0) marks_.erase(marks_.begin());
  }
  void hear_end() {
    ++replies_;
    EXPECT_TRUE(complete_);
    EXPECT_THAT(marks_, IsEmpty());
    EXPECT_EQ(sent_.size(), put_.size());
    EXPECT_GE(now_ + tolerance, played_);
    end();
  }
  void expect_nothing_late() {
    const auto next = playout_.next();
    EXPECT_TRUE(!next || *next > now_);
    EXPECT_EQ(playout_.waiting(), put_.size() - sent_.size());
    if (!marks_.empty() && marks_.front().at < sent_.size()) {
      EXPECT_LT(now_, heard_at(marks_.front().at) + tolerance);
    }
    const bool frame_waits = put_.size() - sent_.size() >= frame_samples;
    if (!held_ && frame_waits) {
      EXPECT_GT(played_ + time_of(frame_samples) + tolerance, now_ + Playout::default_lead);
    }
  }

  /// When what has been sent, or will be next, begins to be heard from there on.
  TimePoint heard_at(std::size_t at) {
    if (at >= sent_.size()) return played_;
    const auto after = [](std::size_t position, const Sent& frame) { return position < frame.at; };
    const Sent& frame = *std::prev(std::upper_bound(frames_.begin(), frames_.end(), at, after));
    return frame.begins + time_of(at - frame.at);
  }

  static constexpr std::chrono::microseconds tolerance{50};  // a sample, and what is rounded

  std::mt19937 random_;
  Playout playout_;
  TimePoint now_ = start;
  std::uint32_t id_ = 0;
  std::vector<float> put_;  // that was not taken back; what was sent begins it
  std::vector<float> sent_;
  std::vector<Mark> marks_;
  std::vector<Sent> frames_;
  TimePoint played_{};  // when the client has played all that it has
  bool has_words_ = false;
  bool complete_ = false;
  bool held_ = false;
  std::size_t taken_ = 0;
  std::size_t words_ = 0;
  std::size_t replies_ = 0;
};

TEST(Playout, GivesWhatWasPutInWhateverHappens) {
  std::size_t words = 0;
  std::size_t replies = 0;
  for (std::uint32_t seed = 0; seed < 500 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Bench bench(seed);
    for (int i = 0; i < 300; ++i) bench.step();
    bench.finish();
    words += bench.words();
    replies += bench.replies();
  }
  EXPECT_GT(words, 1'000U);  // or the dice test nothing
  EXPECT_GT(replies, 1'000U);
}

}  // namespace
}  // namespace unmuted::audio
