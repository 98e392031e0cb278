#include "conversation/conversation.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/turns.hpp"
#include "describe.hpp"
#include "spoken_conversation.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using events::Failure;
using State = Conversation::State;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr TimePoint now{100s};

/// A conversation, and who speaks in it.
struct TalkSetup : ConversationSetup {
  unsigned words_per_minute = 0;
  bool voiced = false;  ///< the test says what has been spoken
};

TalkSetup at_once() {
  TalkSetup setup;
  setup.system_prompt = "Be kind.";
  return setup;
}
TalkSetup greeting(std::string text) {
  TalkSetup setup = at_once();
  setup.greeting = std::move(text);
  return setup;
}
TalkSetup with_tools() {
  TalkSetup setup = at_once();
  setup.has_tools = true;
  return setup;
}
TalkSetup paced(unsigned words_per_minute) {
  TalkSetup setup = at_once();
  setup.words_per_minute = words_per_minute;
  return setup;
}
TalkSetup voiced() {
  TalkSetup setup = at_once();
  setup.voiced = true;
  return setup;
}

std::unique_ptr<TestSpeaker> speaker_of(const TalkSetup& setup) {
  if (setup.voiced) return std::make_unique<TestSpeaker>();
  return std::make_unique<SilentTestSpeaker>(setup.words_per_minute);
}

Failure llm_down(Failure::Kind kind) {
  return {kind, "service_unavailable", "The language model does not answer."};
}

/// A conversation, and what it answers as lines.
class Talk {
 public:
  explicit Talk(const TalkSetup& setup) : conversation(setup, speaker_of(setup)) {}

  using Lines = std::vector<std::string>;

  Lines start(TimePoint at = now) { return describe(conversation.start(at)); }
  Lines end(TimePoint at = now) { return describe(conversation.end(at)); }
  Lines tick(TimePoint at) { return describe(conversation.tick(at)); }
  Lines wrote(std::string text, TimePoint at = now) {
    return describe(conversation.user_wrote(std::move(text), at));
  }
  Lines request(TimePoint at = now) { return describe(conversation.reply_requested(at)); }
  Lines cancel(TimePoint at = now) { return describe(conversation.cancel_requested(at)); }
  Lines speech() { return describe(conversation.user_speech_started(now)); }
  Lines word(std::string_view word) { return describe(conversation.user_word(word, 1.5, now)); }
  Lines pause() { return describe(conversation.user_paused(now)); }
  Lines audio(Duration audio) { return describe(conversation.audio_received(audio, now)); }
  Lines text(TurnId turn, std::string_view piece, TimePoint at = now) {
    return describe(conversation.model_text(turn, piece, at));
  }
  Lines finished(TurnId turn, std::vector<ToolCall> calls = {}, TimePoint at = now) {
    return describe(conversation.model_finished(turn, {.calls = std::move(calls)}, at));
  }
  Lines closes(TurnId turn) { return describe(conversation.model_finished(turn, {.close = true}, now)); }
  Lines returned(TurnId turn, std::size_t call, std::string_view result) {
    return describe(conversation.tool_returned(turn, call, result, now));
  }
  Lines spoken(TurnId turn) { return describe(conversation.word_spoken(turn, now)); }
  Lines utterance_ended(TurnId turn) { return describe(conversation.utterance_ended(turn, now)); }
  Lines failed(TurnId turn, Failure::Kind kind = Failure::Kind::warning) {
    return describe(conversation.reply_failed(turn, llm_down(kind), now));
  }
  Lines listening_failed(Failure::Kind kind = Failure::Kind::warning) {
    return describe(conversation.listening_failed({kind, "service_unavailable", "Speech-in is gone."}, now));
  }

  /// A whole reply, spoken at once.
  void reply(TurnId turn, std::string_view words) {
    text(turn, words);
    finished(turn);
  }

  Lines chat() const { return describe(conversation.history().for_client()); }
  State state() const { return conversation.state(); }

  SpokenConversation conversation;
};

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

// ---- Tools --------------------------------------------------------------------------------------------

std::vector<ToolCall> calls(std::size_t count) {
  std::vector<ToolCall> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({"c" + std::to_string(i), "t" + std::to_string(i), "{}"});
  return made;
}

