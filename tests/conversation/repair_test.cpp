#include "conversation/repair.hpp"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "describe.hpp"
#include "strict_model.hpp"

namespace unmuted {
namespace {

using Role = ChatMessage::Role;
using testing::ElementsAre;

ChatMessage system(std::string text) {
  return {Role::system, std::move(text), {}, {}};
}
ChatMessage user(std::string text) {
  return {Role::user, std::move(text), {}, {}};
}
ChatMessage bot(std::string text, std::vector<ToolCall> calls = {}) {
  return {Role::assistant, std::move(text), std::move(calls), {}};
}
ChatMessage result(std::string id, std::string text) {
  return {Role::tool, std::move(text), {}, std::move(id)};
}

/// What comes of it, which every server takes.
std::vector<std::string> after(std::vector<ChatMessage> messages) {
  const auto once = repaired(std::move(messages));
  EXPECT_EQ(refusal_of(once).value_or("fine"), "fine");
  EXPECT_EQ(repaired(once), once);
  return describe(once);
}

TEST(Repair, WhatIsRightStays) {
  const std::vector<ChatMessage> messages{
      system("Be kind."),          user("Hi"),   bot("Wait.", {{"call00001", "clock", R"({"zone": "CET"})"}}),
      result("call00001", "noon"), bot("Noon."), user("Thanks")};
  EXPECT_EQ(repaired(messages), messages);
}

TEST(Repair, NothingBecomesAHello) {
  EXPECT_THAT(after({}), ElementsAre("user: Hello."));
  EXPECT_THAT(after({system("Be kind.")}), ElementsAre("system: Be kind.", "user: Hello."));
  EXPECT_THAT(after({system("  "), user(" \n"), bot("")}), ElementsAre("user: Hello."));
}

TEST(Repair, AHelloStandsBeforeABotThatSpokeFirst) {
  EXPECT_THAT(after({bot("Good evening!"), user("Hi")}),
              ElementsAre("user: Hello.", "assistant: Good evening!", "user: Hi"));
}

TEST(Repair, ThereIsOneSystemMessage) {
  EXPECT_THAT(after({user("Hi"), system("Be brief."), system("Be kind.")}),
              ElementsAre("system: Be brief.\nBe kind.", "user: Hi"));
}

TEST(Repair, MessagesOfOneRoleBecomeOne) {
  EXPECT_THAT(after({user("One."), user("Two."), bot("Three."), bot("Four."), user("Five.")}),
              ElementsAre("user: One. Two.", "assistant: Three. Four.", "user: Five."));
}

TEST(Repair, ASilenceBesideWordsIsNone) {
  EXPECT_THAT(after({user("..."), user("Hi"), user("...")}), ElementsAre("user: Hi"));
  EXPECT_THAT(after({user("...")}), ElementsAre("user: ..."));
}

TEST(Repair, WhatTheBotSaidBeforeItsCallsBelongsToThem) {
  EXPECT_THAT(
      after({user("Time?"), bot("Let me see."), bot("", {{"a", "clock", "{}"}}), result("a", "noon")}),
      ElementsAre("user: Time?", "assistant: Let me see. [clock{}]", "tool(call00001): noon"));
}

TEST(Repair, NoUserSpeaksBehindAResult) {
  EXPECT_THAT(
      after({user("Open it."), bot("", {{"a", "open", "{}"}}), result("a", "open"), user("No, wait.")}),
      ElementsAre("user: Open it.", "assistant:  [open{}]", "tool(call00001): open", "assistant: OK.",
                  "user: No, wait."));
}

TEST(Repair, TheLastWordIsNotTheBots) {
  EXPECT_THAT(after({user("Hi"), bot("Hello!")}), ElementsAre("user: Hi", "assistant: Hello!", "user: ..."));
}

TEST(Repair, ArgumentsAreAlwaysAnObject) {
  for (const std::string broken : {"", " ", "{\"door\": \"fro", "[\"front\"]", "\"front\"", "null", "1",
                                   "{}}", "{'a':1}", "nan", "{\"a\":NaN}"}) {
    EXPECT_THAT(after({user("Hi"), bot("", {{"a", "open", broken}}), result("a", "?")}),
                ElementsAre("user: Hi", "assistant:  [open{}]", "tool(call00001): ?"))
        << broken;
  }
  const std::string nul("{}\0", 3);
  EXPECT_THAT(after({user("Hi"), bot("", {{"a", "open", nul}}), result("a", "?")})[1],
              "assistant:  [open{}]");
}

TEST(Repair, ArgumentsThatAreDeepAreOnlyLookedAt) {
  std::string deep = "{\"a\":";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const auto messages = repaired({user("Hi"), bot("", {{"a", "open", deep}})});
  EXPECT_EQ(messages[1].tool_calls[0].arguments, deep);
}

TEST(Repair, IdsAreUniqueInTheConversation) {
  EXPECT_THAT(after({user("Hi"), bot("", {{"same", "a", "{}"}, {"same", "b", "{}"}}), result("same", "1"),
                     result("same", "2"), bot("", {{"", "c", "{}"}, {"same", "d", "{}"}}), result("", "3"),
                     result("same", "4")}),
              ElementsAre("user: Hi", "assistant:  [a{}] [b{}]", "tool(call00001): 1", "tool(call00002): 2",
                          "assistant:  [c{}] [d{}]", "tool(call00003): 3", "tool(call00004): 4"));
}

TEST(Repair, NamesFitEveryPattern) {
  const auto name = [](const std::string& given) {
    return repaired({bot("", {{"a", given, "{}"}})})[1].tool_calls[0].name;
  };
  EXPECT_EQ(name("open_door-2"), "open_door-2");
  EXPECT_EQ(name("functions.open door"), "functions_open_door");
  EXPECT_EQ(name(""), "unknown");
  EXPECT_EQ(name(std::string(100, 'x')).size(), 64U);
  EXPECT_EQ(name("é\xFF"), "___");
}

TEST(Repair, EveryCallHasItsResultInItsPlace) {
  EXPECT_THAT(
      after({user("Hi"), bot("", {{"a", "one", "{}"}, {"b", "two", "{}"}, {"c", "three", "{}"}}),
             result("c", "3"), result("a", " "), result("z", "nobody's")}),
      ElementsAre("user: Hi", "assistant:  [one{}] [two{}] [three{}]", "tool(call00001): (nothing)",
                  "tool(call00002): No result: the reply was interrupted before the tool had answered.",
                  "tool(call00003): 3"));
  EXPECT_THAT(after({result("a", "1"), user("Hi"), result("a", "2")}), ElementsAre("user: Hi"));
}

TEST(Repair, WhatIsAddedLeavesTheRestAsItWas) {
  std::vector<ChatMessage> messages{system("Be kind."), bot("Welcome."), user("Open it.")};
  std::vector<ChatMessage> before;
  for (int i = 0; i < 20; ++i) {
    messages.push_back(bot("Wait.", {{"x", "open", "["}}));
    messages.push_back(result("x", "open"));
    if (i % 2 == 0) messages.push_back(bot("Done."));
    messages.push_back(user("Again."));
    const auto after_more = repaired(messages);
    ASSERT_GE(after_more.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), after_more.begin()));
    before = after_more;
  }
}

TEST(Repair, WhateverComesIsTakenByTheStrictest) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::vector<std::string> texts{"", " ", "\n", "...", "Hi", "\u2014", "é", "One two."};
  const std::vector<std::string> arguments{"{}", "", "[", "[]", "{\"a\":1}", "{\"a\":", "null"};
  const std::vector<std::string> ids{"", "a", "b", "call00001", "0", std::string(300, 'x')};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<ChatMessage> messages;
    for (std::size_t i = below(12); i > 0; --i) {
      ChatMessage message{static_cast<Role>(below(4)), texts[below(texts.size())], {}, {}};
      if (message.role == Role::tool) message.tool_call_id = ids[below(ids.size())];
      for (std::size_t calls = message.role == Role::assistant ? below(4) : 0; calls > 0; --calls) {
        message.tool_calls.push_back(
            {ids[below(ids.size())], texts[below(texts.size())], arguments[below(arguments.size())]});
      }
      messages.push_back(std::move(message));
    }
    const auto once = repaired(messages);
    ASSERT_EQ(refusal_of(once).value_or("fine"), "fine") << testing::PrintToString(describe(messages));
    ASSERT_EQ(repaired(once), once);
  }
}

}  // namespace
}  // namespace unmuted
