#include "conversation/history.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/turns.hpp"
#include "describe.hpp"

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void say(History& history, TurnId turn, const std::vector<std::string>& words) {
  for (const std::string& word : words) history.add_unheard_word(turn, word);
}

void hear(History& history, int words) {
  for (int i = 0; i < words; ++i) ASSERT_TRUE(history.hear_next_word());
}

/// A whole reply, heard to its end.
void reply(History& history, TurnId turn, const std::string& text) {
  history.add_unheard_word(turn, text);
  hear(history, 1);
  history.end_reply(turn, false);
}

std::vector<std::string> for_client(const History& history) {
  return describe(history.for_client());
}
std::vector<std::string> for_model(const History& history) {
  return describe(history.for_model("Be kind."));
}

TEST(History, EmptyIsShownToAModelWithAHello) {
  const History history;
  EXPECT_TRUE(history.empty());
  EXPECT_THAT(for_client(history), IsEmpty());
  EXPECT_THAT(for_model(history), ElementsAre("system: Be kind.", "user: Hello."));
}

TEST(History, AHelloStandsBeforeABotThatSpokeFirst) {
  History history;
  reply(history, t1, "Good evening!");
  EXPECT_THAT(for_client(history), ElementsAre("assistant: Good evening!"));
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: Hello.", "assistant: Good evening!", "user: ..."));
}

TEST(History, NoHelloWhenTheUserSpokeFirst) {
  History history;
  history.add_user_message("Hi");
  reply(history, t1, "Good evening!");
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: Hi", "assistant: Good evening!", "user: ..."));
}

TEST(History, WithoutASystemPromptThereIsNoSystemMessage) {
  const History history;
  EXPECT_THAT(describe(history.for_model("")), ElementsAre("user: Hello."));
}

TEST(History, HoldsWhatWasHeard) {
  History history;
  history.add_user_message("Hi");
  say(history, t1, {"One", " two", "\n\nthree"});
  hear(history, 2);
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi", "assistant: One two"));
  hear(history, 1);
  EXPECT_EQ(history.hear_next_word(), std::nullopt);
  history.end_reply(t1, false);
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi", "assistant: One two three"));
}

TEST(History, TheModelSeesWhatItHasSaidAlready) {
  History history;
  history.add_user_message("Hi");
  say(history, t1, {"One", " two"});
  hear(history, 1);
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: Hi", "assistant: One two", "user: ..."));
}

TEST(History, ADashMarksWhereAReplyWasCut) {
  History history;
  history.add_user_message("Hi");
  say(history, t1, {"One", " two", " three"});
  hear(history, 2);
  history.end_reply(t1, true);
  EXPECT_FALSE(history.has_unheard_words());
  EXPECT_EQ(history.hear_next_word(), std::nullopt);
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi", "assistant: One two—"));
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: Hi", "assistant: One two", "user: ..."));
}

TEST(History, AReplyThatWasNotHeardAtAllLeavesNothing) {
  History history;
  history.add_user_message("Hi");
  say(history, t1, {"One", " two"});
  history.end_reply(t1, true);
  history.add_user_message("Wait");
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi Wait"));
}

TEST(History, MessagesOfOnlyADashAreDropped) {
  History history;
  history.add_user_message("Hi");
  reply(history, t1, "—");
  history.add_user_message("Well?");
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi Well?"));
}

TEST(History, ADashAloneIsNotShownToAModelBeforeItIsHeardEither) {
  History history;
  history.add_user_message("Time?");
  say(history, t1, {"—"});
  history.add_tool_calls(t1, {{"a", "clock", "{}"}});
  history.set_tool_result(t1, 0, "noon");
  const auto before = for_model(history);
  EXPECT_THAT(before, ElementsAre("system: Be kind.", "user: Time?", "assistant:  [clock{}]",
                                  "tool(call00001): noon"));
  hear(history, 1);
  EXPECT_EQ(for_model(history), before);
}

