// What the user does to a conversation: interrupts, speaks, is silent, is bidden farewell.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/conversation.hpp"
#include "conversation/talk.hpp"
#include "conversation/turns.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using State = Conversation::State;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// ---- Interruptions ------------------------------------------------------------------------------------

TEST(Interruption, ByVoiceActivity) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  talk.spoken(t1);
  EXPECT_THAT(talk.speech(), ElementsAre("speech started", "stop 1", "ended 1 'One' interrupted by voice"));
  EXPECT_EQ(talk.state(), State::user_speaking);
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: One—"));
}

TEST(Interruption, ByATranscribedWord) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  EXPECT_THAT(talk.word("Wait"),
              ElementsAre("speech started", "stop 1", "ended 1 '' interrupted by voice", "user word 'Wait'"));
  EXPECT_THAT(talk.chat(), ElementsAre("user: Wait"));
}

TEST(Interruption, ByAMessage) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  talk.spoken(t1);
  EXPECT_THAT(talk.wrote("Wait"), ElementsAre("stop 1", "ended 1 'One' interrupted"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: One—", "user: Wait"));
}

TEST(Interruption, ByCancelling) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  talk.spoken(t1);
  EXPECT_THAT(talk.cancel(), ElementsAre("stop 1", "ended 1 'One' interrupted"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
}

TEST(Interruption, BeforeTheModelSaysAnything) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.cancel(), ElementsAre("stop 1", "ended 1 '' interrupted"));
  EXPECT_THAT(talk.chat(), IsEmpty());
}

TEST(Interruption, CancellingNothingIsRefused) {
  Talk talk(greeting("Hello."));
  EXPECT_THAT(talk.cancel(), ElementsAre("refused response_not_active"));
  talk.start();
  EXPECT_THAT(talk.cancel(), ElementsAre("refused response_not_active"));
  talk.speech();
  EXPECT_THAT(talk.cancel(), ElementsAre("refused response_not_active"));
  EXPECT_EQ(talk.state(), State::user_speaking);
}

TEST(Interruption, CancellingTwiceEndsTheReplyOnce) {
  Talk talk(at_once());
  talk.start();
  talk.cancel();
  EXPECT_THAT(talk.cancel(), ElementsAre("refused response_not_active"));
}

TEST(Interruption, WhatTheModelSaysAfterwardsIsDropped) {
  Talk talk(at_once());
  talk.start();
  talk.text(t1, "One two ");
  talk.cancel();
  EXPECT_THAT(talk.text(t1, "three "), IsEmpty());
  EXPECT_THAT(talk.finished(t1), IsEmpty());
  EXPECT_THAT(talk.failed(t1), IsEmpty());
  talk.wrote("Hi");
  talk.request();
  EXPECT_THAT(talk.text(t1, "four "), IsEmpty());
  EXPECT_THAT(talk.finished(t1), IsEmpty());
  EXPECT_THAT(talk.failed(t1), IsEmpty());
  EXPECT_EQ(talk.conversation.turn(), t2);
}

TEST(Interruption, HalfAWordOfADeadTurnDoesNotReachTheNext) {
  Talk talk(at_once());
  talk.start();
  talk.text(t1, "One tw");
  talk.cancel();
  talk.request();
  EXPECT_THAT(talk.text(t2, "o "), ElementsAre("ready 2 'o'", "spoken 2 'o'"));
}

// ---- The user speaks ----------------------------------------------------------------------------------

TEST(UserSpeech, WordsAndAPauseMakeTheBotReply) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.speech(), ElementsAre("speech started"));
  EXPECT_THAT(talk.word("good"), ElementsAre("user word 'good'"));
  EXPECT_THAT(talk.word(" evening"), ElementsAre("user word 'evening'"));
  EXPECT_EQ(talk.state(), State::user_speaking);
  EXPECT_THAT(talk.pause(), ElementsAre("speech stopped", "started 2", "ask 2 round 1"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: good evening"));
}

TEST(UserSpeech, AWordTellsWhenItWasSpoken) {
  Talk talk(greeting("Hello."));
  talk.start();
  const Actions actions = talk.conversation.user_word("good", 2.25, now);
  EXPECT_EQ(first<events::UserWord>(actions)->start_time, 2.25);
}

TEST(UserSpeech, AWordAloneBeginsIt) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.word("good"), ElementsAre("speech started", "user word 'good'"));
  EXPECT_THAT(talk.speech(), IsEmpty());
}

TEST(UserSpeech, ABlankWordIsNone) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.word(" "), IsEmpty());
  EXPECT_EQ(talk.state(), State::bot_speaking);
}

