// What a client of OpenAI's Realtime API may send.
#include "events/realtime/read.hpp"

#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/realtime/noted.hpp"
#include "events/user_text.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

template <class Event>
Event read_as(const json& event, const ReadState& state = {}) {
  auto message = read(event.dump(), state);
  if (!message) {
    ADD_FAILURE() << message.error().code << ": " << message.error().message;
    return {};
  }
  if (!std::holds_alternative<Event>(message->request)) {
    ADD_FAILURE() << "another event";
    return {};
  }
  return std::get<Event>(std::move(message->request));
}

Refusal refusal_of(std::string_view text, const ReadState& state = {}) {
  auto message = read(text, state);
  if (!message) return std::move(message.error());
  ADD_FAILURE() << "accepted: " << text.substr(0, 200);
  return {};
}

std::vector<std::string> paths_of(const json& event) {
  std::vector<std::string> paths;
  for (const Fault& fault : refusal_of(event.dump()).faults) paths.push_back(fault.path);
  return paths;
}

Configure updated(const json& session) {
  return read_as<Configure>({{"type", "session.update"}, {"session", session}});
}

json item_event(const json& item) {
  return {{"type", "conversation.item.create"}, {"item", item}};
}

json response_event(const json& response) {
  return {{"type", "response.create"}, {"response", response}};
}

// ---- session.update

TEST(RealtimeRead, AnUpdateHasWhatTheSessionSays) {
  const Configure wanted = updated(json::parse(R"({
    "type": "realtime", "model": "Charles", "output_modalities": ["text"], "instructions": "Be brief.",
    "audio": {"input": {"format": {"type": "audio/pcmu"}, "transcription": {"model": "whisper-1", "language": "fr"},
                        "turn_detection": {"type": "server_vad", "silence_duration_ms": 700, "create_response": false,
                                           "interrupt_response": false, "idle_timeout_ms": 5000}},
              "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "Anna", "speed": 1.2}},
    "tools": [{"type": "function", "name": "roll", "description": "Rolls", "parameters": {"type": "object"}}],
    "tool_choice": {"type": "function", "name": "roll"}, "max_output_tokens": 50})"));
  EXPECT_TRUE(wanted.stand_in);
  EXPECT_EQ(wanted.voice, "Anna");
  EXPECT_EQ(wanted.name, "Charles");
  const ReplyOptions& reply = wanted.settings.reply;
  EXPECT_EQ(reply.instructions, "Be brief.");
  EXPECT_EQ(reply.written, true);
  EXPECT_EQ(reply.max_tokens, 50);
  ASSERT_EQ(reply.tools.value_or(std::vector<ClientTool>()).size(), 1U);
  EXPECT_EQ(reply.tools->front().name, "roll");
  EXPECT_EQ(reply.tools->front().parameters, R"({"type":"object"})");
  ASSERT_TRUE(reply.tool_choice);
  EXPECT_EQ(reply.tool_choice->kind, ToolChoice::Kind::named);
  const TurnRules& turns = wanted.settings.turns;
  EXPECT_EQ(turns.by, TurnRules::By::silence);
  EXPECT_EQ(turns.silence, milliseconds(700));
  EXPECT_EQ(turns.replies, false);
  EXPECT_EQ(turns.interrupts, false);
  EXPECT_EQ(turns.idle, milliseconds(5000));
  EXPECT_EQ(wanted.settings.language, "fr");
  EXPECT_EQ(wanted.settings.noted.at(std::string(noted::input_format)), json({{"type", "audio/pcmu"}}));
}

TEST(RealtimeRead, WhatAnUpdateDoesNotSayStaysAsItWas) {
  const Configure wanted = updated({{"type", "realtime"}, {"tracing", "auto"}});
  EXPECT_FALSE(wanted.voice || wanted.name);
  EXPECT_FALSE(wanted.settings.reply.instructions || wanted.settings.reply.tools ||
               wanted.settings.reply.written);
  EXPECT_FALSE(wanted.settings.turns.by || wanted.settings.turns.silence || wanted.settings.turns.interrupts);
}

TEST(RealtimeRead, EmptyClearsAndNullTakesTurnsFromTheServer) {
  const Configure wanted = updated({{"instructions", ""},
                                    {"tools", json::array()},
                                    {"audio", {{"input", {{"turn_detection", nullptr}}}}}});
  EXPECT_EQ(wanted.settings.reply.instructions, "");
  ASSERT_TRUE(wanted.settings.reply.tools);
  EXPECT_TRUE(wanted.settings.reply.tools->empty());
  EXPECT_EQ(wanted.settings.turns.by, TurnRules::By::client);
}

TEST(RealtimeRead, MergingKeepsWhatWasNotSaid) {
  Settings settings = updated(json::parse(R"({"audio": {"input": {"turn_detection":
    {"type": "server_vad", "silence_duration_ms": 700, "create_response": false}}}})"))
                          .settings;
  merge(settings,
        updated(json::parse(R"({"audio": {"input": {"turn_detection": {"silence_duration_ms": 300}}}})"))
            .settings);
  EXPECT_EQ(settings.turns.by, TurnRules::By::silence);
  EXPECT_EQ(settings.turns.silence, milliseconds(300));
  EXPECT_EQ(settings.turns.replies, false);
}