TEST(Tools, AreRunAndTheModelIsAskedAgain) {
  Talk talk(with_tools());
  talk.start();
  talk.text(t1, "Let me see.");
  EXPECT_THAT(talk.finished(t1, {{"a", "clock", "{}"}, {"b", "zone", R"({"of":1})"}}),
              ElementsAre("ready 1 ' see.'", "spoken 1 'see.'", R"(run 1 clock{} zone{"of":1})"));
  EXPECT_EQ(talk.state(), State::bot_speaking);
  EXPECT_THAT(talk.returned(t1, 0, "noon"), ElementsAre("called 1 clock: noon"));
  const Actions asked = talk.conversation.tool_returned(t1, 1, "CET", now);
  EXPECT_THAT(describe(asked), ElementsAre("called 1 zone: CET", "ask 1 round 2 with tools"));
  EXPECT_THAT(
      describe(first<actions::AskModel>(asked)->messages),
      ElementsAre("system: Be kind.", "user: Hello.", R"(assistant: Let me see. [clock{}] [zone{"of":1}])",
                  "tool(call00001): noon", "tool(call00002): CET"));
  EXPECT_THAT(talk.text(t1, "Noon. "), ElementsAre("ready 1 ' Noon.'", "spoken 1 'Noon.'"));
  EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1", "ended 1 'Let me see. Noon.' finished"));
}

TEST(Tools, ResultsMayComeInAnyOrder) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(3));
  EXPECT_THAT(talk.returned(t1, 2, "c"), ElementsAre("called 1 t2: c"));
  EXPECT_THAT(talk.returned(t1, 0, "a"), ElementsAre("called 1 t0: a"));
  EXPECT_THAT(talk.returned(t1, 0, "again"), IsEmpty());
  EXPECT_THAT(talk.returned(t1, 3, "none"), IsEmpty());
  EXPECT_THAT(talk.returned(t1, 1, "b"), ElementsAre("called 1 t1: b", "ask 1 round 2 with tools"));
}

TEST(Tools, TheTemperatureIsThatOfTheReply) {
  Talk talk(with_tools());
  talk.start();
  talk.text(t1, "Well. ");
  talk.finished(t1, calls(1));
  const Actions asked = talk.conversation.tool_returned(t1, 0, "x", now);
  EXPECT_EQ(first<actions::AskModel>(asked)->temperature, 0.7);
}

TEST(Tools, TheLastRoundOffersNone) {
  Talk talk(with_tools());
  talk.start();
  for (int round = 1; round < Conversation::max_rounds; ++round) {
    talk.finished(t1, calls(1));
    EXPECT_THAT(talk.returned(t1, 0, "x"),
                Contains("ask 1 round " + std::to_string(round + 1) +
                         (round + 1 < Conversation::max_rounds ? " with tools" : "")));
  }
  talk.text(t1, "Enough.");
  EXPECT_THAT(talk.finished(t1, calls(1)), ElementsAre("ready 1 'Enough.'", "spoken 1 'Enough.'",
                                                       "complete 1", "ended 1 'Enough.' finished"));
}

TEST(Tools, OfACharacterWithoutAnyAreNotRun) {
  Talk talk(at_once());
  talk.start();
  EXPECT_THAT(talk.finished(t1, calls(1)), ElementsAre("complete 1", "ended 1 '' finished"));
}

TEST(Tools, SixteenAreRunInARound) {
  Talk talk(with_tools());
  talk.start();
  const Actions ran = talk.conversation.model_finished(t1, {.calls = calls(100)}, now);
  EXPECT_EQ(first<actions::RunTools>(ran)->calls.size(), Conversation::max_calls_run);
  Actions asked;
  for (std::size_t i = 0; i < Conversation::max_calls_run; ++i) {
    EXPECT_EQ(first<actions::AskModel>(asked), nullptr);
    asked = talk.conversation.tool_returned(t1, i, "fine", now);
  }
  const auto* ask = first<actions::AskModel>(asked);
  ASSERT_NE(ask, nullptr);
  // The system prompt, the Hello and the calls stand before the results.
  ASSERT_EQ(ask->messages.size(), 3 + Conversation::max_calls_kept);
  EXPECT_EQ(ask->messages[2].tool_calls.size(), Conversation::max_calls_kept);
  EXPECT_EQ(ask->messages[18].content, "fine");
  EXPECT_THAT(ask->messages[19].content, HasSubstr("at most 16"));
  EXPECT_EQ(ask->messages[19].tool_call_id, ask->messages[2].tool_calls[16].id);
}

