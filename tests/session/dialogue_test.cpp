// Conversations of one session, without a socket to its client, and with a language model that can wait at
// gates.
#include "session/dialogue.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/dialogue_fixture.hpp"
#include "support/fake_model.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::character;
using test::count_of;
using test::counting;
using test::first_of;
using test::lines_of;
using test::types_of;
using test::fake::call;
using test::fake::FakeModel;
using test::fake::finish;
using test::fake::gate;
using test::fake::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class DialogueTest : public test::DialogueFixture {
 protected:
  void use_model() {
    auto made = std::make_unique<FakeModel>();
    model = made.get();
    host.use(std::move(made));
  }

  /// A session with Ann, whom the model speaks for and who has the tools `counting`; she has not spoken.
  void open_with_ann() {
    cast.write("ann.lua", character("Ann", counting, "local score = 0"));
    use_model();
    open();
  }

  void wait_for_requests(std::size_t count) {
    run_until([&] { return model->requests().size() >= count; });
  }
  [[nodiscard]] bool model_was_left() const { return model->abandoned() == 1; }
  [[nodiscard]] const json& request(std::size_t number) const { return model->requests().at(number); }

  FakeModel* model = nullptr;  ///< the host's
};

// ---- who speaks ------------------------------------------------------------------------------------------

TEST_F(DialogueTest, ACharacterRehearsesWhileThereIsNoModel) {
  cast.write("ann.lua", character("Ann"));
  open();
  select("Ann");
  EXPECT_EQ(next()["type"], "session.updated");
  const auto first = reply();
  EXPECT_EQ(first_of(first, "response.created")["response"]["voice"], "voices/Ann.wav");
  EXPECT_THAT(first_of(first, "response.created")["response"]["chat_history"], testing::IsEmpty());
  EXPECT_EQ(first_of(first, "response.text.done")["text"], "Hello, this is Ann.");
  EXPECT_THAT(ask("Good morning"),
              AllOf(HasSubstr("No language model is connected"), HasSubstr("\"Good morning\"")));
}

TEST_F(DialogueTest, TheEventsOfAReplyComeInTheirOrder) {
  cast.write("ann.lua", character("Ann", "greeting = 'Good day!',"));
  open();
  select("Ann");
  const auto events_of_reply = reply();
  EXPECT_THAT(types_of(events_of_reply),
              ElementsAre("session.updated", "response.created", "unmute.response.text.delta.ready",
                          "response.text.delta", "unmute.response.text.delta.ready", "response.text.delta",
                          "response.text.done", "response.audio.done", "unmute.additional_outputs"));
  EXPECT_EQ(events_of_reply[2]["delta"], "Good");
  EXPECT_EQ(events_of_reply[3]["delta"], "Good");
  EXPECT_EQ(events_of_reply[4]["delta"], " day!");
  EXPECT_EQ(events_of_reply[5]["delta"], "day!");
  EXPECT_THAT(lines_of(events_of_reply[8]["args"]["chat_history"]), ElementsAre("assistant: Good day!"));
}

