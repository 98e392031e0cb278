// Replies of several rounds: tools, and models that say nothing or think aloud.
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
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- Tools --------------------------------------------------------------------------------------------

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

}  // namespace
}  // namespace unmuted
