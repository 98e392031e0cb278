#include "conversation/conversation.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/talk.hpp"
#include "conversation/turns.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using events::Failure;
using State = Conversation::State;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// ---- The opening --------------------------------------------------------------------------------------

TEST(Opening, SaysTheGreetingWordForWord) {
  Talk talk(greeting("Good *evening*!"));
  EXPECT_THAT(talk.start(),
              ElementsAre("started 1", "ready 1 'Good'", "spoken 1 'Good'", "ready 1 ' evening!'",
                          "spoken 1 'evening!'", "complete 1", "ended 1 'Good evening!' finished"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Good evening!"));
}

TEST(Opening, AsksTheModelWhenThereIsNoGreeting) {
  Talk talk(with_tools());
  const Actions opening = talk.conversation.start(now);
  EXPECT_THAT(describe(opening), ElementsAre("started 1", "ask 1 round 1 with tools"));
  const auto* ask = first<actions::AskModel>(opening);
  EXPECT_THAT(describe(ask->messages), ElementsAre("system: Be kind.", "user: Hello."));
  EXPECT_THAT(ask->chat_history, IsEmpty());
  EXPECT_EQ(ask->temperature, 0.7);
  EXPECT_EQ(talk.state(), State::bot_speaking);
  EXPECT_EQ(talk.conversation.turn(), t1);
}

TEST(Opening, IsOnce) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  EXPECT_THAT(talk.start(), IsEmpty());
}

TEST(Opening, LaterRepliesAreCooler) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  const Actions reply = talk.conversation.reply_requested(now);
  EXPECT_EQ(first<actions::AskModel>(reply)->temperature, 0.3);
}

TEST(Opening, AMessageDuringTheGreetingInterruptsIt) {
  TalkSetup setup = paced(60);
  setup.greeting = "Good evening, all of you!";
  Talk talk(setup);
  talk.start();
  EXPECT_THAT(talk.wrote("Hi", now + 2s), ElementsAre("spoken 1 'Good'", "spoken 1 'evening,'", "stop 1",
                                                      "ended 1 'Good evening,' interrupted"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Good evening,—", "user: Hi"));
  EXPECT_THAT(talk.request(now + 2s), ElementsAre("started 2", "ask 2 round 1"));
}

TEST(Opening, AGreetingThatWasNotHeardIsSaidWhenAReplyIsAskedFor) {
  TalkSetup setup = paced(60);
  setup.greeting = "Hello.";
  Talk talk(setup);
  talk.start();
  EXPECT_THAT(talk.cancel(), ElementsAre("stop 1", "ended 1 '' interrupted"));
  EXPECT_THAT(talk.request(), ElementsAre("started 2", "ready 2 'Hello.'", "complete 2"));
}

TEST(Opening, AGreetingNobodyHeardIsNotSaidToAUserWhoWroteMeanwhile) {
  TalkSetup setup = paced(60);
  setup.greeting = "Hello.";
  Talk talk(setup);
  talk.start();
  talk.wrote("Hi");
  EXPECT_THAT(talk.chat(), ElementsAre("user: Hi"));
  const Actions reply = talk.conversation.reply_requested(now);
  EXPECT_THAT(describe(reply), ElementsAre("started 2", "ask 2 round 1"));
  EXPECT_EQ(first<actions::AskModel>(reply)->temperature, 0.7);
}

TEST(Opening, GoesOnWithTheNumbersOfTheConversationBefore) {
  Talk before(greeting("Hello."));
  before.start();
  TalkSetup setup = greeting("Hello again.");
  setup.first_turn = before.conversation.next_turn();
  Talk talk(setup);
  EXPECT_THAT(talk.start(), Contains("started 2"));
}

// ---- A reply in text ----------------------------------------------------------------------------------

TEST(Reply, WordsAreSpokenAsTheyAreProduced) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.text(t1, "Hel"), IsEmpty());
  EXPECT_THAT(talk.text(t1, "lo the"), ElementsAre("ready 1 'Hello'", "spoken 1 'Hello'"));
  EXPECT_THAT(talk.text(t1, "re "), ElementsAre("ready 1 ' there'", "spoken 1 'there'"));
  EXPECT_THAT(talk.text(t1, "you"), IsEmpty());
  EXPECT_THAT(talk.finished(t1), ElementsAre("ready 1 ' you'", "spoken 1 'you'", "complete 1",
                                             "ended 1 'Hello there you' finished"));
  EXPECT_EQ(talk.conversation.turn(), std::nullopt);
}

