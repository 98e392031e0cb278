// Sessions of clients of OpenAI's Realtime API: what they write and are answered.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/realtime_fixture.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::counting;
using test::steps_of;
using test::text_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
namespace fake = test::fake;

class RealtimeSessionTest : public test::RealtimeFixture {};

const json roll{{"type", "function"},
                {"name", "roll"},
                {"description", "Rolls a die"},
                {"parameters", {{"type", "object"}, {"properties", json::object()}}}};

// ---- The session --------------------------------------------------------------------------------------

TEST_F(RealtimeSessionTest, TheSessionComesFirstAndUpdatesAreAnsweredInFull) {
  begin();
  const json now = update({{"type", "realtime"}, {"instructions", "Be brief."}});
  EXPECT_EQ(now["instructions"], "Be brief.");
  EXPECT_EQ(now["id"], "sess_" + this->session->id());
  EXPECT_EQ(now["audio"]["input"]["turn_detection"]["interrupt_response"], true);
  expect_nothing_more();
}

TEST_F(RealtimeSessionTest, UpdatesAreMergedDeeply) {
  begin();
  update(json::parse(
      R"({"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 700}}},
    "tools": [{"type": "function", "name": "roll"}], "instructions": "a"})"));
  json now = update(json::parse(R"({"type": "realtime", "tracing": "auto", "audio": {"input":
    {"turn_detection": {"create_response": false}, "noise_reduction": {"type": "near_field"}}}})"));
  EXPECT_EQ(now["audio"]["input"]["turn_detection"]["silence_duration_ms"], 700);
  EXPECT_EQ(now["audio"]["input"]["turn_detection"]["create_response"], false);
  EXPECT_EQ(now["audio"]["input"]["noise_reduction"]["type"], "near_field");
  EXPECT_EQ(now["tools"].size(), 1U);
  EXPECT_EQ(now["tracing"], "auto");
  now = update({{"instructions", ""},
                {"tools", json::array()},
                {"audio", {{"input", {{"turn_detection", nullptr}}}}}});
  EXPECT_EQ(now["instructions"], "");
  EXPECT_THAT(now["tools"], IsEmpty());
  EXPECT_TRUE(now["audio"]["input"]["turn_detection"].is_null());
}

TEST_F(RealtimeSessionTest, NobodySpeaksUnasked) {
  begin("greeting = 'Hello.'");
  update({{"audio", {{"output", {{"voice", "Ann"}}}}}});
  expect_nothing_more();
  respond();
  EXPECT_EQ(text_of(response()["output"][0]), "Hello.");
}

TEST_F(RealtimeSessionTest, ACharacterIsNamedByVoiceOrModel) {
  options.model = "Ann";
  begin("greeting = 'I am Ann.'");
  cast.write("ben.lua", test::character("Ben"));
  respond();
  EXPECT_EQ(text_of(response()["output"][0]), "I am Ann.");
  EXPECT_EQ(update({{"audio", {{"output", {{"voice", "alloy"}}}}}})["audio"]["output"]["voice"], "Ann");
}

TEST_F(RealtimeSessionTest, WithoutACharacterItIsWhatTheClientSays) {
  begin();
  update({{"instructions", "You are a pirate."}, {"audio", {{"output", {{"voice", "alloy"}}}}}});
  write("Hi");
  respond();
  response();
  EXPECT_THAT(asked(0), ElementsAre("system: You are a pirate.", "user: Hi"));
}

TEST_F(RealtimeSessionTest, ToACharacterInstructionsAreAdded) {
  options.model = "Ann";
  begin();
  update({{"instructions", "Speak of ships."}});
  write("Hi");
  respond({{"instructions", "Speak of trains."}});
  response();
  EXPECT_THAT(asked(0).at(0), testing::AllOf(HasSubstr("Be Ann."), HasSubstr("Speak of trains."),
                                             testing::Not(HasSubstr("ships"))));
}

TEST_F(RealtimeSessionTest, AnotherCharacterGoesOnWithTheConversation) {
  cast.write("ben.lua", test::character("Ben"));
  options.model = "Ann";
  begin();
  write("My name is Eve.");
  respond();
  response();
  update({{"audio", {{"output", {{"voice", "Ben"}}}}}});
  write("Who am I?");
  respond();
  response();
  EXPECT_THAT(asked(1).at(0), HasSubstr("Be Ben."));
  EXPECT_EQ(asked(1).at(1), "user: My name is Eve.");
}