TEST(UserSpeech, NoiseMakesNoReply) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.speech();
  EXPECT_THAT(talk.pause(), ElementsAre("speech stopped"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
}

TEST(UserSpeech, APauseWhenNobodySpeaksHasNoEffect) {
  Talk talk(at_once());
  EXPECT_THAT(talk.pause(), IsEmpty());
  talk.start();
  EXPECT_THAT(talk.pause(), IsEmpty());
  EXPECT_EQ(talk.state(), State::bot_speaking);
}

TEST(UserSpeech, APauseAndAnInterruptionInOneTick) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  EXPECT_THAT(talk.pause(), ElementsAre("speech stopped", "started 2", "ask 2 round 1"));
  EXPECT_THAT(talk.word("evening"), ElementsAre("speech started", "stop 2", "ended 2 '' interrupted by voice",
                                                "user word 'evening'"));
  EXPECT_THAT(talk.pause(), ElementsAre("speech stopped", "started 3", "ask 3 round 1"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: good evening"));
}

TEST(UserSpeech, NoiseAfterWordsThatWereAnsweredMakesNoReply) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  talk.pause();
  talk.reply(t2, "Yes?");
  talk.speech();
  EXPECT_THAT(talk.pause(), ElementsAre("speech stopped"));
}

TEST(UserSpeech, AMessageMeanwhileIsAppended) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  EXPECT_THAT(talk.wrote("typed"), IsEmpty());
  EXPECT_EQ(talk.state(), State::user_speaking);
  talk.word("evening");
  talk.pause();
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: good typed evening"));
}

TEST(UserSpeech, AReplyAskedForMeanwhileEndsIt) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  EXPECT_THAT(talk.request(), ElementsAre("speech stopped", "started 2", "ask 2 round 1"));
  EXPECT_THAT(talk.pause(), IsEmpty());
}

// ---- Silence ------------------------------------------------------------------------------------------

TEST(Silence, OfSevenSecondsMakesTheBotReact) {
  Talk talk(greeting("Hello."));
  talk.start();
  for (int i = 0; i < 69; ++i) EXPECT_THAT(talk.audio(100ms), IsEmpty());
  EXPECT_THAT(talk.audio(100ms), ElementsAre("started 2", "ask 2 round 1"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: ..."));
}

TEST(Silence, IsCountedInReceivedAudioNotInTime) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.tick(now + 1h), IsEmpty());
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
}

TEST(Silence, BeginsAgainWhenSomebodySpoke) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.audio(6900ms);
  talk.wrote("Hi");
  EXPECT_THAT(talk.audio(6900ms), IsEmpty());
  talk.speech();
  talk.pause();
  EXPECT_THAT(talk.audio(6900ms), IsEmpty());
  talk.request();
  EXPECT_THAT(talk.audio(1min), IsEmpty());
  talk.reply(t2, "Yes?");
  EXPECT_THAT(talk.audio(6900ms), IsEmpty());
  EXPECT_THAT(talk.audio(100ms), ElementsAre("started 3", "ask 3 round 1"));
}

TEST(Silence, IsNoneWhileTheUserSpeaks) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.speech();
  EXPECT_THAT(talk.audio(1min), IsEmpty());
}

TEST(Silence, AfterAnUnansweredMessageAnswersThatMessage) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  talk.audio(7s);
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: Hi"));
}

TEST(Silence, IsCountedSafely) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.audio(Duration::min()), IsEmpty());
  talk.audio(6s);
  EXPECT_THAT(talk.audio(Duration::max()), ElementsAre("started 2", "ask 2 round 1"));
}

// ---- Farewell -----------------------------------------------------------------------------------------

TEST(Farewell, ClosesTheConnectionAfterItWasSpoken) {
  Talk talk(paced(60));
  talk.start();
  EXPECT_THAT(talk.text(t1, "Bye!"), IsEmpty());
  EXPECT_THAT(talk.finished(t1), ElementsAre("ready 1 'Bye!'", "complete 1"));
  EXPECT_THAT(talk.tick(now + 1s),
              ElementsAre("spoken 1 'Bye!'", "ended 1 'Bye!' finished", "close: farewell"));
  EXPECT_EQ(talk.state(), State::ended);
}

TEST(Farewell, OfAScriptNeedsNoWord) {
  Talk talk(at_once());
  talk.start();
  talk.text(t1, "So long.");
  EXPECT_THAT(talk.closes(t1), ElementsAre("ready 1 ' long.'", "spoken 1 'long.'", "complete 1",
                                           "ended 1 'So long.' finished", "close: farewell"));
}

TEST(Farewell, OfAScriptMayBeSilent) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.closes(t1), ElementsAre("complete 1", "ended 1 '' finished", "close: farewell"));
}

TEST(Farewell, ThatIsInterruptedClosesNothing) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "Bye!");
  talk.closes(t1);
  talk.spoken(t1);
  EXPECT_THAT(talk.word("Wait"), Not(Contains("close: farewell")));
  EXPECT_EQ(talk.state(), State::user_speaking);
}

TEST(Farewell, InTheMiddleOfAReplyIsNone) {
  Talk talk(at_once());
  talk.start();
  talk.reply(t1, "I say Bye! only at the end");
  EXPECT_EQ(talk.state(), State::waiting_for_user);
}

}  // namespace
}  // namespace unmuted