TEST_F(DialogueTest, ANewContextReachesTheScriptInTheSameConversation) {
  cast.write("ann.lua", character("Ann", R"(reply = function(self, ctx)
      return "Level " .. (ctx.context and ctx.context.level or "none") .. "."
    end,)"));
  open();
  EXPECT_EQ(begin_with("Ann"), "Level none.");
  send({{"type", "session.update"}, {"session", {{"context", {{"level", 2}}}}}});
  EXPECT_EQ(ask("And now?"), "Level 2.");
  send({{"type", "session.update"}, {"session", {{"context", {{"level", 3}}}}}});
  EXPECT_EQ(ask("And now?"), "Level 3.");
}

TEST_F(DialogueTest, AScriptIsToldWhatACharacterWithoutATextWouldBe) {
  cast.write("ann.lua", character("Ann", "reply = function(self, ctx) return ctx.default_instructions end,"));
  open();
  EXPECT_THAT(begin_with("Ann"), HasSubstr("talk"));
}

TEST_F(DialogueTest, AVoiceOfNobodyIsNotIntroducedByItsPath) {
  cast.write("ann.lua", character("Ann"));
  open();
  send({{"type", "session.update"},
        {"session", {{"voice", "unmute/gone.wav"}, {"instructions", "Be kind."}}}});
  EXPECT_EQ(said(), "Hello.");
}

TEST_F(DialogueTest, PlaceholdersOfAPublishedTextDoNotReachTheModel) {
  cast.write("ann.lua", character("Ann"));
  cast.write("host.lua", character("Host", R"(system_prompt = function(self, ctx)
      return ctx.base(self.instructions.text, {place = "Rome"})
    end,)"));
  use_model();
  open();
  const std::string text = "You think of {{animal}}, in {{place}}.";
  int number = 0;
  for (const char* voice : {"unmute/gone.wav", "Ann", "Host"}) {
    send({{"type", "session.update"}, {"session", {{"voice", voice}, {"instructions", text}}}});
    said();
    const std::string prompt = request(static_cast<std::size_t>(number++))["messages"][0]["content"];
    EXPECT_THAT(prompt, AllOf(HasSubstr("You think of \u2026, in "), Not(HasSubstr("{{")))) << voice;
    EXPECT_EQ(prompt.find("in Rome.") != std::string::npos, voice == std::string_view("Host"));
  }
}

TEST_F(DialogueTest, AModelThatSaysNothingIsAWarning) {
  open_with_ann();
  model->reply({finish("length")});
  select("Ann");
  const auto seen = reply();
  const json error = first_of(seen, "error")["error"];
  EXPECT_EQ(error["type"], "warning");
  EXPECT_EQ(error["code"], "empty_reply");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("length"));
  EXPECT_EQ(count_of(seen, "response.audio.done"), 1U);
  EXPECT_EQ(ask("Hello?"), "You said: Hello?");
}

TEST_F(DialogueTest, APageGetsEveryWordInItsOrder) {
  std::string words, spoken;
  for (int i = 0; i < 30; ++i) words += (i == 0 ? "" : " ") + std::to_string(i);
  cast.write("ann.lua", character("Ann", "reply = function() return '" + words + "' end,"));
  open(Peer{.local = true, .browser = true});
  select("Ann");
  const auto seen = reply();
  for (const json& event : seen) {
    if (event["type"] == "response.text.delta")
      spoken += (spoken.empty() ? "" : " ") + event["delta"].get<std::string>();
  }
  EXPECT_EQ(spoken, words);
  EXPECT_EQ(first_of(seen, "response.text.done")["text"], words);
}

TEST_F(DialogueTest, AGreetingIsSpokenWordForWordAndTheModelLearnsOfIt) {
  cast.write("ann.lua", character("Ann", "greeting = 'Well met, by moonlight.',"));
  use_model();
  open();
  EXPECT_EQ(begin_with("Ann"), "Well met, by moonlight.");
  EXPECT_TRUE(model->requests().empty());
  EXPECT_EQ(ask("Who is there?"), "You said: Who is there?");
  ASSERT_EQ(model->requests().size(), 1U);
  EXPECT_THAT(lines_of(request(0)["messages"]),
              ElementsAre(AllOf(StartsWith("system: "), HasSubstr("Be Ann.")), "user: Hello.",
                          "assistant: Well met, by moonlight.", "user: Who is there?"));
  EXPECT_DOUBLE_EQ(request(0)["temperature"].get<double>(), 0.3);
}

TEST_F(DialogueTest, WithoutAGreetingTheModelOpensTheConversation) {
  open_with_ann();
  model->reply({text("I am Ann."), finish()});
  EXPECT_EQ(begin_with("Ann"), "I am Ann.");
  ask("And who am I?");
  EXPECT_THAT(lines_of(request(0)["messages"]), ElementsAre(StartsWith("system: "), "user: Hello."));
  EXPECT_DOUBLE_EQ(request(0)["temperature"].get<double>(), 0.7);
  EXPECT_THAT(lines_of(request(1)["messages"]), ElementsAre(StartsWith("system: "), "user: Hello.",
                                                            "assistant: I am Ann.", "user: And who am I?"));
  EXPECT_DOUBLE_EQ(request(1)["temperature"].get<double>(), 0.3);
}

TEST_F(DialogueTest, WordsAreToldWhileTheModelStillWrites) {
  open_with_ann();
  model->reply({text("One tw"), text("o three"), gate(), text(" four."), finish()});
  select("Ann");
  EXPECT_EQ(next()["type"], "session.updated");
  EXPECT_EQ(next()["type"], "response.created");
  EXPECT_EQ(next()["delta"], "One");
  EXPECT_EQ(next()["delta"], "One");
  EXPECT_EQ(next()["delta"], " two");
  EXPECT_EQ(next()["delta"], "two");
  model->release();
  EXPECT_EQ(said(), "One two three four.");
}

TEST_F(DialogueTest, AScriptAnswersInsteadOfTheModelAndMayEndTheCall) {
  cast.write("bob.lua", character("Bob", R"(reply = function(self, ctx)
    local last = ctx.history[#ctx.history]
    if not last then return "Bob here." end
    return {text = "You want " .. last.content, close = last.content == "to leave"} end,)"));
  use_model();
  open();
  EXPECT_EQ(begin_with("Bob"), "Bob here.");
  EXPECT_EQ(ask("to stay"), "You want to stay");
  EXPECT_FALSE(close_frame);
  EXPECT_EQ(ask("to leave"), "You want to leave");
  run_until([&] { return close_frame.has_value(); });
  EXPECT_EQ(close_frame->code, 1000);
  EXPECT_TRUE(model->requests().empty());
}

TEST_F(DialogueTest, AFarewellOfTheModelEndsTheCall) {
  open_with_ann();
  begin_with("Ann");
  model->reply({text("It was nice. Bye!"), finish()});
  EXPECT_EQ(ask("I must go"), "It was nice. Bye!");
  run_until([&] { return close_frame.has_value(); });
  EXPECT_EQ(close_frame->code, 1000);
}

TEST_F(DialogueTest, AnotherTextOfTheClientReplacesTheCharactersOwn) {
  open_with_ann();
  send({{"type", "session.update"}, {"session", {{"voice", "Ann"}, {"instructions", "Be terse."}}}});
  reply();
  EXPECT_THAT(lines_of(request(0)["messages"])[0], AllOf(HasSubstr("Be terse."), Not(HasSubstr("Be Ann."))));
}

// ---- what the client may not do ---------------------------------------------------------------------------

TEST_F(DialogueTest, NothingIsSaidToNobody) {
  cast.write("ann.lua", character("Ann"));
  open();
  request_reply();
  const json error = next();
  EXPECT_EQ(error["error"]["code"], "no_active_character");
  EXPECT_EQ(error["error"]["type"], "invalid_request_error");
  EXPECT_EQ(error["request_id"], "reply");
  say("Hello?");
  EXPECT_EQ(next()["error"]["code"], "no_active_character");
  cancel();
  EXPECT_EQ(next()["error"]["code"], "response_not_active");
}

TEST_F(DialogueTest, OneReplyAtATime) {
  open_with_ann();
  model->reply({text("Wait. "), gate(), text("Done."), finish()});
  select("Ann");
  until("response.text.delta");
  request_reply();
  const json error = next();
  EXPECT_EQ(error["error"]["code"], "response_already_active");
  EXPECT_EQ(error["request_id"], "reply");
  EXPECT_EQ(error["error"]["event_id"], "reply");
  model->release();
  EXPECT_EQ(said(), "Wait. Done.");
  cancel();
  const json refused = next();
  EXPECT_EQ(refused["error"]["code"], "response_not_active");
  EXPECT_EQ(refused["request_id"], "cancel");
}

TEST_F(DialogueTest, TheSameSelectionAgainInterruptsNothing) {
  open_with_ann();
  model->reply({text("Wait. "), gate(), text("Done."), finish()});
  select("Ann");
  until("response.text.delta");
  select("Ann");
  EXPECT_EQ(next()["type"], "session.updated");
  model->release();
  EXPECT_EQ(said(), "Wait. Done.");
}

// ---- a reply that is ended in each of its phases
// ------------------------------------------------------------

enum class Phase { connecting, streaming, tool_running, being_spoken };

/// Brings a reply of Ann's to one phase and lets the test end it there.
class EndingAReply : public DialogueTest, public testing::WithParamInterface<Phase> {
 protected:
  void SetUp() override {
    cast.write("bob.lua", character("Bob", "greeting = 'Bob here.',"));
    if (GetParam() == Phase::being_spoken) environment.words_per_minute = 1;
    open_with_ann();
    switch (GetParam()) {
      case Phase::connecting:
        model->reply({gate()});
        select("Ann");
        wait_for_requests(1);
        until("response.created");
        break;
      case Phase::streaming:
        model->reply({text("One two three"), gate(), text(" four."), finish()});
        select("Ann");
        until("response.text.delta");
        until("response.text.delta");
        break;
      case Phase::tool_running:
        model->reply({text("One two"), call("c1", "count", "{}"), gate(), finish("tool_calls")});
        model->reply({gate(), text(" never"), finish()});
        select("Ann");
        until("response.text.delta");
        host.pool.shut_gate();
        model->release();
        wait_for_held(1);
        until("response.text.delta");
        break;
      case Phase::being_spoken:
        model->reply({text("One two."), finish()});
        select("Ann");
        until("unmute.response.text.delta.ready");
        until("unmute.response.text.delta.ready");
        break;
    }
  }

  [[nodiscard]] std::string spoken_so_far() const {
    return GetParam() == Phase::streaming || GetParam() == Phase::tool_running ? "One two" : "";
  }
  [[nodiscard]] std::vector<std::string> history_so_far() const {
    const std::string spoken = spoken_so_far();
    return spoken.empty() ? std::vector<std::string>() : std::vector{"assistant: " + spoken + "\u2014"};
  }
  [[nodiscard]] bool model_is_at_work() const {
    return GetParam() == Phase::connecting || GetParam() == Phase::streaming;
  }

  /// What tells the client that the reply has ended.
  void expect_end() {
    const json done = next();
    EXPECT_EQ(done["type"], "response.text.done");
    EXPECT_EQ(done["text"], spoken_so_far());
    EXPECT_EQ(next()["type"], "response.audio.done");
    const json outputs = next();
    EXPECT_EQ(outputs["type"], "unmute.additional_outputs");
    EXPECT_EQ(lines_of(outputs["args"]["chat_history"]), history_so_far());
    if (model_is_at_work()) {
      EXPECT_TRUE(model_was_left());
    }
  }
};

TEST_P(EndingAReply, ByCancel) {
  cancel();
  expect_end();
  host.pool.open_gate();
  if (GetParam() == Phase::tool_running) {
    EXPECT_EQ(next()["type"], "unmute.tool_called");
  }
  cancel();
  EXPECT_EQ(next()["error"]["code"], "response_not_active");
}

TEST_P(EndingAReply, ByTheUsersWords) {
  say("Stop!");
  expect_end();
  host.pool.open_gate();
  if (GetParam() == Phase::tool_running) {
    EXPECT_EQ(next()["type"], "unmute.tool_called");
  }
  send({{"type", "session.characters.list"}});
  EXPECT_EQ(next()["active"], "Ann");  // and no reply has begun
}

TEST_P(EndingAReply, ByAnotherCharacter) {
  select("Bob");
  if (GetParam() == Phase::tool_running) {
    wait_for_held(2);
    cancel();  // else whether the tool or the new script is done first would decide what comes
    expect_end();
    host.pool.open_gate();
    EXPECT_EQ(first_of(until("session.updated"), "session.updated")["session"]["character"], "Bob");
  } else {
    expect_end();
    EXPECT_EQ(next()["session"]["character"], "Bob");
  }
  const json created = next();
  ASSERT_EQ(created["type"], "response.created");
  EXPECT_TRUE(created["response"]["chat_history"].empty());
  EXPECT_EQ(created["response"]["voice"], "voices/Bob.wav");
  if (GetParam() != Phase::being_spoken) {
    EXPECT_EQ(said(), "Bob here.");
  }
}

TEST_P(EndingAReply, ByAReload) {
  cast.write("ann.lua", character("Ann", "greeting = 'A new Ann.',"));
  reload();
  if (GetParam() == Phase::tool_running) {
    wait_for_held(2);
    host.pool.open_gate();
    const auto seen = until("session.characters.reloaded");
    EXPECT_EQ(count_of(seen, "response.text.done"), 1U);
    EXPECT_EQ(first_of(seen, "response.text.done")["text"], spoken_so_far());
    EXPECT_EQ(count_of(seen, "response.audio.done"), 1U);
  } else {
    expect_end();
    EXPECT_EQ(next()["type"], "session.characters.reloaded");
  }
  cancel();
  EXPECT_EQ(next()["error"]["code"], "response_not_active");
  send({{"type", "session.characters.list"}});
  EXPECT_TRUE(next()["active"].is_null());
  const std::size_t asked = model->requests().size();
  select("Ann");
  EXPECT_EQ(next()["type"], "session.updated");
  const json created = next();
  ASSERT_EQ(created["type"], "response.created");
  EXPECT_TRUE(created["response"]["chat_history"].empty());
  if (GetParam() != Phase::being_spoken) {
    EXPECT_EQ(said(), "A new Ann.");
  }
  EXPECT_EQ(model->requests().size(), asked);
}

TEST_P(EndingAReply, ByAReloadThatFailsDoesNot) {
  if (GetParam() == Phase::tool_running) host.pool.open_gate();
  send({{"type", "session.characters.reload"}, {"directory", "/nowhere/at/all"}});
  EXPECT_EQ(first_of(until("error"), "error")["error"]["code"], "directory_not_found");
  request_reply();
  EXPECT_EQ(first_of(until("error"), "error")["error"]["code"], "response_already_active");
}

TEST_P(EndingAReply, ByTheEndOfTheSession) {
  close();  // returns, although the model says nothing and the pool is held
  if (model_is_at_work()) {
    EXPECT_TRUE(model_was_left());
  }
  host.pool.open_gate();
  run_until([&] { return host.modules->size() == 0; });
  run_until([&] { return host.loader.budget()->used() == 0; });
}

std::string name_of_phase(const testing::TestParamInfo<Phase>& info) {
  switch (info.param) {
    case Phase::connecting:
      return "WhileTheModelConnects";
    case Phase::streaming:
      return "WhileTheModelWrites";
    case Phase::tool_running:
      return "WhileAToolRuns";
    case Phase::being_spoken:
      return "BetweenTheLastWordAndTheEnd";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(EveryPhase, EndingAReply,
                         testing::Values(Phase::connecting, Phase::streaming, Phase::tool_running,
                                         Phase::being_spoken),
                         name_of_phase);

TEST_F(DialogueTest, OfWhatWasInterruptedTheModelLearnsWhatWasHeard) {
  open_with_ann();
  model->reply({text("One two three"), gate(), finish()});
  select("Ann");
  until("response.text.delta");
  until("response.text.delta");
  say("Stop!");
  reply();
  request_reply();
  said();
  EXPECT_THAT(lines_of(request(1)["messages"]),
              ElementsAre(StartsWith("system: "), "user: Hello.", "assistant: One two", "user: Stop!"));
}

// ---- tools
// --------------------------------------------------------------------------------------------------

class ToolsTest : public DialogueTest {
 protected:
  void SetUp() override {
    open_with_ann();
    begin_with("Ann");
  }

  /// Lets the model call `name` and then answer "Done."; the events of the reply.
  std::vector<json> use(const std::string& name, const std::string& arguments = "{}") {
    model->reply({call("c1", name, arguments), finish("tool_calls")});
    model->reply({text("Done."), finish()});
    say("Go on");
    request_reply();
    auto seen = reply();
    EXPECT_EQ(first_of(seen, "response.text.done")["text"], "Done.");
    return seen;
  }
  [[nodiscard]] json result_sent_to_model() const { return model->requests().back()["messages"].back(); }
};

TEST_F(ToolsTest, AreOfferedRunAndTheirResultIsSentBack) {
  const auto seen = use("add", R"({"n": 5})");
  EXPECT_THAT(types_of(seen),
              ElementsAre("response.created", "unmute.tool_called", "unmute.response.text.delta.ready",
                          "response.text.delta", "response.text.done", "response.audio.done",
                          "unmute.additional_outputs"));
  EXPECT_EQ(seen[1]["name"], "add");
  EXPECT_EQ(seen[1]["arguments"], json({{"n", 5}}));
  EXPECT_EQ(seen[1]["result"], R"({"sum":5})");

  const json asked = request(1);
  ASSERT_EQ(asked["tools"].size(), 4U);
  EXPECT_EQ(asked["tools"][1]["function"]["name"], "add");
  EXPECT_EQ(asked["tools"][1]["function"]["parameters"]["required"], json({"n"}));
  const json answered = request(2)["messages"];
  EXPECT_EQ(answered[answered.size() - 2]["tool_calls"][0]["function"]["name"], "add");
  EXPECT_EQ(answered.back(),
            json({{"role", "tool"}, {"content", R"({"sum":5})"}, {"tool_call_id", "call00001"}}));
  EXPECT_EQ(answered[answered.size() - 2]["tool_calls"][0]["id"], "call00001");
}

TEST_F(ToolsTest, KeepTheirStateForOneConversation) {
  use("count");
  use("count");
  EXPECT_EQ(first_of(use("count"), "unmute.tool_called")["result"], "3");
  reload();
  until("session.characters.reloaded");
  begin_with("Ann");
  EXPECT_EQ(first_of(use("count"), "unmute.tool_called")["result"], "1");
}

TEST_F(ToolsTest, ThatGoWrongAreResultsForTheModel) {
  const auto result_of = [&](const std::string& name, const std::string& arguments) {
    const auto seen = use(name, arguments);
    EXPECT_EQ(count_of(seen, "error"), 0U) << name;
    return first_of(seen, "unmute.tool_called")["result"].get<std::string>();
  };
  EXPECT_THAT(result_of("launch", "{}"), HasSubstr("no tool 'launch'"));
  EXPECT_THAT(result_of("add", R"({"n": 5)"), HasSubstr("not JSON"));
  EXPECT_THAT(result_of("add", R"({"n": "five"})"), HasSubstr("n"));
  EXPECT_THAT(result_of("raise", "{}"), HasSubstr("no luck"));
  EXPECT_THAT(result_sent_to_model()["content"].get<std::string>(), HasSubstr("no luck"));
  const std::string text_of_metrics = host.metrics.text();
  EXPECT_THAT(text_of_metrics, HasSubstr(R"(character_tool_errors_total{error_type="json_parse"} 1)"));
  EXPECT_THAT(text_of_metrics, HasSubstr(R"(character_tool_errors_total{error_type="validation"} 1)"));
  EXPECT_THAT(text_of_metrics, HasSubstr(R"(character_tool_errors_total{error_type="execution"} 2)"));
  EXPECT_THAT(text_of_metrics,
              HasSubstr(R"(character_tool_calls_total{character_name="Ann",tool_name="raise"} 1)"));
}

TEST_F(ToolsTest, ThatLoopAreEndedWithOneErrorAndTheScriptBeginsAnew) {
  use("count");
  const auto seen = use("loop");
  ASSERT_EQ(count_of(seen, "error"), 1U);
  const json error = first_of(seen, "error")["error"];
  EXPECT_EQ(error["code"], "character_failed");
  EXPECT_EQ(error["type"], "warning");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("script-timeout"));
  EXPECT_THAT(host.metrics.text(), HasSubstr(R"(character_tool_errors_total{error_type="timeout"} 1)"));
  EXPECT_EQ(first_of(use("count"), "unmute.tool_called")["result"], "1");
}

TEST_F(ToolsTest, AtMostFourRoundsAndTheLastWithoutTools) {
  for (int round = 0; round < 3; ++round) {
    model->reply({call("c" + std::to_string(round), "count", "{}"), finish("tool_calls")});
  }
  model->reply({text("Enough."), call("c9", "count", "{}"), finish("tool_calls")});
  request_reply();
  const auto seen = reply();
  EXPECT_EQ(count_of(seen, "unmute.tool_called"), 3U);
  EXPECT_EQ(first_of(seen, "response.text.done")["text"], "Enough.");
  EXPECT_FALSE(request(4).contains("tools"));
}

TEST_F(ToolsTest, AResultThatComesAfterAnInterruptionIsKept) {
  model->reply({call("c1", "count", "{}"), finish("tool_calls")});
  host.pool.shut_gate();
  request_reply();
  wait_for_held(1);
  cancel();
  reply();
  host.pool.open_gate();
  EXPECT_EQ(next()["type"], "unmute.tool_called");
  ask("And?");
  const json messages = model->requests().back()["messages"];
  const json result = {{"role", "tool"}, {"content", "1"}, {"tool_call_id", "call00001"}};
  EXPECT_EQ(std::count(messages.begin(), messages.end(), result), 1);
}

TEST_F(ToolsTest, ACallOfAnEndedConversationIsNotSeenInTheNext) {
  model->reply({call("c1", "count", "{}"), finish("tool_calls")});
  host.pool.shut_gate();
  request_reply();
  wait_for_held(1);
  cancel();
  reply();
  reload();
  select("Ann");
  wait_for_held(2);
  host.pool.open_gate();
  until("session.updated");
  reply();
  EXPECT_EQ(first_of(use("count"), "unmute.tool_called")["result"], "1");
  EXPECT_EQ(model->requests().back()["messages"].size(),
            6U);  // system, Hello., answer, Go on, call, result
}

TEST_F(ToolsTest, TheEndOfASessionDoesNotWaitForAScriptThatIsMadeAnew) {
  use("loop");
  model->reply({call("c1", "count", "{}"), finish("tool_calls")});
  host.pool.shut_gate();
  request_reply();
  wait_for_held(1);
  close();  // returns although the pool is held
  host.pool.open_gate();
  run_until([&] { return host.modules->size() == 0; });
}

// ---- scripts that fail
// ----------------------------------------------------------------------------------------

class ScriptFaults : public DialogueTest {
 protected:
  void SetUp() override {
    cast.write("bob.lua", character("Bob", R"(reply = function(self, ctx)
      local last = ctx.history[#ctx.history]
      if not last then return "Bob here." end
      if last.content == "loop" then while true do end end
      if last.content == "raise" then error("no luck") end
      if last.content == "nonsense" then return 5 end
      count = count + 1
      return "Answer " .. count end,)",
                                    "local count = 0"));
    open();
    begin_with("Bob");
  }

  /// The one error of a turn.
  json failure_of(const std::string& words) {
    say(words);
    request_reply();
    const auto seen = reply();
    EXPECT_EQ(count_of(seen, "error"), 1U);
    EXPECT_EQ(count_of(seen, "response.text.done"), 1U);
    EXPECT_EQ(count_of(seen, "response.audio.done"), 1U);
    return first_of(seen, "error")["error"];
  }
};

TEST_F(ScriptFaults, AReplyThatLoopsIsOneErrorAndTheScriptBeginsAnew) {
  EXPECT_EQ(ask("x"), "Answer 1");
  const json error = failure_of("loop");
  EXPECT_EQ(error["code"], "character_failed");
  EXPECT_EQ(error["type"], "server_error");
  EXPECT_THAT(error["message"].get<std::string>(), AllOf(HasSubstr("'Bob'"), HasSubstr("script-timeout")));
  EXPECT_EQ(ask("x"), "Answer 1");
  EXPECT_EQ(ask("x"), "Answer 2");
}

TEST_F(ScriptFaults, AReplyThatRaisesIsOneErrorAndTheScriptGoesOn) {
  EXPECT_EQ(ask("x"), "Answer 1");
  EXPECT_THAT(failure_of("raise")["message"].get<std::string>(), HasSubstr("no luck"));
  EXPECT_EQ(ask("x"), "Answer 2");
  EXPECT_EQ(failure_of("nonsense")["code"], "character_failed");
  EXPECT_EQ(ask("x"), "Answer 3");
}

TEST_F(ScriptFaults, AReplyThatLoopsAndIsCancelledDoesNotSpoilTheNext) {
  host.pool.shut_gate();
  say("loop");
  request_reply();
  wait_for_held(1);
  host.pool.open_gate();
  run_until([&] { return !host.pool.wait_for_held(1, 0ms); });  // it loops
  cancel();
  reply();
  say("x");
  request_reply();
  const auto seen = reply();
  EXPECT_EQ(count_of(seen, "error"), 0U);
  EXPECT_EQ(first_of(seen, "response.text.done")["text"], "Answer 1");
}

TEST_F(ScriptFaults, AReplyThatIsCancelledBeforeItsTurnNeverRuns) {
  EXPECT_EQ(ask("x"), "Answer 1");
  host.pool.shut_gate();
  say("loop");
  request_reply();
  wait_for_held(1);
  cancel();
  reply();
  EXPECT_FALSE(host.pool.wait_for_held(1, 0ms));
  host.pool.open_gate();
  EXPECT_EQ(ask("x"), "Answer 2");  // the script has not been made anew
}

TEST_F(ScriptFaults, APromptThatLoopsLeavesTheConversationAsItIs) {
  cast.write("eve.lua", character("Eve", "system_prompt = function() while true do end end,"));
  reload();
  until("session.characters.reloaded");
  begin_with("Bob");
  EXPECT_EQ(ask("x"), "Answer 1");
  select("Eve");
  const json error = next();
  EXPECT_EQ(error["error"]["code"], "character_failed");
  EXPECT_THAT(error["error"]["message"].get<std::string>(), HasSubstr("'Eve'"));
  EXPECT_EQ(ask("x"), "Answer 2");
}

TEST_F(DialogueTest, WhatTheModelSaysIsBounded) {
  open_with_ann();
  test::fake::Script endless;
  for (int i = 0; i < 40; ++i) endless.push_back(text(std::string(1023, 'a') + " "));
  endless.push_back(gate());
  model->reply(endless);
  EXPECT_LE(begin_with("Ann").size(), 16U * 1024U);  // although the model would not have ended
  EXPECT_TRUE(model_was_left());
  EXPECT_EQ(ask("Shorter, please"), "You said: Shorter, please");
}

// ---- texts
// ------------------------------------------------------------------------------------------------------

TEST_F(DialogueTest, TextsThatCannotBeSaidAreRefused) {
  open_with_ann();
  begin_with("Ann");
  for (const std::string& bad : {std::string(32 * 1024 + 1, 'x'), std::string("bell \a")}) {
    say(bad);
    EXPECT_EQ(next()["error"]["code"], "invalid_text");
  }
  session->receive("{\"type\":\"conversation.item.create\",\"item\":\"\xff\"}");
  EXPECT_EQ(next()["error"]["code"], "invalid_json");
  say(std::string(32 * 1024, 'x'));
  request_reply();
  EXPECT_THAT(said(), StartsWith("You said: xxx"));
}

}  // namespace
}  // namespace unmuted