TEST_F(RealtimeSessionTest, ACastIsReloadedAndListed) {
  options.model = "Ann";
  begin();
  const std::string id = write("Hi")["id"];
  send({{"type", "session.characters.reload"}, {"directory", cast.path()}, {"event_id", "reload"}});
  const auto events = until("session.characters.reloaded");
  EXPECT_EQ(test::first_of(events, "conversation.item.deleted")["item_id"], id);
  EXPECT_EQ(events.back()["request_id"], "reload");
  respond();  // whoever was named plays again
  response();
  EXPECT_THAT(asked(0).at(0), HasSubstr("Be Ann."));
  send({{"type", "session.characters.list"}});
  EXPECT_EQ(until("session.characters.listed").back()["active"], "Ann");
}

// ---- Turns in text ------------------------------------------------------------------------------------

TEST_F(RealtimeSessionTest, ATurnInTextGoesInTheOrderThatClientsDependOn) {
  begin();
  const std::string user = write("Hi")["id"];
  model->reply({fake::text("Good day to you."), fake::finish()});
  respond();
  const auto events = until("response.done");
  EXPECT_THAT(steps_of(events),
              ElementsAre("response.created", "response.output_item.added", "conversation.item.added",
                          "response.content_part.added", "response.output_audio.done",
                          "response.output_audio_transcript.done", "response.content_part.done",
                          "response.output_item.done", "conversation.item.done", "response.done"));
  EXPECT_EQ(test::first_of(events, "conversation.item.added")["previous_item_id"], user);
  EXPECT_EQ(text_of(events.back()["response"]["output"][0]), "Good day to you.");
  expect_nothing_more();
}

TEST_F(RealtimeSessionTest, InTextModeTheModelsTextIsToldAsItIs) {
  begin();
  update({{"output_modalities", {"text"}}});
  write("Hi");
  const std::string text = "```json\n{\"a\": [1, *2*]}\n```";
  model->reply({fake::text(text.substr(0, 9)), fake::text(text.substr(9)), fake::finish()});
  respond();
  const auto events = until("response.done");
  EXPECT_THAT(
      steps_of(events),
      ElementsAre("response.created", "response.output_item.added", "conversation.item.added",
                  "response.content_part.added", "response.output_text.done", "response.content_part.done",
                  "response.output_item.done", "conversation.item.done", "response.done"));
  EXPECT_EQ(text_of(events.back()["response"]["output"][0]), text);
  EXPECT_EQ(text_of(retrieve(events.back()["response"]["output"][0]["id"])), text);
}

TEST_F(RealtimeSessionTest, MetadataComeBackAtBothEnds) {
  begin();
  write("Hi");
  respond({{"metadata", {{"client_event_id", "x"}}}});
  const auto events = until("response.done");
  EXPECT_EQ(events.front()["response"]["metadata"]["client_event_id"], "x");
  EXPECT_EQ(events.back()["response"]["metadata"]["client_event_id"], "x");
}

TEST_F(RealtimeSessionTest, TokensAreThoseThatTheModelCounted) {
  begin();
  write("Hi");
  model->reply({fake::text("Yes."), ReplyEvent(ReplyFinished{"stop", false, {12, 4, 3}})});
  respond();
  const json usage = response()["usage"];
  EXPECT_EQ(usage["input_tokens"], 12);
  EXPECT_EQ(usage["output_tokens"], 3);
  EXPECT_EQ(usage["input_token_details"]["cached_tokens"], 4);
  EXPECT_EQ(model->requests().at(0)["stream_options"]["include_usage"], true);
}

