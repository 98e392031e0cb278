// Going back to a character, and to the conversation with it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session/dialogue_fixture.hpp"
#include "session/left_conversations.hpp"

namespace unmuted {
namespace {

using test::character;
using test::count_of;
using test::first_of;
using test::lines_of;
using testing::ElementsAre;

/// Characters that count how often they were asked.
class ResumeTest : public test::DialogueFixture {
 protected:
  ResumeTest() {
    for (const char* name : {"Ann", "Ben"}) write(name);
  }

  void write(const std::string& name) {
    cast.write(name + ".lua",
               character(name,
                         "greeting = 'I am " + name +
                             ".', reply = function() n = n + 1; return 'Number ' .. n .. '.' end",
                         "local n = 0"));
  }
  void go_to(const std::string& name, bool resume) {
    send({{"type", "session.update"}, {"session", {{"voice", name}, {"resume", resume}}}});
    EXPECT_EQ(first_of(until("session.updated"), "session.updated")["session"]["character"], name);
  }
  /// Whether the character says something first: what was asked later is answered later.
  bool greets() {
    send({{"type", "session.characters.list"}});
    return count_of(until("session.characters.listed"), "response.created") > 0;
  }
};

TEST_F(ResumeTest, TheConversationGoesOnWhereItWas) {
  open();
  begin_with("Ann");
  EXPECT_EQ(ask("Hello"), "Number 1.");
  go_to("Ben", true);  // of whom nothing is known
  EXPECT_EQ(said(), "I am Ben.");
  EXPECT_EQ(ask("And you"), "Number 1.");
  go_to("Ann", true);
  EXPECT_FALSE(greets());
  say("Once more");
  request_reply();
  const auto seen = reply();
  EXPECT_EQ(first_of(seen, "response.text.done")["text"], "Number 2.");
  EXPECT_THAT(lines_of(first_of(seen, "response.created")["response"]["chat_history"]),
              ElementsAre("assistant: I am Ann.", "user: Hello", "assistant: Number 1.", "user: Once more"));
  go_to("Ben", true);
  EXPECT_EQ(ask("Well"), "Number 2.");
}

TEST_F(ResumeTest, WithoutItASelectionBeginsAnew) {
  open();
  begin_with("Ann");
  EXPECT_EQ(ask("Hello"), "Number 1.");
  begin_with("Ben");
  go_to("Ann", false);
  EXPECT_EQ(said(), "I am Ann.");
  EXPECT_EQ(ask("Hello"), "Number 1.");
  begin_with("Ben");
  go_to("Ann", true);  // the second conversation, not the first
  EXPECT_EQ(ask("Hello"), "Number 2.");
}

TEST_F(ResumeTest, WhoIsThereAlreadyGoesOn) {
  open();
  begin_with("Ann");
  EXPECT_EQ(ask("Hello"), "Number 1.");
  go_to("Ann", true);
  EXPECT_FALSE(greets());
  EXPECT_EQ(ask("Hello"), "Number 2.");
}

TEST_F(ResumeTest, ALoadEndsThemAll) {
  open();
  begin_with("Ann");
  ask("Hello");
  begin_with("Ben");
  reload();
  until("session.characters.reloaded");
  go_to("Ann", true);
  EXPECT_EQ(said(), "I am Ann.");
  EXPECT_EQ(ask("Hello"), "Number 1.");
  run_until([&] { return host.modules->size() == 1; });
}

TEST_F(ResumeTest, TenAreKept) {
  for (int i = 0; i < 12; ++i) write("C" + std::to_string(i));
  open();
  for (int i = 0; i < 12; ++i) {
    begin_with("C" + std::to_string(i));
    ask("Hello");
  }
  run_until([&] { return host.modules->size() == LeftConversations::max_kept + 1; });
  go_to("C0", true);  // gone
  EXPECT_EQ(said(), "I am C0.");
  go_to("C2", true);
  EXPECT_EQ(ask("Hello"), "Number 2.");
  close();
  run_until([&] { return host.modules->size() == 0; });
  EXPECT_EQ(host.loader.budget()->used(), 0U);
}

TEST_F(ResumeTest, AReplyThatIsCutOffIsRememberedSo) {
  environment.words_per_minute = 60;
  open();
  select("Ann");
  until("response.text.delta");
  go_to("Ben", true);
  go_to("Ann", true);
  send({{"type", "response.create"}});
  const auto history =
      lines_of(first_of(until("response.created"), "response.created")["response"]["chat_history"]);
  EXPECT_THAT(history, ElementsAre("assistant: I\u2014", "user: ..."));
}

}  // namespace
}  // namespace unmuted