TEST(Replies, AModelThatSaysNothingIsToldOfWithItsReason) {
  Talk talk(with_tools());
  talk.start();
  const auto silent = [&](TurnId turn, AnswerEnd end) {
    return describe(talk.conversation.model_finished(turn, std::move(end), now));
  };
  EXPECT_THAT(silent(t1, {.reason = "length"}),
              ElementsAre(AllOf(HasSubstr("warning empty_reply"), HasSubstr("length")), "complete 1",
                          "ended 1 '' finished"));
  talk.request();
  talk.text(t2, " \n");
  EXPECT_THAT(silent(t2, {.reason = "stop"})[0], HasSubstr("warning empty_reply"));
}

TEST(Replies, AModelThatSpokeOrCalledIsNotToldOf) {
  Talk talk(with_tools());
  talk.start();
  talk.text(t1, "Wait. ");
  EXPECT_THAT(describe(talk.conversation.model_finished(
                  t1, {.calls = {{"", "clock", "{}"}}, .reason = "tool_calls"}, now)),
              ElementsAre("run 1 clock{}"));
  talk.returned(t1, 0, "noon");
  const Actions ended = talk.conversation.model_finished(t1, {.reason = "length"}, now);
  EXPECT_THAT(describe(ended), ElementsAre("complete 1", "ended 1 'Wait.' finished"));
}

TEST(Replies, AThoughtThatWasTakenForTextIsTakenBack) {
  Talk talk(with_tools());
  talk.start();
  talk.text(t1, "The user greets me. ");
  EXPECT_THAT(describe(talk.conversation.model_began_afresh(t1, now)), ElementsAre("taken back 1"));
  talk.text(t1, "Good morning!");
  EXPECT_THAT(talk.finished(t1), Contains("ended 1 'Good morning!' finished"));
  EXPECT_THAT(describe(talk.conversation.model_began_afresh(t1, now)), IsEmpty());
}

TEST(Replies, OfAThoughtThatWasTakenForTextTheRestIsNotSpoken) {
  TalkSetup setup;
  setup.words_per_minute = 60;
  Talk talk(setup);
  talk.start();
  talk.text(t1, "The user greets me. ");
  talk.tick(now + 1s);  // "The" has been heard
  EXPECT_THAT(describe(talk.conversation.model_began_afresh(t1, now + 1s)), ElementsAre("taken back 1"));
  EXPECT_EQ(talk.conversation.next_deadline(), std::nullopt);
  talk.text(t1, "Hi!", now + 1s);
  talk.finished(t1, {}, now + 1s);
  EXPECT_THAT(talk.tick(now + 10s), ElementsAre("spoken 1 'Hi!'", "ended 1 'Hi!' finished"));
}

TEST(Replies, WordsOfTheRoundBeforeAThoughtAreSpoken) {
  TalkSetup setup = paced(60);
  setup.has_tools = true;
  Talk talk(setup);
  talk.start();
  talk.text(t1, "Let me see.");
  talk.finished(t1, {{"a", "clock", "{}"}});
  talk.returned(t1, 0, "noon");
  talk.text(t1, "The clock says ");
  EXPECT_THAT(describe(talk.conversation.model_began_afresh(t1, now + 1s)),
              ElementsAre("spoken 1 'Let'", "taken back 1"));
  talk.text(t1, "Noon.", now + 1s);
  talk.finished(t1, {}, now + 1s);
  EXPECT_THAT(talk.tick(now + 2s), ElementsAre("spoken 1 'me'"));
  EXPECT_THAT(talk.tick(now + 4s),
              ElementsAre("spoken 1 'see.'", "spoken 1 'Noon.'", "ended 1 'Let me see. Noon.' finished"));
}

TEST(Replies, AScriptMaySayNothing) {
  Talk talk(with_tools());
  talk.start();
  EXPECT_THAT(talk.finished(t1), ElementsAre("complete 1", "ended 1 '' finished"));
}

