#include "conversation/turn_taking.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/listening_words.hpp"
#include "core/overloaded.hpp"

namespace unmuted {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

/// One conversation, by the clock: every decision is a word of `said`, with those that are not looked at left
/// out.
class Turns {
 public:
  explicit Turns(bool hears_everything, std::string language = "en")
      : turns_({hears_everything, std::move(language)}) {}

  Turns& after(int ms) {
    const TimePoint until = now_ + milliseconds(ms);
    while (const auto due = turns_.next()) {
      if (*due > until) break;
      now_ = std::max(now_, *due);
      note(turns_.time_passed(now_));
    }
    now_ = until;
    return *this;
  }
  /// Sound comes all the time, a piece each 40 ms.
  Turns& listening(int ms) {
    for (; ms > 0; ms -= 40) {
      after(std::min(ms, 40));
      sound();
    }
    return *this;
  }
  Turns& sound() { return note(turns_.sound_arrived(now_)); }
  Turns& voice() { return sound().note(turns_.voice_changed(true, now_)); }
  Turns& quiet() { return sound().note(turns_.voice_changed(false, now_)); }
  Turns& word(const std::string& text) { return note(turns_.word_heard(text, 0, now_)); }
  Turns& likely(double likelihood) { return note(turns_.pause_is_likely(likelihood, now_)); }
  Turns& heard() { return note(turns_.utterance_heard(now_)); }
  Turns& failed() { return note(turns_.hearing_failed()); }
  Turns& reply() {
    turns_.reply_began();
    return *this;
  }
  /// A reply that has been heard long enough for voice to count.
  Turns& reply_long_heard() {
    reply();
    turns_.reply_sounds(now_);
    return listening(3'000);
  }
  Turns& reply_sounds() {
    turns_.reply_sounds(now_);
    return *this;
  }
  Turns& reply_ends(bool finished = true) { return note(turns_.reply_ended(finished, now_)); }

  /// What was decided since it was asked last.
  std::vector<std::string> said() { return std::exchange(said_, {}); }
  [[nodiscard]] std::optional<TimePoint> next() const { return turns_.next(); }
  [[nodiscard]] TimePoint now() const { return now_; }

 private:
  Turns& note(const TurnDecisions& decisions) {
    const Overloaded name{
        [](const turn::SpeechStarted&) { return std::string("speech"); },
        [](const turn::Word& word) { return word.text; },
        [](const turn::Paused&) { return std::string("paused"); },
        [](const turn::HoldReply&) { return std::string("hold"); },
        [](const turn::ResumeReply&) { return std::string("resume"); },
        [](const turn::BeginUtterance&) { return std::string("["); },
        [](const turn::EndUtterance&) { return std::string("]"); },
        [](const turn::SoundStopped&) { return std::string("stopped"); },
    };
    for (const TurnDecision& decision : decisions) said_.push_back(std::visit(name, decision));
    return *this;
  }

  TurnTaking turns_;
  TimePoint now_{std::chrono::hours(1)};
  std::vector<std::string> said_;
};

Turns streaming(const std::string& language = "en") {
  return Turns(true, language);
}
Turns by_utterances(const std::string& language = "en") {
  return Turns(false, language);
}

// ---- The user's turn ----------------------------------------------------------------------------------

TEST(TurnTaking, AServiceThatHearsEverythingTellsThePause) {
  Turns turns = streaming();
  turns.voice().listening(500).word("hello").likely(0.2).listening(300).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "hello"));
  turns.likely(0.55).likely(0.61);
  EXPECT_THAT(turns.said(), ElementsAre("]"));
  turns.likely(0.9).word("there");  // the last words come meanwhile; it is asked once
  EXPECT_THAT(turns.said(), ElementsAre("there"));
  EXPECT_THAT(turns.heard().said(), ElementsAre("paused"));
  EXPECT_THAT(turns.likely(0.9).heard().said(), IsEmpty());
}

TEST(TurnTaking, APauseThatIsLikelyBeforeTheFirstWordIsNone) {
  Turns turns = streaming();
  turns.voice().likely(0.9);  // as of before the voice: the service hears half a second later
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech"));
  turns.word("Yes").likely(0.7);
  EXPECT_THAT(turns.said(), ElementsAre("Yes", "]"));
}

TEST(TurnTaking, AWordWithoutVoiceIsSpeechToo) {
  Turns turns = streaming();
  turns.sound().word("hm").likely(0.8).heard();
  EXPECT_THAT(turns.said(), ElementsAre("hm", "]", "paused"));
}

TEST(TurnTaking, AServiceThatTellsNoPauseIsNotWaitedForForEver) {
  Turns turns = streaming();
  turns.voice().word("hello").listening(500).quiet().listening(1'400);
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "hello"));
  turns.listening(200).heard();
  EXPECT_THAT(turns.said(), ElementsAre("]", "paused"));
}