TEST(Reply, CarriesTheHistoryBeforeAndAfterIt) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  const Actions begun = talk.conversation.reply_requested(now);
  EXPECT_THAT(describe(first<events::ReplyStarted>(begun)->history),
              ElementsAre("assistant: Hello.", "user: Hi"));
  EXPECT_THAT(describe(first<actions::AskModel>(begun)->messages),
              ElementsAre("system: Be kind.", "user: Hello.", "assistant: Hello.", "user: Hi"));
  EXPECT_THAT(describe(first<actions::AskModel>(begun)->chat_history),
              ElementsAre("assistant: Hello.", "user: Hi"));
  talk.text(t2, "Nice");
  const Actions ended = talk.conversation.model_finished(t2, {}, now);
  EXPECT_THAT(describe(first<events::ReplyEnded>(ended)->history),
              ElementsAre("assistant: Hello.", "user: Hi", "assistant: Nice"));
}

TEST(Reply, IsToldOfWithTheVoice) {
  TalkSetup setup = at_once();
  setup.voice = "a/voice.wav";
  Talk talk(setup);
  EXPECT_EQ(first<events::ReplyStarted>(talk.conversation.start(now))->voice, "a/voice.wav");
}

TEST(Reply, OfNothingIsOverAtOnce) {
  for (const TalkSetup& setup : {at_once(), paced(100), voiced()}) {
    Talk talk(setup);
    talk.start();
    talk.text(t1, " \n");
    EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1", "ended 1 '' finished"));
    EXPECT_THAT(talk.chat(), IsEmpty());
    EXPECT_EQ(talk.state(), State::waiting_for_user);
  }
}

TEST(Reply, OfMarkdownIsReadySpokenAndRememberedAsItIsReadOut) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.text(t1, "# Plan\n- **Op"), ElementsAre("ready 1 'Plan'", "spoken 1 'Plan'"));
  EXPECT_THAT(talk.text(t1, "en** `my_file` 🙂 "),
              ElementsAre("ready 1 '\nOpen'", "spoken 1 'Open'", "ready 1 ' my_file'", "spoken 1 'my_file'"));
  EXPECT_THAT(talk.text(t1, "see [the pa"), ElementsAre("ready 1 ' see'", "spoken 1 'see'"));
  EXPECT_THAT(talk.text(t1, "ge](https://example.org)\n```\nx = 1"),
              ElementsAre("ready 1 ' the'", "spoken 1 'the'", "ready 1 ' page'", "spoken 1 'page'"));
  EXPECT_THAT(talk.finished(t1),
              ElementsAre("complete 1", "ended 1 'Plan Open my_file see the page' finished"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Plan Open my_file see the page"));
}

TEST(Reply, OfMarksAloneIsSilent) {
  for (const char* marks : {"```python\nprint(1)\n```", "🙂", "---\n", "![](x.png)"}) {
    Talk talk(voiced());
    talk.start();
    EXPECT_THAT(talk.text(t1, marks), IsEmpty());
    EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1", "ended 1 '' finished")) << marks;
  }
}

TEST(Reply, WordsThatWereHeldAreSpokenAtItsEnd) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.text(t1, "[not a link"), IsEmpty());
  EXPECT_THAT(talk.finished(t1), ElementsAre("ready 1 '[not'", "spoken 1 '[not'", "ready 1 ' a'",
                                             "spoken 1 'a'", "ready 1 ' link'", "spoken 1 'link'",
                                             "complete 1", "ended 1 '[not a link' finished"));
}

TEST(Reply, WordsThatWereHeldCountToItsLength) {
  Talk talk(at_once());
  talk.start();
  for (std::size_t bytes = 0; bytes + 20 < Conversation::max_reply_bytes; bytes += 5) talk.text(t1, "word ");
  talk.text(t1, "[with a link that is never closed");
  const Actions last = talk.conversation.model_finished(t1, {}, now);
  ASSERT_NE(first<events::ReplyEnded>(last), nullptr);
  EXPECT_LE(first<events::ReplyEnded>(last)->text.size(), Conversation::max_reply_bytes);
}

TEST(Reply, AFarewellMayBeEmphasised) {
  Talk talk(at_once());
  talk.start();
  talk.text(t1, "So long. **Bye!** 👋");
  EXPECT_THAT(talk.finished(t1), Contains(HasSubstr("close")));
}

TEST(Reply, AWrittenMessageStartsNone) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.wrote("Hi"), IsEmpty());
  EXPECT_EQ(talk.state(), State::waiting_for_user);
}