TEST(RealtimeRead, TheBetasNamesMeanWhatTheyHaveBecome) {
  const Configure wanted = updated(json::parse(R"({
    "modalities": ["text", "audio"], "voice": "Anna", "input_audio_format": "g711_alaw",
    "output_audio_format": "pcm16", "input_audio_transcription": {"model": "whisper-1"},
    "turn_detection": {"type": "semantic_vad", "eagerness": "low"}, "max_response_output_tokens": "inf",
    "temperature": 0.8})"));
  EXPECT_EQ(wanted.voice, "Anna");
  EXPECT_EQ(wanted.settings.reply.written, false);
  EXPECT_EQ(wanted.settings.reply.max_tokens, 0);
  EXPECT_EQ(wanted.settings.turns.by, TurnRules::By::meaning);
  EXPECT_EQ(wanted.settings.turns.eagerness, TurnRules::Eagerness::low);
  EXPECT_EQ(wanted.settings.noted.at(std::string(noted::input_format)), json({{"type", "audio/pcma"}}));
}

TEST(RealtimeRead, ASessionOfTranscriptionHasNoReplies) {
  EXPECT_EQ(updated({{"type", "transcription"}}).settings.turns.replies, false);
  const Refusal refusal = refusal_of(R"({"type":"response.create","event_id":"e"})", {.transcribes = true});
  EXPECT_EQ(refusal.request_id, "e");
}

TEST(RealtimeRead, UnknownFieldsAreIgnored) {
  updated(json::parse(R"({"type": "realtime", "reasoning": {"effort": "low"}, "parallel_tool_calls": true,
    "prompt": {"id": "x"}, "truncation": "auto", "include": ["a"], "other": [1, 2],
    "audio": {"input": {"noise_reduction": {"type": "near_field"}}}})"));
}

// ---- what is wrong with it

TEST(RealtimeRead, EachWrongFieldIsNamedByItsPath) {
  EXPECT_THAT(
      paths_of(json::parse(R"({"type": "session.update", "session": {
      "type": "other", "instructions": 3, "output_modalities": ["video"], "tools": [{"type": "mcp"}, 4],
      "tool_choice": "maybe", "max_output_tokens": 0,
      "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}, "transcription": 1,
                          "turn_detection": {"type": "x", "eagerness": 1, "silence_duration_ms": -1,
                                             "create_response": "yes", "threshold": "a"}},
                "output": {"format": "mp3", "voice": 3}}}})")),
      testing::UnorderedElementsAre(
          "session.type", "session.instructions", "session.output_modalities", "session.tools[0].type",
          "session.tools[1]", "session.tool_choice", "session.max_output_tokens",
          "session.audio.input.format", "session.audio.input.transcription",
          "session.audio.input.turn_detection.type", "session.audio.input.turn_detection.eagerness",
          "session.audio.input.turn_detection.silence_duration_ms",
          "session.audio.input.turn_detection.create_response",
          "session.audio.input.turn_detection.threshold", "session.audio.output.format",
          "session.audio.output.voice"));
}