TEST(TurnTaking, VoiceWithoutWordsComesToNothing) {
  Turns turns = streaming();
  turns.voice().listening(200).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]"));
  EXPECT_THAT(turns.heard().said(), ElementsAre("paused"));
}

TEST(TurnTaking, OfUtterancesThePauseIsASilence) {
  Turns turns = by_utterances();
  turns.voice().listening(1'000).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]"));
  turns.after(100).word("next").word("question").heard();
  EXPECT_THAT(turns.said(), ElementsAre("next", "question", "paused"));
}

TEST(TurnTaking, AWordThatAsksForMoreIsGivenMoreTime) {
  Turns turns = by_utterances();
  turns.voice().listening(1'000).quiet().word("apples").word("and").heard();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]", "apples", "and"));
  turns.listening(390);
  EXPECT_THAT(turns.said(), IsEmpty());
  turns.listening(20);  // 500 ms had passed already
  EXPECT_THAT(turns.said(), ElementsAre("paused"));
}

TEST(TurnTaking, WhoGoesOnInThatTimeHasNotPaused) {
  Turns turns = by_utterances();
  turns.voice().listening(1'000).quiet().word("um").heard().listening(200).voice().listening(800);
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]", "um", "["));
  turns.quiet().word("saturn").heard();
  EXPECT_THAT(turns.said(), ElementsAre("]", "saturn", "paused"));
}

TEST(TurnTaking, WhoGoesOnBeforeTheWordsHaveComeHasNotPaused) {
  Turns turns = by_utterances();
  turns.voice().listening(1'000).quiet().listening(100).voice().word("one").heard().listening(300).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]", "[", "one", "]"));
  EXPECT_THAT(turns.word("two").heard().said(), ElementsAre("two", "paused"));
}

TEST(TurnTaking, AClientThatStopsSendingIsSilent) {
  Turns everything = streaming();
  everything.voice().word("hello").after(499);
  EXPECT_THAT(everything.said(), ElementsAre("[", "speech", "hello"));
  everything.after(1);
  EXPECT_THAT(everything.said(), ElementsAre("stopped", "]"));
  EXPECT_THAT(everything.heard().said(), ElementsAre("paused"));

  Turns utterances = by_utterances();
  utterances.voice().after(500);
  EXPECT_THAT(utterances.said(), ElementsAre("[", "speech", "stopped", "]"));
  EXPECT_THAT(utterances.word("hello").heard().said(), ElementsAre("hello", "paused"));
  EXPECT_FALSE(utterances.next());
}

TEST(TurnTaking, NobodyWaitsWhileNobodySpeaks) {
  EXPECT_FALSE(streaming().sound().next());
  EXPECT_FALSE(by_utterances().sound().next());
  EXPECT_FALSE(streaming().reply_long_heard().next());
}

TEST(TurnTaking, AfterAFailureTheNextUtteranceBeginsAnew) {
  for (const bool everything : {true, false}) {
    Turns turns(everything);
    turns.voice().listening(300).failed();
    EXPECT_THAT(turns.said(), ElementsAre("[", "speech"));
    EXPECT_THAT(turns.heard().quiet().said(),
                ElementsAreArray(everything ? std::vector<std::string>() : std::vector<std::string>{"]"}));
    turns.heard().listening(300).voice();
    EXPECT_THAT(turns.said(), ElementsAre("[", "speech"));
  }
}

// ---- Over a reply -------------------------------------------------------------------------------------

TEST(TurnTaking, ACoughHoldsTheReplyForAMoment) {
  Turns turns = streaming();
  turns.reply_long_heard().voice().listening(400).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold"));
  turns.listening(299);
  EXPECT_THAT(turns.said(), IsEmpty());
  turns.listening(1);
  EXPECT_THAT(turns.said(), ElementsAre("resume"));
}

TEST(TurnTaking, AWordInThatTimeInterrupts) {
  Turns turns = streaming();
  turns.reply_long_heard().voice().listening(600).word("Stop");
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold", "Stop"));
  turns.listening(300);
  EXPECT_THAT(turns.said(), IsEmpty());  // the reply is not there to go on
  turns.word("it").quiet().likely(0.8).heard();
  EXPECT_THAT(turns.said(), ElementsAre("it", "]", "paused"));
}

TEST(TurnTaking, ABackchannelDoesNotInterrupt) {
  Turns turns = streaming();
  turns.reply_long_heard().voice().listening(300).word("Mm-hm.").listening(400);
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold", "resume"));
  turns.quiet().listening(2'000).word("Yeah,").word("but").word("wait");
  EXPECT_THAT(turns.said(), ElementsAre("Yeah,", "but", "wait"));
}

TEST(TurnTaking, WordsCountWithoutVoiceAndFromTheFirstMoment) {
  Turns turns = streaming();
  turns.reply().word("No");
  EXPECT_THAT(turns.said(), ElementsAre("No"));
}

TEST(TurnTaking, InAReplysFirstSoundVoiceHoldsNothing) {
  Turns turns = streaming();
  turns.reply().reply_sounds().listening(2'900).voice().listening(2'000).quiet();
  EXPECT_THAT(turns.said(), ElementsAre("["));
  turns.listening(100).voice();
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold"));
}

TEST(TurnTaking, BeforeItsSoundThereIsNothingToHold) {
  Turns turns = streaming();
  turns.reply().listening(10'000).voice();
  EXPECT_THAT(turns.said(), ElementsAre("["));
}

TEST(TurnTaking, TheServiceMayNoticeTheVoice) {
  Turns turns = streaming();
  turns.reply_long_heard().likely(0.5).likely(0.39).likely(0.1);
  EXPECT_THAT(turns.said(), ElementsAre("hold"));
  turns.listening(700).likely(0.3);  // still the same
  EXPECT_THAT(turns.said(), ElementsAre("resume"));
  turns.likely(0.7).likely(0.3);
  EXPECT_THAT(turns.said(), ElementsAre("hold"));
}

TEST(TurnTaking, WhereWordsComeLaterTheReplyIsHeldUntilThen) {
  Turns turns = by_utterances();
  turns.reply_long_heard().voice().listening(1'500).quiet().listening(200).word("stop").word("please");
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold", "]"));
  EXPECT_THAT(turns.heard().said(), ElementsAre("stop", "please", "paused"));
}

TEST(TurnTaking, AnUtteranceOfNothingOrABackchannelLetsItGoOn) {
  for (const auto& words : std::vector<std::vector<std::string>>{{}, {"okay"}, {"Oh", "right!"}}) {
    Turns turns = by_utterances();
    turns.reply_long_heard().voice().listening(600).quiet();
    for (const std::string& word : words) turns.word(word);
    EXPECT_THAT(turns.heard().said(), ElementsAre("[", "hold", "]", "resume"));
  }
}

TEST(TurnTaking, AFurtherUtteranceIsWaitedForToo) {
  Turns turns = by_utterances();
  turns.reply_long_heard().voice().listening(600).quiet().listening(40).voice().heard().listening(300);
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold", "]", "["));
  EXPECT_THAT(turns.quiet().heard().said(), ElementsAre("]", "resume"));
}

TEST(TurnTaking, NobodyHoldsAReplyForEver) {
  Turns turns = by_utterances();
  turns.reply_long_heard().voice().listening(4'990);
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold"));
  EXPECT_THAT(turns.listening(10).said(), ElementsAre("resume"));
  turns.listening(1'000).quiet().word("stop").heard();
  EXPECT_THAT(turns.said(), ElementsAre("]", "stop", "paused"));
}

TEST(TurnTaking, AReplyThatIsHeldGoesOnWhenTheServiceFails) {
  Turns turns = by_utterances();
  EXPECT_THAT(turns.reply_long_heard().voice().failed().said(), ElementsAre("[", "hold", "resume"));
}

// ---- The end of a reply -------------------------------------------------------------------------------

TEST(TurnTaking, AShortAnswerBeforeTheReplysEndIsAnAnswer) {
  Turns everything = streaming();
  everything.reply_long_heard().voice().listening(300).word("Yes.").listening(400).quiet().reply_ends();
  EXPECT_THAT(everything.said(), ElementsAre("[", "hold", "resume", "Yes.", "paused"));

  Turns utterances = by_utterances();
  utterances.reply_long_heard()
      .voice()
      .listening(600)
      .quiet()
      .word("Yes.")
      .heard()
      .listening(200)
      .reply_ends();
  EXPECT_THAT(utterances.said(), ElementsAre("[", "hold", "]", "resume", "Yes.", "paused"));
}

TEST(TurnTaking, OneLongBeforeItIsNone) {
  Turns turns = streaming();
  turns.reply_long_heard().voice().word("yeah").quiet().listening(1'600).reply_ends();
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold", "resume"));
}

TEST(TurnTaking, NorIsItWhenTheReplyWasCutOff) {
  Turns turns = streaming();
  turns.reply_long_heard().voice().word("yeah").quiet().reply_ends(false);
  EXPECT_THAT(turns.said(), ElementsAre("[", "hold"));
}

TEST(TurnTaking, WhoSpeaksWhenAReplyEndsHasTheTurn) {
  for (const bool everything : {true, false}) {
    Turns turns(everything);
    turns.reply().reply_sounds().listening(2'000).voice().listening(500).reply_ends();
    EXPECT_THAT(turns.said(), ElementsAre("[", "speech"));
    turns.word("hello").quiet();
    if (everything) turns.likely(0.9);
    turns.heard();
    EXPECT_THAT(turns.said(), ElementsAre("hello", "]", "paused"));
  }
}

TEST(TurnTaking, AReplyThatBeginsEndsTheUsersTurn) {
  Turns turns = by_utterances();
  turns.voice().listening(300).reply().listening(300).quiet().word("well").word("done").heard();
  EXPECT_THAT(turns.said(), ElementsAre("[", "speech", "]", "well", "done", "paused"));
}

// ---- Whatever happens ---------------------------------------------------------------------------------

/// Random inputs, and what must hold whatever they are.
void walk(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto draw = [&](int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); };
  const bool everything = draw(2) == 0;
  Turns turns(everything);
  const std::vector<std::string> vocabulary{"stop", "yeah", "and", "okay", "no", "saturn"};
  bool reply = false, held = false, speech = false, utterance = false;
  int unanswered = 0;
  std::vector<std::string> words, given;
  for (int step = 0; step < 400; ++step) {
    switch (draw(10)) {
      case 0:
        turns.voice();
        break;
      case 1:
        turns.quiet();
        break;
      case 2:
        words.push_back(vocabulary[static_cast<std::size_t>(draw(6))]);
        turns.word(words.back());
        break;
      case 3:
        turns.likely(draw(11) / 10.0);
        break;
      case 4:
        turns.heard();
        unanswered = std::max(unanswered - 1, 0);
        break;
      case 5:
        turns.listening(40 * draw(30));
        break;
      case 6:
        turns.after(draw(1'500));
        break;
      case 7:
        if (!reply) {
          turns.reply();
          held = speech = false;
        }
        reply = true;
        break;
      case 8:
        if (reply) turns.reply_sounds();
        break;
      default:
        if (draw(4) == 0) {
          turns.failed();
          unanswered = 0;
          utterance = speech = false;
        } else if (reply && draw(3) == 0) {
          reply = held = false;
          turns.reply_ends(draw(2) == 0);
        }
    }
    turns.after(0);
    for (const std::string& said : turns.said()) {
      SCOPED_TRACE(said);
      if (said == "hold") {
        EXPECT_TRUE(reply && !held);
        held = true;
      } else if (said == "resume") {
        EXPECT_TRUE(held);
        held = false;
      } else if (said == "speech") {
        EXPECT_TRUE(!reply && !speech);
        speech = true;
      } else if (said == "paused") {
        EXPECT_TRUE(speech && !reply);
        speech = false;
      } else if (said == "[") {
        EXPECT_FALSE(utterance && !everything);
        utterance = true;
      } else if (said == "]") {
        utterance = false;
        ++unanswered;
      } else if (said != "stopped") {
        given.push_back(said);
        speech = true;
        reply = held = false;
      }
    }
    EXPECT_GT(turns.next().value_or(TimePoint::max()), turns.now());
  }
  // Words come in their order, each once; those that are missing were backchannels.
  auto next = given.begin();
  for (const std::string& word : words) {
    if (next != given.end() && *next == word) ++next;
  }
  EXPECT_EQ(next, given.end());
}

TEST(TurnTaking, WhateverHappens) {
  for (std::uint32_t seed = 1; seed <= 2'000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    walk(seed);
  }
}

// ---- Words --------------------------------------------------------------------------------------------

TEST(ListeningWords, BackchannelsOfALanguage) {
  for (const char* word : {"mm-hm", "Mm-hm.", "Yeah,", "OKAY!", "right"})
    EXPECT_TRUE(is_backchannel(word, "en")) << word;
  EXPECT_TRUE(is_backchannel("d’accord", "fr"));
  EXPECT_TRUE(is_backchannel("D'accord.", "fr"));
  EXPECT_TRUE(is_backchannel("Oui", "en/fr"));
  EXPECT_TRUE(is_backchannel("Sí", "es-MX"));
  EXPECT_TRUE(is_backchannel("hmm", "ja"));
  for (const char* word : {"oui", "no", "stop", "", "...", "yeah but", "mm-hm-hm"}) {
    EXPECT_FALSE(is_backchannel(word, "en")) << word;
  }
}

TEST(ListeningWords, WordsThatAskForMore) {
  for (const char* word : {"and", "But,", "um..."}) EXPECT_TRUE(asks_for_more(word, "en")) << word;
  for (const char* word : {"et", "Mais", "euh"}) EXPECT_TRUE(asks_for_more(word, "fr")) << word;
  for (const char* word : {"saturn", "et", ""}) EXPECT_FALSE(asks_for_more(word, "en")) << word;
  EXPECT_TRUE(asks_for_more("uh", "xx"));
}

}  // namespace
}  // namespace unmuted