TEST(History, MergesMessagesOfOneRole) {
  History history;
  history.add_user_message("One.");
  history.add_user_message("Two.");
  reply(history, t1, "Three.");
  reply(history, t2, "Four.");
  EXPECT_THAT(for_client(history), ElementsAre("user: One. Two.", "assistant: Three. Four."));
}

TEST(History, BlankMessagesAreNone) {
  History history;
  history.add_user_message(" \n ");
  history.add_user_message("");
  history.add_user_word(" ");
  EXPECT_TRUE(history.empty());
}

TEST(History, SpokenWordsOfTheUserMakeOneMessage) {
  History history;
  history.add_user_word("good");
  history.add_user_word(" evening");
  EXPECT_TRUE(history.user_spoke_last());
  EXPECT_THAT(for_client(history), ElementsAre("user: good evening"));
}

TEST(History, ASilenceBeforeSpokenWordsIsNone) {
  History history;
  history.add_user_message("...");
  history.add_user_word("well");
  EXPECT_THAT(for_client(history), ElementsAre("user: well"));
}

TEST(History, ASilenceBesideWordsIsNone) {
  History history;
  history.add_user_message("...");
  EXPECT_THAT(for_client(history), ElementsAre("user: ..."));
  history.add_user_message("Hi");
  history.add_user_message("...");
  EXPECT_THAT(for_client(history), ElementsAre("user: Hi"));
}

TEST(History, AnEllipsisOfTheBotIsText) {
  History history;
  reply(history, t1, "...");
  reply(history, t2, "Well.");
  EXPECT_THAT(for_client(history), ElementsAre("assistant: ... Well."));
}

TEST(History, ToolCallsAreFollowedByTheirResults) {
  History history;
  history.add_user_message("What time is it?");
  say(history, t1, {"Let", " me", " see."});
  history.add_tool_calls(t1, {{"a", "clock", "{}"}, {"b", "zone", R"({"of":"me"})"}});
  ASSERT_NE(history.set_tool_result(t1, 1, "CET"), nullptr);
  ASSERT_NE(history.set_tool_result(t1, 0, "noon"), nullptr);
  say(history, t1, {" It", " is", " noon."});
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: What time is it?",
                          R"(assistant: Let me see. [clock{}] [zone{"of":"me"}])", "tool(call00001): noon",
                          "tool(call00002): CET", "assistant: It is noon.", "user: ..."));
  hear(history, 6);
  EXPECT_EQ(history.heard(t1), "Let me see. It is noon.");
  history.end_reply(t1, false);
  EXPECT_THAT(for_client(history),
              ElementsAre("user: What time is it?", "assistant: Let me see. It is noon."));
}

TEST(History, AResultIsTakenOnceAndOnlyForItsCall) {
  History history;
  history.add_tool_calls(t1, {{"a", "clock", "{}"}});
  EXPECT_EQ(history.set_tool_result(t1, 1, "x"), nullptr);
  EXPECT_EQ(history.set_tool_result(t2, 0, "x"), nullptr);
  const ToolCall* call = history.set_tool_result(t1, 0, "noon");
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->name, "clock");
  EXPECT_EQ(history.set_tool_result(t1, 0, "midnight"), nullptr);
}

TEST(History, ResultsBelongToTheLatestRound) {
  History history;
  history.add_tool_calls(t1, {{"a", "clock", "{}"}});
  history.set_tool_result(t1, 0, "noon");
  history.add_tool_calls(t1, {{"b", "zone", "{}"}});
  history.set_tool_result(t1, 0, "CET");
  EXPECT_THAT(for_model(history),
              ElementsAre("system: Be kind.", "user: Hello.", "assistant:  [clock{}]",
                          "tool(call00001): noon", "assistant:  [zone{}]", "tool(call00002): CET"));
}