struct Wrong {
  const char* event;
  const char* path;
};

class RealtimeWrongEvent : public testing::TestWithParam<Wrong> {};

TEST_P(RealtimeWrongEvent, IsRefusedWithItsPathAndItsId) {
  json event = json::parse(GetParam().event);
  event["event_id"] = "mine";
  const Refusal refusal = refusal_of(event.dump());
  EXPECT_EQ(refusal.request_id, "mine");
  EXPECT_EQ(refusal.param, GetParam().path) << refusal.message;
  EXPECT_THAT(refusal.message, StartsWith(event["type"].get<std::string>() + ": "));
}

INSTANTIATE_TEST_SUITE_P(
    All, RealtimeWrongEvent,
    testing::Values(
        Wrong{R"({"type": "session.update"})", "session"},
        Wrong{R"({"type": "session.update", "session": 1})", "session"},
        Wrong{R"({"type": "input_audio_buffer.append"})", "audio"},
        Wrong{R"({"type": "input_audio_buffer.append", "audio": 1})", "audio"},
        Wrong{R"({"type": "input_audio_buffer.append", "audio": "a b"})", "audio"},
        Wrong{R"({"type": "conversation.item.create"})", "item"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "other"}})", "item.type"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "message", "role": "king"}})",
              "item.role"},
        Wrong{
            R"({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": 1}})",
            "item.content"},
        Wrong{
            R"({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [1]}})",
            "item.content[0]"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
                  "content": [{"type": "input_image", "image_url": "x"}]}})",
              "item.content[0].type"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
                  "content": [{"type": "input_audio", "audio": "AAAA"}]}})",
              "item.content[0].transcript"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "message", "role": "system",
                  "content": [{"type": "output_text", "text": "x"}]}})",
              "item.content[0].type"},
        Wrong{R"({"type": "conversation.item.create", "item": {"type": "function_call", "arguments": "{}"}})",
              "item.name"},
        Wrong{
            R"({"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c"}})",
            "item.output"},
        Wrong{
            R"({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []},
                  "previous_item_id": 3})",
            "previous_item_id"},
        Wrong{R"({"type": "conversation.item.retrieve"})", "item_id"},
        Wrong{R"({"type": "conversation.item.delete", "item_id": 1})", "item_id"},
        Wrong{R"({"type": "conversation.item.truncate", "item_id": "a", "content_index": 0})",
              "audio_end_ms"},
        Wrong{
            R"({"type": "conversation.item.truncate", "item_id": "a", "content_index": 1, "audio_end_ms": 1})",
            "content_index"},
        Wrong{R"({"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": -1})",
              "audio_end_ms"},
        Wrong{R"({"type": "response.create", "response": 1})", "response"},
        Wrong{R"({"type": "response.create", "response": {"conversation": "other"}})",
              "response.conversation"},
        Wrong{R"({"type": "response.create", "response": {"metadata": [1]}})", "response.metadata"},
        Wrong{R"({"type": "response.create", "response": {"input": 1}})", "response.input"},
        Wrong{R"({"type": "response.create", "response": {"conversation": "none", "input": [1]}})",
              "response.input[0]"},
        Wrong{R"({"type": "response.create", "response": {"input": [{"type": "message", "role": "user"}]}})",
              "response.input"},
        Wrong{R"({"type": "response.cancel", "response_id": 4})", "response_id"},
        Wrong{R"({"type": "session.characters.reload"})", "directory"}));

