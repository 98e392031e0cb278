// Turns by the rules that a client has set.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/turn_taking.hpp"
#include "core/overloaded.hpp"

namespace unmuted {
namespace {

using events::TurnRules;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// What is decided, as words.
class RuledTurns {
 public:
  RuledTurns(TurnRules rules, bool hears_everything = false) : turns_({hears_everything, "en", rules}) {}

  TurnTaking& turns() { return turns_; }
  [[nodiscard]] TimePoint now() const { return now_; }
  void pass(int ms) {
    const TimePoint until = now_ + milliseconds(ms);
    while (const auto due = turns_.next()) {
      if (*due > until) break;
      now_ = std::max(now_, *due);
      note(turns_.time_passed(now_));
    }
    now_ = until;
  }
  void note(const TurnDecisions& decisions) {
    for (const TurnDecision& decision : decisions) {
      const Overloaded name{
          [](const turn::SpeechStarted&) { return std::string("started"); },
          [](const turn::Word& word) { return word.text; },
          [](const turn::Paused&) { return std::string("paused"); },
          [](const turn::HoldReply&) { return std::string("hold"); },
          [](const turn::ResumeReply&) { return std::string("resume"); },
          [](const turn::BeginUtterance&) { return std::string("begin"); },
          [](const turn::EndUtterance&) { return std::string("end"); },
          [](const turn::SoundStopped&) { return std::string("silent"); },
      };
      said.push_back(std::visit(name, decision));
    }
  }

  std::vector<std::string> said;

 private:
  TurnTaking turns_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST(TurnRules, SilenceIsAsLongAsTheClientSays) {
  TurnRules rules;
  EXPECT_EQ(TurnTaking::silence_of(rules), TurnTaking::pause);
  rules.silence = milliseconds(200);
  EXPECT_EQ(TurnTaking::silence_of(rules), milliseconds(200));
  rules.silence = milliseconds(0);
  EXPECT_GT(TurnTaking::silence_of(rules), milliseconds(0));
  rules.silence = milliseconds(60'000);
  EXPECT_LE(TurnTaking::silence_of(rules), milliseconds(10'000));
}

TEST(TurnRules, BySenseAnEagerServerWaitsLessForMore) {
  using Eagerness = TurnRules::Eagerness;
  for (const auto& [eagerness, wait] :
       {std::pair{Eagerness::low, 8'000}, std::pair{Eagerness::medium, 4'000},
        std::pair{Eagerness::automatic, 4'000}, std::pair{Eagerness::high, 2'000}}) {
    TurnRules rules;
    rules.by = TurnRules::By::meaning;
    rules.eagerness = eagerness;
    RuledTurns it(rules);
    it.note(it.turns().voice_changed(true, it.now()));
    it.note(it.turns().word_heard("and", 0, it.now()));
    it.note(it.turns().voice_changed(false, it.now()));
    it.note(it.turns().utterance_heard(it.now()));
    const int waited = static_cast<int>(TurnTaking::silence_of(rules).count());
    it.pass(wait - waited - 10);
    EXPECT_THAT(it.said, testing::Not(testing::Contains("paused")));
    it.pass(20);
    EXPECT_EQ(it.said.back(), "paused");
  }
}

TEST(TurnRules, ANamedSilenceCountsWhateverTheServiceThinks) {
  TurnRules rules;
  rules.by = TurnRules::By::silence;
  rules.silence = milliseconds(300);
  RuledTurns it(rules, true);
  it.note(it.turns().voice_changed(true, it.now()));
  it.note(it.turns().word_heard("well", 0, it.now()));
  it.pass(300);
  it.note(it.turns().voice_changed(false, it.now()));
  it.pass(1);
  EXPECT_EQ(it.said.back(), "end");
}

TEST(TurnRules, ByTheClientVoiceMeansNothing) {
  for (const bool hears_everything : {false, true}) {
    TurnRules rules;
    rules.by = TurnRules::By::client;
    RuledTurns it(rules, hears_everything);
    it.note(it.turns().sound_arrived(it.now()));
    it.note(it.turns().voice_changed(true, it.now()));
    it.note(it.turns().word_heard("good", 0, it.now()));
    it.note(it.turns().voice_changed(false, it.now()));
    it.note(it.turns().pause_is_likely(0.9, it.now()));
    it.pass(20'000);
    EXPECT_THAT(it.said, ElementsAre("begin"));
    it.note(it.turns().end_turn());
    it.note(it.turns().word_heard("day", 0, it.now()));
    EXPECT_THAT(it.said, ElementsAre("begin", "end"));
    it.note(it.turns().utterance_heard(it.now()));
    EXPECT_THAT(it.said, ElementsAre("begin", "end", "good", "day", "paused"));
  }
}

TEST(TurnRules, ByTheClientAReplyChangesNothing) {
  TurnRules rules;
  rules.by = TurnRules::By::client;
  RuledTurns it(rules);
  it.note(it.turns().sound_arrived(it.now()));
  it.note(it.turns().end_turn());
  it.turns().reply_began();
  it.turns().reply_sounds(it.now());
  it.note(it.turns().word_heard("good", 0, it.now()));
  it.note(it.turns().reply_ended(true, it.now()));
  it.note(it.turns().utterance_heard(it.now()));
  EXPECT_THAT(it.said, ElementsAre("begin", "end", "good", "paused"));
}

TEST(TurnRules, WhatIsDroppedIsNoTurn) {
  TurnRules rules;
  rules.by = TurnRules::By::client;
  RuledTurns it(rules);
  it.note(it.turns().sound_arrived(it.now()));
  it.note(it.turns().word_heard("never", 0, it.now()));
  it.turns().drop();
  it.note(it.turns().sound_arrived(it.now()));
  it.note(it.turns().end_turn());
  it.note(it.turns().utterance_heard(it.now()));
  EXPECT_THAT(it.said, ElementsAre("begin", "begin", "end", "paused"));
}

TEST(TurnRules, VoiceThatMustNotInterruptIsAnsweredAfterTheReply) {
  for (const bool hears_everything : {false, true}) {
    TurnRules rules;
    rules.interrupts = false;
    RuledTurns it(rules, hears_everything);
    it.turns().reply_began();
    it.turns().reply_sounds(it.now());
    it.pass(5'000);
    it.note(it.turns().sound_arrived(it.now()));
    it.note(it.turns().voice_changed(true, it.now()));
    it.note(it.turns().word_heard("wait", 0, it.now()));
    it.note(it.turns().voice_changed(false, it.now()));
    it.note(it.turns().utterance_heard(it.now()));
    EXPECT_THAT(it.said, testing::Not(testing::Contains("hold")));
    EXPECT_THAT(it.said, testing::Not(testing::Contains("wait")));
    it.note(it.turns().reply_ended(true, it.now()));
    EXPECT_THAT(it.said, testing::Contains("wait"));
  }
}

TEST(TurnRules, AClientMayEndATurnThatVoiceBegan) {
  RuledTurns it({});
  it.note(it.turns().end_turn());
  EXPECT_THAT(it.said, IsEmpty());
  it.note(it.turns().voice_changed(true, it.now()));
  it.note(it.turns().end_turn());
  it.note(it.turns().word_heard("hello", 0, it.now()));
  it.note(it.turns().utterance_heard(it.now()));
  EXPECT_THAT(it.said, ElementsAre("begin", "started", "silent", "end", "hello", "paused"));
}

}  // namespace
}  // namespace unmuted