TEST(Reply, ASecondOneIsRefused) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.request(), ElementsAre("refused response_already_active"));
  EXPECT_THAT(talk.text(t1, "Hi "), ElementsAre("ready 1 'Hi'", "spoken 1 'Hi'"));
}

TEST(Reply, TwoRequestsInARowMakeOneReply) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  EXPECT_THAT(talk.request(), ElementsAre("started 2", "ask 2 round 1"));
  EXPECT_THAT(talk.request(), ElementsAre("refused response_already_active"));
}

TEST(Reply, AskedForWhenTheUserSaidNothingAnswersASilence) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.request();
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: ..."));
}

TEST(Reply, AskedForAgainAfterOneThatWasNotHeardAddsNoSilence) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.wrote("Hi");
  talk.request();
  talk.cancel();
  talk.request();
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: Hi"));
}

TEST(Reply, TooLongIsCutAndTheModelStopped) {
  Talk talk(at_once());
  talk.start();
  std::string piece;
  for (int i = 0; i < 1000; ++i) piece += "word ";
  Actions last;
  for (int i = 0; i < 20 && talk.state() == State::bot_speaking; ++i)
    last = talk.conversation.model_text(t1, piece, now);
  EXPECT_THAT(describe(last), Contains("stop model 1"));
  const auto* ended = first<events::ReplyEnded>(last);
  ASSERT_NE(ended, nullptr);
  EXPECT_LE(ended->text.size(), Conversation::max_reply_bytes);
  EXPECT_GT(ended->text.size(), Conversation::max_reply_bytes - 10);
  EXPECT_THAT(talk.text(t1, "more "), IsEmpty());
  EXPECT_THAT(talk.finished(t1), IsEmpty());
}