TEST(RealtimeRead, WhatIsNoEventIsRefusedWithItsIdWhereThereIsOne) {
  EXPECT_EQ(refusal_of("hello").code, "invalid_json");
  EXPECT_EQ(refusal_of("[]").code, "invalid_event");
  const Refusal unknown = refusal_of(R"({"type": "response.begin", "event_id": "e1"})");
  EXPECT_EQ(unknown.code, "unknown_event_type");
  EXPECT_EQ(unknown.request_id, "e1");
  const std::string deep(1000, '[');
  EXPECT_EQ(refusal_of(R"({"event_id": "e2", "type": "response.create", "response": )" + deep).request_id,
            "e2");
  const std::string huge = R"({"type": "session.update", "event_id": "e3", "session": {"instructions": ")" +
                           std::string(max_event, 'a') + "\"}}";
  EXPECT_EQ(refusal_of(huge).request_id, "e3");
  EXPECT_THAT(refusal_of(huge).message, HasSubstr("input_audio_buffer.append"));
}

TEST(RealtimeRead, WhatIsTooLargeIsRefused) {
  const auto path = [](const json& session) {
    return paths_of({{"type", "session.update"}, {"session", session}});
  };
  EXPECT_THAT(path({{"instructions", std::string(max_instructions + 1, 'a')}}),
              ElementsAre("session.instructions"));
  EXPECT_THAT(path({{"tools", json(max_tools + 1, 1)}}), ElementsAre("session.tools"));
  EXPECT_THAT(path({{"tracing", std::string(max_noted, 'a')}}), ElementsAre("session.tracing"));
  EXPECT_THAT(paths_of(response_event({{"metadata", {{"a", std::string(max_metadata, 'a')}}}})),
              ElementsAre("response.metadata"));
  const json part{{"type", "input_text"}, {"text", std::string(max_user_text + 1, 'a')}};
  const json message{{"type", "message"}, {"role", "user"}, {"content", json::array({part})}};
  EXPECT_EQ(refusal_of(item_event(message).dump()).code, "invalid_text");
}

// ---- items

TEST(RealtimeRead, ItemsOfEveryKind) {
  const auto item_of = [](const char* text) { return read_as<AddItem>(item_event(json::parse(text))).item; };
  const Item user = item_of(R"({"id": "i", "type": "message", "role": "user",
    "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]})");
  EXPECT_EQ(user.id, "i");
  EXPECT_EQ(user.text, "a\nb");
  EXPECT_FALSE(user.spoken);
  const Item bot = item_of(R"({"type": "message", "role": "assistant",
    "content": [{"type": "output_audio", "transcript": "Hi"}]})");
  EXPECT_EQ(bot.role, Item::Role::assistant);
  EXPECT_TRUE(bot.spoken);
  const Item beta =
      item_of(R"({"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]})");
  EXPECT_EQ(beta.text, "Hi");
  const Item system =
      item_of(R"({"type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]})");
  EXPECT_EQ(system.role, Item::Role::system);
  const Item call = item_of(R"({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"})");
  EXPECT_EQ(call.kind, Item::Kind::call);
  const Item result = item_of(R"({"type": "function_call_output", "call_id": "c", "output": "4"})");
  EXPECT_EQ(result.kind, Item::Kind::result);
  EXPECT_EQ(result.text, "4");
}

TEST(RealtimeRead, TheRootIsBeforeAllOthers) {
  json event = item_event(json::parse(R"({"type": "message", "role": "user", "content": []})"));
  EXPECT_EQ(read_as<AddItem>(event).after, std::nullopt);
  event["previous_item_id"] = nullptr;
  EXPECT_EQ(read_as<AddItem>(event).after, std::nullopt);
  event["previous_item_id"] = "root";
  EXPECT_EQ(read_as<AddItem>(event).after, "");
  event["previous_item_id"] = "x";
  EXPECT_EQ(read_as<AddItem>(event).after, "x");
}

// ---- replies