TEST_F(RealtimeSessionTest, AReplyThatIsCutShortByTheModelIsIncomplete) {
  begin();
  write("Hi");
  model->reply({fake::text("Once upon"), fake::finish("length")});
  respond({{"max_output_tokens", 2}});
  const json done = response();
  EXPECT_EQ(done["status_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(done["max_output_tokens"], 2);
  EXPECT_EQ(model->requests().at(0)["max_tokens"], 2);
}

TEST_F(RealtimeSessionTest, WhatIsNotActiveCannotBeCancelled) {
  begin();
  send({{"type", "response.cancel"}, {"event_id", "mine"}});
  const json refused = error();
  EXPECT_EQ(refused["code"], "response_cancel_not_active");
  EXPECT_EQ(refused["event_id"], "mine");
}

TEST_F(RealtimeSessionTest, OneResponseAtATime) {
  begin();
  write("Hi");
  model->reply({fake::text("Well "), fake::gate(), fake::finish()});
  respond();
  until("response.created");
  respond();
  const json refused = error();
  EXPECT_EQ(refused["code"], "conversation_already_has_active_response");
  EXPECT_EQ(refused["event_id"], "respond");
  send({{"type", "response.cancel"}});
  const json done = response();
  EXPECT_EQ(done["status"], "cancelled");
  EXPECT_EQ(done["status_details"]["reason"], "client_cancelled");
}

TEST_F(RealtimeSessionTest, WhatFailsIsToldAtTheEndOfTheResponse) {
  begin();
  write("Hi");
  model->reply({fake::text("Well "), ReplyEvent(ReplyFailed{{"service_unavailable", "It is gone", ""}})});
  respond();
  const auto events = until("response.done");
  EXPECT_EQ(test::count_of(events, "error"), 0U);
  EXPECT_EQ(events.back()["response"]["status"], "failed");
  EXPECT_EQ(events.back()["response"]["status_details"]["error"]["code"], "service_unavailable");
}

TEST_F(RealtimeSessionTest, AnItemThatComesDuringAReplyInterruptsNothing) {
  begin();
  write("Hi");
  model->reply({fake::text("Well now "), fake::gate(), fake::text("then."), fake::finish()});
  respond();
  until("response.content_part.added");
  const std::string late = write("Wait")["id"];
  model->release();
  const json done = response();
  EXPECT_EQ(done["status"], "completed");
  EXPECT_EQ(text_of(done["output"][0]), "Well now then.");
  EXPECT_EQ(rules.order().back(), late);
}

// ---- Items --------------------------------------------------------------------------------------------

TEST_F(RealtimeSessionTest, APastConversationIsRestored) {
  begin();
  update({{"instructions", "Help."}, {"tools", json::array({roll})}});
  write("Welcome.", "assistant");
  add({{"type", "message"},
       {"role", "user"},
       {"content", {{{"type", "input_audio"}, {"transcript", "Roll!"}}}}});
  add({{"type", "function_call"}, {"call_id", "c1"}, {"name", "roll"}, {"arguments", "{}"}});
  add({{"type", "function_call_output"}, {"call_id", "c1"}, {"output", "4"}});
  write("A four.", "assistant");
  write("Thanks");
  const json part{{"type", "input_text"}, {"text", "Be kind."}};
  add({{"type", "message"}, {"role", "system"}, {"content", json::array({part})}}, "root");
  respond();
  response();
  EXPECT_THAT(asked(0),
              ElementsAre("system: Help.\nBe kind.", "user: Hello.", "assistant: Welcome.", "user: Roll!",
                          "assistant: [roll{}]", "tool: 4", "assistant: A four.", "user: Thanks"));
}

TEST_F(RealtimeSessionTest, AnItemStandsWhereTheClientWantsIt) {
  begin();
  json first = write("one");
  write("three");
  const json part{{"type", "input_text"}, {"text", "two"}};
  const json second = add(
      {{"id", "mine"}, {"type", "message"}, {"role", "user"}, {"content", json::array({part})}}, first["id"]);
  EXPECT_EQ(second["id"], "mine");
  EXPECT_EQ(rules.order().at(1), "mine");
  respond();
  response();
  EXPECT_EQ(asked(0).back(), "user: one two three");
}

TEST_F(RealtimeSessionTest, ItemsAreFoundAndRemoved) {
  begin();
  const std::string id = write("Hi")["id"];
  EXPECT_EQ(text_of(retrieve(id)), "Hi");
  send({{"type", "conversation.item.delete"}, {"item_id", id}});
  EXPECT_EQ(until("conversation.item.deleted").back()["item_id"], id);
  for (const char* type : {"conversation.item.retrieve", "conversation.item.delete"}) {
    send({{"type", type}, {"item_id", id}, {"event_id", type}});
    const json refused = error();
    EXPECT_EQ(refused["code"], "item_not_found");
    EXPECT_EQ(refused["event_id"], type);
  }
}

TEST_F(RealtimeSessionTest, WhatCannotBeAddedIsRefused) {
  begin();
  const json item{{"id", "a"}, {"type", "message"}, {"role", "user"}, {"content", json::array()}};
  add(item);
  send({{"type", "conversation.item.create"}, {"item", item}, {"event_id", "twice"}});
  EXPECT_EQ(error()["code"], "item_exists");
  json other = item;
  other["id"] = "b";
  send({{"type", "conversation.item.create"}, {"item", other}, {"previous_item_id", "nobody"}});
  EXPECT_EQ(error()["code"], "item_not_found");
  send({{"type", "conversation.item.create"},
        {"item", {{"type", "function_call_output"}, {"call_id", "none"}, {"output", ""}}}});
  EXPECT_EQ(error()["code"], "item_not_found");
}

// ---- Tools --------------------------------------------------------------------------------------------

TEST_F(RealtimeSessionTest, AToolOfTheClientsIsHandedOutOnceAndWaitedFor) {
  begin();
  update({{"tools", json::array({roll})}});
  write("Roll!");
  model->reply({fake::text("Let me see."), fake::call("x", "roll", "{\"n\":6}"), fake::finish("tool_calls")});
  respond();
  const auto events = until("response.done");
  EXPECT_THAT(steps_of(events),
              ElementsAre("response.created", "response.output_item.added", "conversation.item.added",
                          "response.content_part.added", "response.output_audio.done",
                          "response.output_audio_transcript.done", "response.content_part.done",
                          "response.output_item.done", "conversation.item.done", "response.output_item.added",
                          "conversation.item.added", "response.function_call_arguments.done",
                          "response.output_item.done", "conversation.item.done", "response.done"));
  const json call = events.back()["response"]["output"][1];
  EXPECT_EQ(call["name"], "roll");
  EXPECT_EQ(call["arguments"], "{\"n\":6}");
  EXPECT_EQ(call["status"], "completed");
  expect_nothing_more();

  add({{"type", "function_call_output"}, {"call_id", call["call_id"]}, {"output", "4"}});
  respond();
  response();
  EXPECT_THAT(asked(1), testing::Contains("assistant: Let me see.[roll{\"n\":6}]"));
  EXPECT_EQ(asked(1).back(), "tool: 4");
}

TEST_F(RealtimeSessionTest, ACharactersToolsAreItsOwnAndRunHere) {
  options.model = "Ann";
  begin(counting);
  update({{"tools", json::array({roll})}});
  write("Count!");
  model->reply({fake::call("x", "count", "{}"), fake::finish("tool_calls")});
  model->reply({fake::text("One."), fake::finish()});
  respond();
  const auto events = until("response.done");
  EXPECT_EQ(test::count_of(events, "response.function_call_arguments.done"), 0U);
  EXPECT_EQ(text_of(events.back()["response"]["output"][0]), "One.");
  EXPECT_THAT(tools_asked(0), testing::IsSupersetOf({"count", "roll"}));
  EXPECT_THAT(asked(1), testing::Contains("tool: 1"));
}

TEST_F(RealtimeSessionTest, BothKindsInOneAnswerEndWithTheClients) {
  options.model = "Ann";
  begin(counting);
  update({{"tools", json::array({roll})}});
  write("Both!");
  model->reply({fake::call("x", "count", "{}"), fake::call("y", "roll", "{}"), fake::finish("tool_calls")});
  respond();
  const json done = response();
  ASSERT_EQ(done["output"].size(), 1U);
  EXPECT_EQ(done["output"][0]["name"], "roll");
  add({{"type", "function_call_output"}, {"call_id", done["output"][0]["call_id"]}, {"output", "6"}});
  respond();
  response();
  EXPECT_THAT(asked(1), testing::IsSupersetOf({"tool: 1", "tool: 6"}));
}

/// As OpenAI's agents SDK does, which asks for a reply behind each.
TEST_F(RealtimeSessionTest, ResultsMayComeOneByOne) {
  begin();
  update({{"tools", json::array({roll})}});
  write("Twice!");
  model->reply({fake::call("x", "roll", "{}"), fake::call("y", "roll", "{}"), fake::finish("tool_calls")});
  respond();
  const json calls = response()["output"];
  const auto tell = [&](std::size_t call, const char* result) {
    add({{"type", "function_call_output"}, {"call_id", calls.at(call)["call_id"]}, {"output", result}});
  };
  tell(0, "4");
  respond();
  response();
  EXPECT_THAT(asked(1), ElementsAre(testing::_, "user: Twice!", "assistant: [roll{}][roll{}]", "tool: 4",
                                    "tool: No result yet."));
  tell(1, "6");
  respond();
  response();
  EXPECT_THAT(asked(2), testing::IsSupersetOf({"tool: 4", "tool: 6"}));
}

TEST_F(RealtimeSessionTest, OfOneNameTheCharactersToolCounts) {
  options.model = "Ann";
  begin(counting);
  json count = roll;
  count["name"] = "count";
  const json now = update({{"tools", json::array({roll, count})}});
  EXPECT_EQ(now["tools"].size(), 1U);
  const json refused = error();
  EXPECT_EQ(refused["code"], "tool_name_taken");
  EXPECT_EQ(refused["event_id"], "update");
}

TEST_F(RealtimeSessionTest, WhichToolTheModelCallsIsTheClientsChoice) {
  begin();
  update({{"tools", json::array({roll})}});
  write("Hi");
  respond({{"tool_choice", "none"}});
  response();
  EXPECT_THAT(tools_asked(0), IsEmpty());
  write("Hi");
  respond({{"tool_choice", {{"type", "function"}, {"name", "roll"}}}});
  response();
  EXPECT_EQ(model->requests().at(1)["tool_choice"]["function"]["name"], "roll");
}

TEST_F(RealtimeSessionTest, ACallThatWasInterruptedIsNotHandedOut) {
  speak_aloud();
  begin();
  update({{"tools", json::array({roll})}});
  write("Roll!");
  model->reply({fake::text("Let me see what the dice say to that."), fake::call("x", "roll", "{}"),
                fake::finish("tool_calls")});
  respond();
  until("response.output_audio.delta");
  send({{"type", "response.cancel"}});
  EXPECT_EQ(response()["output"].size(), 1U);
  write("Hi");
  respond();
  response();
  EXPECT_THAT(asked(1), testing::Not(testing::Contains(HasSubstr("roll"))));
}

// ---- Beside the conversation --------------------------------------------------------------------------

TEST_F(RealtimeSessionTest, AReplyBesideTheConversationLeavesItAsItWas) {
  begin();
  const std::string id = write("My name is Eve.")["id"];
  model->reply({fake::text("{\"name\": \"Eve\"}"), fake::finish()});
  const json part{{"type", "input_text"}, {"text", "Name?"}};
  respond({{"conversation", "none"},
           {"output_modalities", {"text"}},
           {"instructions", "Extract."},
           {"metadata", {{"topic", "name"}}},
           {"input",
            {{{"type", "item_reference"}, {"id", id}},
             {{"type", "message"}, {"role", "user"}, {"content", json::array({part})}}}}});
  const json done = response();
  EXPECT_EQ(text_of(done["output"][0]), "{\"name\": \"Eve\"}");
  EXPECT_TRUE(done["conversation_id"].is_null());
  EXPECT_EQ(done["metadata"]["topic"], "name");
  EXPECT_THAT(asked(0), ElementsAre("system: Extract.", "user: My name is Eve. Name?"));
  EXPECT_THAT(rules.order(), ElementsAre(id));
  respond();
  response();
  EXPECT_EQ(asked(1).back(), "user: My name is Eve.");
}

TEST_F(RealtimeSessionTest, BesideItTheConversationIsSeenUnlessTheClientGivesSomething) {
  begin();
  write("My name is Eve.");
  respond({{"conversation", "none"}});
  response();
  EXPECT_EQ(asked(0).back(), "user: My name is Eve.");
  respond({{"conversation", "none"}, {"input", {{{"type", "item_reference"}, {"id", "nobody"}}}}});
  EXPECT_EQ(error()["code"], "item_not_found");
  EXPECT_EQ(rules.order().size(), 1U);
}

}  // namespace
}  // namespace unmuted