TEST(Reply, AGreetingThatIsTooLongIsCut) {
  std::string endless;
  for (int i = 0; i < 10'000; ++i) endless += "word ";
  Talk talk(greeting(endless));
  talk.start();
  EXPECT_EQ(talk.state(), State::waiting_for_user);
}

// ---- At a reading pace --------------------------------------------------------------------------------

TEST(Pace, WordsAreSpokenOneByOne) {
  Talk talk(paced(60));
  talk.start();
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
  EXPECT_THAT(talk.text(t1, "One two "), ElementsAre("ready 1 'One'", "ready 1 ' two'"));
  EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1"));
  EXPECT_EQ(talk.conversation.next_deadline(), now + 1s);
  EXPECT_THAT(talk.tick(now + 999ms), IsEmpty());
  EXPECT_THAT(talk.tick(now + 1s), ElementsAre("spoken 1 'One'"));
  EXPECT_EQ(talk.conversation.next_deadline(), now + 2s);
  EXPECT_THAT(talk.tick(now + 2s), ElementsAre("spoken 1 'two'", "ended 1 'One two' finished"));
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
}

TEST(Pace, ALateTickSpeaksAllThatIsDue) {
  Talk talk(paced(60));
  talk.start();
  talk.reply(t1, "One two three");
  EXPECT_THAT(talk.tick(now + 1h), ElementsAre("spoken 1 'One'", "spoken 1 'two'", "spoken 1 'three'",
                                               "ended 1 'One two three' finished"));
}

TEST(Pace, ASlowModelKeepsTheReplyOpen) {
  Talk talk(paced(60));
  talk.start();
  talk.text(t1, "One ");
  EXPECT_THAT(talk.tick(now + 5s), ElementsAre("spoken 1 'One'"));
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
  EXPECT_THAT(talk.finished(t1, {}, now + 6s), ElementsAre("complete 1", "ended 1 'One' finished"));
}

TEST(Pace, WhatIsDueIsSpokenBeforeWhatInterrupts) {
  Talk talk(paced(60));
  talk.start();
  talk.reply(t1, "One two three");
  EXPECT_THAT(talk.cancel(now + 2s),
              ElementsAre("spoken 1 'One'", "spoken 1 'two'", "stop 1", "ended 1 'One two' interrupted"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: One two—"));
}

TEST(Pace, AReplyThatIsOverByThenCannotBeCancelled) {
  Talk talk(paced(60));
  talk.start();
  talk.reply(t1, "One");
  EXPECT_THAT(talk.cancel(now + 1s),
              ElementsAre("spoken 1 'One'", "ended 1 'One' finished", "refused response_not_active"));
}

TEST(Pace, ARequestIsTakenWhenTheReplyIsOverByThen) {
  Talk talk(paced(60));
  talk.start();
  talk.reply(t1, "One");
  EXPECT_THAT(talk.request(now + 1s),
              ElementsAre("spoken 1 'One'", "ended 1 'One' finished", "started 2", "ask 2 round 1"));
}

TEST(Pace, WordsOfACancelledReplyAreNeverSpoken) {
  Talk talk(paced(60));
  talk.start();
  talk.reply(t1, "One two three");
  talk.cancel();
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
  EXPECT_THAT(talk.tick(now + 10s), IsEmpty());
}

// ---- Spoken by a service ------------------------------------------------------------------------------

TEST(Voice, SpeaksWhenTheServiceSaysSo) {
  Talk talk(voiced());
  talk.start();
  EXPECT_THAT(talk.text(t1, "One two "), ElementsAre("ready 1 'One'", "ready 1 ' two'"));
  EXPECT_THAT(talk.spoken(t1), ElementsAre("spoken 1 'One'"));
  EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1"));
  EXPECT_THAT(talk.spoken(t1), ElementsAre("spoken 1 'two'"));
  EXPECT_EQ(talk.state(), State::bot_speaking);
  EXPECT_THAT(talk.utterance_ended(t1), ElementsAre("ended 1 'One two' finished"));
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
}

TEST(Voice, TheEndCountsForWordsThatWereNotReported) {
  Talk talk(voiced());
  talk.start();
  talk.reply(t1, "One two three");
  talk.spoken(t1);
  EXPECT_THAT(talk.utterance_ended(t1),
              ElementsAre("spoken 1 'two'", "spoken 1 'three'", "ended 1 'One two three' finished"));
}

TEST(Voice, MoreWordsThanThereAreHaveNoEffect) {
  Talk talk(voiced());
  talk.start();
  EXPECT_THAT(talk.spoken(t1), IsEmpty());
  talk.reply(t1, "One");
  talk.spoken(t1);
  EXPECT_THAT(talk.spoken(t1), IsEmpty());
}

TEST(Voice, AnEndBeforeTheEndOfTheTextIsAFailure) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  talk.spoken(t1);
  EXPECT_THAT(talk.utterance_ended(t1),
              ElementsAre(StartsWith("warning service_unavailable: The speech-out service"), "stop 1",
                          "ended 1 'One' failed"));
}

TEST(Voice, AnInterruptionBetweenTheLastWordAndTheEndCutsNothing) {
  Talk talk(voiced());
  talk.start();
  talk.reply(t1, "One two");
  talk.spoken(t1);
  talk.spoken(t1);
  EXPECT_THAT(talk.speech(),
              ElementsAre("speech started", "stop 1", "ended 1 'One two' interrupted by voice"));
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: One two"));
  EXPECT_THAT(talk.utterance_ended(t1), IsEmpty());
}

TEST(Voice, AReloadBetweenTheLastWordAndTheEndEndsTheReplyOnce) {
  Talk talk(voiced());
  talk.start();
  talk.reply(t1, "One");
  talk.spoken(t1);
  EXPECT_THAT(talk.end(), ElementsAre("stop 1", "ended 1 'One' interrupted"));
  EXPECT_THAT(talk.utterance_ended(t1), IsEmpty());
}

TEST(Voice, WordsOfADeadTurnHaveNoEffectOnTheNext) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One two ");
  talk.cancel();
  talk.request();
  talk.text(t2, "Three four ");
  EXPECT_THAT(talk.spoken(t1), IsEmpty());
  EXPECT_THAT(talk.utterance_ended(t1), IsEmpty());
  EXPECT_THAT(talk.spoken(t2), ElementsAre("spoken 2 'Three'"));
}

// ---- The end ------------------------------------------------------------------------------------------

TEST(End, OfAConversationEndsItsReply) {
  Talk talk(paced(60));
  talk.start();
  talk.text(t1, "One two ");
  EXPECT_THAT(talk.end(now + 1s), ElementsAre("spoken 1 'One'", "stop 1", "ended 1 'One' interrupted"));
  EXPECT_EQ(talk.state(), State::ended);
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
}

TEST(End, WithoutAReplySaysNothing) {
  Talk talk(greeting("Hello."));
  talk.start();
  EXPECT_THAT(talk.end(), IsEmpty());
}

TEST(End, WhileTheUserSpeaks) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  EXPECT_THAT(talk.end(), ElementsAre("speech stopped"));
}