TEST(History, ACallWithoutAResultSaysSo) {
  History history;
  history.add_user_message("Time?");
  history.add_tool_calls(t1, {{"a", "clock", "{}"}, {"a", "zone", "{}"}});
  history.end_reply(t1, true);
  history.set_tool_result(t1, 1, "CET");
  history.add_user_message("Never mind.");
  const auto messages = history.for_model("");
  ASSERT_EQ(messages.size(), 6U);
  EXPECT_EQ(messages[2].tool_call_id, messages[1].tool_calls[0].id);
  EXPECT_THAT(messages[2].content, testing::HasSubstr("interrupted"));
  EXPECT_EQ(messages[3].content, "CET");
  EXPECT_THAT(for_client(history), ElementsAre("user: Time? Never mind."));

  history.set_tool_result(t1, 0, "noon");
  EXPECT_EQ(history.for_model("")[2].content, "noon");
}

TEST(History, ADashStandsAfterTheLastWordsThatWereHeard) {
  History history;
  history.add_user_message("Time?");
  say(history, t1, {"Let", " me", " see."});
  history.add_tool_calls(t1, {{"a", "clock", "{}"}});
  history.set_tool_result(t1, 0, "noon");
  say(history, t1, {" Noon."});
  hear(history, 2);
  history.end_reply(t1, true);
  EXPECT_THAT(for_model(history), ElementsAre("system: Be kind.", "user: Time?",
                                              "assistant: Let me [clock{}]", "tool(call00001): noon"));
}

TEST(History, TheOldestFallsOutUpToTheNextMessageOfTheUser) {
  History history;
  reply(history, TurnId{1000}, "Greeting.");
  for (std::uint64_t i = 0; i < History::max_messages; ++i) {
    history.add_user_message("Question " + std::to_string(i));
    history.add_tool_calls(TurnId{i}, {{"a", "clock", "{}"}});
    history.set_tool_result(TurnId{i}, 0, "noon");
    reply(history, TurnId{i}, "Answer");
    const auto messages = history.for_model("");
    ASSERT_LE(messages.size(), History::max_messages + 2);  // the Hello, and the silence after the answer
    ASSERT_EQ(messages.front().role, ChatMessage::Role::user);
    ASSERT_EQ(messages[messages.size() - 2].content, "Answer");
  }
  const auto messages = history.for_client();
  EXPECT_EQ(messages.front().content, "Question 150");  // four messages an exchange
  EXPECT_EQ(messages.size(), 100U);
}

TEST(History, IsBoundedInBytes) {
  History history;
  for (int i = 0; i < 20; ++i) {
    history.add_user_message(std::to_string(i) + std::string(30 * 1024, 'x'));
    reply(history, TurnId{static_cast<std::uint64_t>(i)}, "Answer");
  }
  const auto messages = history.for_client();
  EXPECT_EQ(messages.size(), 16U);  // eight questions of 30 KiB fit
  EXPECT_EQ(messages.front().content.substr(0, 2), "12");
}

TEST(History, ManyMessagesWithoutAReplyAreBoundedToo) {
  History history;
  for (std::size_t i = 0; i < 3 * History::max_messages; ++i)
    history.add_user_message("m" + std::to_string(i));
  const auto messages = history.for_client();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].content.substr(0, 5), "m400 ");
}

TEST(History, AUserWhoNeverPausesIsBoundedToo) {
  History history;
  for (int i = 0; i < 100'000; ++i) history.add_user_word("word");
  const auto messages = history.for_client();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_LE(messages[0].content.size(), History::max_bytes + History::max_messages);
  EXPECT_GE(messages[0].content.size(), History::max_bytes / 2);
}

TEST(History, ALateResultForWhatFellOutIsDropped) {
  History history;
  history.add_user_message("Time?");
  history.add_tool_calls(t1, {{"a", "clock", "{}"}});
  history.end_reply(t1, true);
  for (std::size_t i = 0; i < History::max_messages; ++i) history.add_user_message("More");
  EXPECT_EQ(history.set_tool_result(t1, 0, "noon"), nullptr);
}

}  // namespace
}  // namespace unmuted