TEST(Tools, TooLongArgumentsAreNotRun) {
  Talk talk(with_tools());
  talk.start();
  const std::string longer(Conversation::max_arguments_bytes + 1, ' ');
  EXPECT_THAT(talk.finished(t1, {{"a", "big", longer}, {"b", "small", "{}"}}), ElementsAre("run 1 small{}"));
  const Actions asked = talk.conversation.tool_returned(t1, 0, "fine", now);
  EXPECT_THAT(describe(first<actions::AskModel>(asked)->messages),
              ElementsAre("system: Be kind.", "user: Hello.", "assistant:  [small{}] [big{}]",
                          "tool(call00001): fine", HasSubstr("Not run: the arguments")));
}

TEST(Tools, WhenNoneCanBeRunTheModelIsAskedAtOnce) {
  Talk talk(with_tools());
  talk.start();
  const std::string longer(Conversation::max_arguments_bytes + 1, ' ');
  EXPECT_THAT(talk.finished(t1, {{"a", "big", longer}}), ElementsAre("ask 1 round 2 with tools"));
}

TEST(Tools, OddNamesAndIdsAreBounded) {
  Talk talk(with_tools());
  talk.start();
  const Actions ran = talk.conversation.model_finished(
      t1, {.calls = {{"", std::string(9999, 'n'), ""}, {std::string(9999, 'i'), "b", ""}}}, now);
  const auto* run = first<actions::RunTools>(ran);
  EXPECT_EQ(run->calls[0].name.size(), 64U);
  EXPECT_EQ(run->calls[1].id, "");
}

TEST(Tools, ALongResultIsCut) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(1));
  const Actions called = talk.conversation.tool_returned(t1, 0, std::string(100'000, 'x'), now);
  EXPECT_EQ(first<events::ToolCalled>(called)->result.size(), Conversation::max_tool_result_bytes);
  EXPECT_EQ(first<actions::AskModel>(called)->messages.back().content.size(),
            Conversation::max_tool_result_bytes);
}

TEST(Tools, AResultAfterAnInterruptionIsKeptAndNotSpokenOf) {
  Talk talk(with_tools());
  talk.start();
  talk.text(t1, "Let me see. ");
  talk.finished(t1, {{"a", "clock", "{}"}});
  EXPECT_THAT(talk.word("Wait"),
              ElementsAre("speech started", "stop 1", "ended 1 'Let me see.' interrupted by voice",
                          "user word 'Wait'"));
  EXPECT_THAT(talk.returned(t1, 0, "noon"), ElementsAre("called 1 clock: noon"));
  const Actions asked = talk.conversation.user_paused(now);
  EXPECT_THAT(describe(first<actions::AskModel>(asked)->messages),
              ElementsAre("system: Be kind.", "user: Hello.", "assistant: Let me see. [clock{}]",
                          "tool(call00001): noon", "assistant: OK.", "user: Wait"));
}

TEST(Tools, AResultThatComesDuringTheNextReplyDoesNotDisturbIt) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(1));
  talk.wrote("Wait");
  talk.request();
  talk.finished(t2, calls(2));
  EXPECT_THAT(talk.returned(t1, 0, "late"), ElementsAre("called 1 t0: late"));
  EXPECT_THAT(talk.returned(t2, 0, "a"), ElementsAre("called 2 t0: a"));
  EXPECT_THAT(talk.returned(t2, 1, "b"), ElementsAre("called 2 t1: b", "ask 2 round 2 with tools"));
}

TEST(Tools, TextBetweenTwoAnswersOfTheModelIsDropped) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(1));
  EXPECT_THAT(talk.text(t1, "late "), IsEmpty());
  EXPECT_THAT(talk.finished(t1), IsEmpty());
}

TEST(Tools, ARequestMeanwhileIsRefused) {
  Talk talk(with_tools());
  talk.start();
  talk.finished(t1, calls(1));
  EXPECT_THAT(talk.request(), ElementsAre("refused response_already_active"));
}

TEST(Tools, WordsBeforeThemAreSpokenMeanwhile) {
  TalkSetup setup = paced(60);
  setup.has_tools = true;
  Talk talk(setup);
  talk.start();
  talk.text(t1, "Let me see. ");
  talk.finished(t1, calls(1));
  EXPECT_THAT(talk.tick(now + 3s), ElementsAre("spoken 1 'Let'", "spoken 1 'me'", "spoken 1 'see.'"));
  EXPECT_EQ(talk.state(), State::bot_speaking);
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