TEST(End, BeforeTheStart) {
  Talk talk(greeting("Hello."));
  EXPECT_THAT(talk.end(), IsEmpty());
  EXPECT_THAT(talk.start(), IsEmpty());
}

TEST(End, AfterItNothingHasAnEffect) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, {{"a", "clock", "{}"}});
  talk.end();
  EXPECT_THAT(talk.returned(t1, 0, "noon"), IsEmpty());
  EXPECT_THAT(talk.text(t1, "One "), IsEmpty());
  EXPECT_THAT(talk.finished(t1), IsEmpty());
  EXPECT_THAT(talk.failed(t1), IsEmpty());
  EXPECT_THAT(talk.listening_failed(), IsEmpty());
  EXPECT_THAT(talk.wrote("Hi"), IsEmpty());
  EXPECT_THAT(talk.request(), IsEmpty());
  EXPECT_THAT(talk.cancel(), IsEmpty());
  EXPECT_THAT(talk.speech(), IsEmpty());
  EXPECT_THAT(talk.word("good"), IsEmpty());
  EXPECT_THAT(talk.pause(), IsEmpty());
  EXPECT_THAT(talk.audio(10s), IsEmpty());
  EXPECT_THAT(talk.tick(now + 1h), IsEmpty());
  EXPECT_THAT(talk.start(), IsEmpty());
  EXPECT_THAT(talk.end(), IsEmpty());
}

// ---- Failures -----------------------------------------------------------------------------------------

TEST(Failure, EndsTheReplyAndNotTheConversation) {
  Talk talk(at_once());
  talk.start();
  talk.text(t1, "One two thr");
  EXPECT_THAT(talk.failed(t1), ElementsAre("warning service_unavailable: The language model does not answer.",
                                           "stop 1", "ended 1 'One two' failed"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: One two—"));
  talk.wrote("Hi");
  EXPECT_THAT(talk.request(), ElementsAre("started 2", "ask 2 round 1"));
  talk.text(t2, "Yes?");
  EXPECT_THAT(talk.finished(t2), Contains("ended 2 'Yes?' finished"));
}

TEST(Failure, WhileToolsRun) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(1));
  EXPECT_THAT(talk.failed(t1, Failure::Kind::server_error),
              ElementsAre(StartsWith("server_error service_unavailable"), "stop 1", "ended 1 '' failed"));
  EXPECT_THAT(talk.returned(t1, 0, "late"), ElementsAre("called 1 t0: late"));
}

TEST(Failure, ThatIsFatalClosesTheConnection) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.failed(t1, Failure::Kind::fatal),
              ElementsAre(StartsWith("fatal"), "stop 1", "ended 1 '' failed", "close: failure"));
  EXPECT_EQ(talk.state(), State::ended);
}

TEST(Failure, AFailedFarewellClosesNothing) {
  Talk talk(voiced());
  talk.start();
  talk.reply(t1, "Bye!");
  talk.spoken(t1);
  EXPECT_THAT(talk.failed(t1), Not(Contains("close: farewell")));
}

TEST(Failure, OfSpeechInLeavesAReplyAlone) {
  Talk talk(voiced());
  talk.start();
  talk.text(t1, "One ");
  EXPECT_THAT(talk.listening_failed(), ElementsAre("warning service_unavailable: Speech-in is gone."));
  EXPECT_THAT(talk.spoken(t1), ElementsAre("spoken 1 'One'"));
}

TEST(Failure, OfSpeechInEndsTheUsersSpeechAndKeepsItsWords) {
  Talk talk(greeting("Hello."));
  talk.start();
  talk.word("good");
  EXPECT_THAT(talk.listening_failed(), ElementsAre(StartsWith("warning"), "speech stopped"));
  EXPECT_EQ(talk.state(), State::waiting_for_user);
  talk.word("evening");
  talk.pause();
  EXPECT_THAT(talk.chat(), ElementsAre("assistant: Hello.", "user: good evening"));
}

TEST(Failure, OfSpeechInThatIsFatalEndsEverything) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.listening_failed(Failure::Kind::fatal),
              ElementsAre(StartsWith("fatal"), "stop 1", "ended 1 '' failed", "close: failure"));
  Talk quiet(greeting("Hello."));
  quiet.start();
  quiet.speech();
  EXPECT_THAT(quiet.listening_failed(Failure::Kind::fatal),
              ElementsAre(StartsWith("fatal"), "speech stopped", "close: failure"));
}

}  // namespace
}  // namespace unmuted