TEST(RealtimeRead, AResponseHasItsOptions) {
  EXPECT_FALSE(read_as<StartReply>({{"type", "response.create"}}).aside);
  const StartReply reply = read_as<StartReply>(response_event(json::parse(R"({
    "conversation": "none", "instructions": "Sum up.", "output_modalities": ["text"], "metadata": {"topic": "x"},
    "max_output_tokens": 9, "tool_choice": "none",
    "input": [{"type": "item_reference", "id": "a"},
              {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]})")));
  EXPECT_TRUE(reply.aside);
  EXPECT_EQ(reply.options.instructions, "Sum up.");
  EXPECT_EQ(reply.options.written, true);
  EXPECT_EQ(reply.noted, json({{"topic", "x"}}));
  ASSERT_TRUE(reply.input);
  ASSERT_EQ(reply.input->size(), 2U);
  EXPECT_EQ(reply.input->front().id, "a");
  EXPECT_EQ(reply.input->back().text, "Hi");
}

TEST(RealtimeRead, WhoCancelsAResponseThatIsOverCancelsNoOther) {
  const ReadState state{.response = "resp_2"};
  const auto event = [](const char* id) { return json{{"type", "response.cancel"}, {"response_id", id}}; };
  read_as<CancelReply>(event("resp_2"), state);
  read_as<CancelReply>({{"type", "response.cancel"}}, state);
  EXPECT_EQ(refusal_of(event("resp_1").dump(), state).code, "response_not_active");
}

// ---- sound

TEST(RealtimeRead, SoundIsOfTheSessionsForm) {
  for (const std::size_t bytes : {4U, 400U, 40'000U, 400'000U}) {
    const std::string audio(bytes, 'A');
    const AppendAudio append = read_as<AppendAudio>({{"type", "input_audio_buffer.append"}, {"audio", audio}},
                                                    {.sound = audio::SoundForm::mu_law});
    EXPECT_EQ(append.audio, audio);
    EXPECT_EQ(append.form, audio::SoundForm::mu_law);
  }
}

TEST(RealtimeRead, SoundIsFoundWhereverItStands) {
  const std::string audio(600, 'A');
  for (const std::string& event :
       {R"({"audio" : ")" + audio + R"(", "type": "input_audio_buffer.append"})",
        R"({"type": "input_audio_buffer.append", "x": {"audio": "BBBB"}, "audio": ")" + audio + "\"}",
        R"({"type": "input_audio_buffer.append", "x": "\"audio\":\"BBBB\"", "audio": ")" + audio + "\"}",
        R"({"type": "input_audio_buffer.append", "audio": "BBBB", "audio": ")" + audio + "\"}"}) {
    EXPECT_EQ(read_as<AppendAudio>(json::parse(event)).audio, audio);
    const auto request = read(event, {});
    ASSERT_TRUE(request) << event;
    EXPECT_EQ(std::get<AppendAudio>(request->request).audio, audio) << event;
  }
}

TEST(RealtimeRead, SoundThatIsNoneIsRefusedHoweverLongItIs) {
  for (const std::size_t bytes : {3U, 399U, 399'999U}) {
    json event{{"type", "input_audio_buffer.append"}, {"audio", std::string(bytes, 'A')}, {"event_id", "e"}};
    EXPECT_EQ(refusal_of(event.dump()).request_id, "e");
  }
}

// ---- the first event

TEST(RealtimeRead, TheFirstEventTellsTheDialect) {
  EXPECT_TRUE(begins_session(R"({"type":"session.update","session":{"type":"realtime"}})"));
  EXPECT_TRUE(begins_session(R"({"type":"session.update","session":{"type":"transcription"}})"));
  EXPECT_FALSE(begins_session(R"({"type":"session.update","session":{"voice":"Anna"}})"));
  EXPECT_FALSE(begins_session(R"({"type":"session.update","session":{"instructions":{"type":"realtime"}}})"));
  EXPECT_FALSE(begins_session(R"({"type":"response.create"})"));
  EXPECT_FALSE(begins_session("session.update"));
}

}  // namespace
}  // namespace unmuted::events::realtime
