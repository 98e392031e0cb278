#include "services/chat_request.hpp"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Role = ChatMessage::Role;

json body_of(const ReplyRequest& request, const json& extra = json::object(), const Concessions& made = {}) {
  return json::parse(write_json(chat_completion_request(request, "m", extra, made)));
}

TEST(ChatRequest, SaysEverything) {
  ReplyRequest request;
  request.messages = {{Role::system, "Be brief.", {}, ""},
                      {Role::user, "Hi", {}, ""},
                      {Role::assistant, "", {{"c1", "count", "{\"n\":1}"}}, ""},
                      {Role::tool, "one", {}, "c1"},
                      {Role::assistant, "Wait.", {{"c2", "count", "{}"}}, ""}};
  request.tools = {{"count", "Counts", R"({"properties":{},"type":"object"})"}};
  request.temperature = 0.3;
  EXPECT_EQ(body_of(request), json::parse(R"({
    "model": "m", "stream": true, "temperature": 0.3,
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "count", "arguments": "{\"n\":1}"}}]},
      {"role": "tool", "content": "one", "tool_call_id": "c1"},
      {"role": "assistant", "content": "Wait.", "tool_calls": [
        {"id": "c2", "type": "function", "function": {"name": "count", "arguments": "{}"}}]}],
    "tools": [{"type": "function", "function": {
      "name": "count", "description": "Counts", "parameters": {"type": "object", "properties": {}}}}]})"));
}

TEST(ChatRequest, WithoutToolsThereIsNoListOfThem) {
  const json body = body_of({});
  EXPECT_FALSE(body.contains("tools"));
  EXPECT_EQ(body["messages"], json::array());
}

TEST(ChatRequest, AnyTextIsSent) {
  ReplyRequest request;
  request.messages = {{Role::user, "a\xff\"\n\x01", {}, ""}};
  request.temperature = std::numeric_limits<double>::quiet_NaN();
  const json body = body_of(request);
  EXPECT_EQ(body["messages"][0]["content"], "a\uFFFD\"\n\x01");
  EXPECT_FALSE(body.contains("temperature"));
}

TEST(ChatRequest, ExtraParametersAreMerged) {
  ReplyRequest request;
  request.tools = {{"count", "Counts", "{}"}};
  const json extra = json::parse(R"({"temperature":null,"tools":null,"top_p":0.9,"a":{"b":null,"c":1}})");
  EXPECT_EQ(body_of(request, extra),
            json::parse(R"({"model":"m","messages":[],"stream":true,"top_p":0.9,"a":{"c":1}})"));
}

TEST(ChatRequest, ExtraParametersThatCannotBe) {
  EXPECT_EQ(read_extra_parameters(""), json::object());
  EXPECT_EQ(read_extra_parameters(" {\"a\":null} "), json::parse("{\"a\":null}"));
  for (const char* text : {"[]", "x", "7", "{", "{\"stream\":false}", "{\"messages\":null}", "{} {}"}) {
    EXPECT_EQ(read_extra_parameters(text).error().code, "invalid_configuration") << text;
  }
  EXPECT_THAT(read_extra_parameters("{\"model\":\"x\"}").error().message, HasSubstr("--llm-model"));
}

TEST(ChatRequest, TheTextOfTheSystemForWhomHasNoSuchRole) {
  ReplyRequest request;
  request.messages = {{Role::system, "Be brief.", {}, ""}, {Role::user, "Hi", {}, ""}};
  EXPECT_EQ(body_of(request, {}, {Concession::system_role})["messages"],
            json::parse(R"([{"role":"user","content":"Be brief.\n\nHi"}])"));
  request.messages = {{Role::system, "Be brief.", {}, ""}, {Role::assistant, "Hello.", {}, ""}};
  EXPECT_EQ(
      body_of(request, {}, {Concession::system_role})["messages"],
      json::parse(R"([{"role":"user","content":"Be brief."},{"role":"assistant","content":"Hello."}])"));
}

std::optional<Concession> conceded(const std::string& said, unsigned status = 400, const json& extra = {}) {
  ReplyRequest request;
  request.messages = {{Role::system, "Be brief.", {}, ""}, {Role::user, "Hi", {}, ""}};
  request.tools = {{"get_temperature", "", "{}"}};
  Refusal refusal;
  refusal.status = status;
  refusal.text = said;
  return concession_for(refusal, body_of(request, extra), {});
}

TEST(ChatRequest, RefusalsThatNameWhatIsRefused) {
  for (const char* said : {"Unsupported value: 'temperature' does not support 0.7 with this model. Only the "
                           "default (1) value is supported.",
                           "Unsupported parameter: 'temperature' is not supported with this model.",
                           "temperature: unknown field", "`temperature` is deprecated for this model."}) {
    EXPECT_EQ(conceded(said), Concession::temperature) << said;
  }
  for (const char* said :
       {"registry.ollama.ai/library/small:latest does not support tools",
        "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
        "tools is not supported in this model", "This model does not support function calling",
        "Tool use is not supported"}) {
    EXPECT_EQ(conceded(said), Concession::tools) << said;
  }
  EXPECT_EQ(conceded("No endpoints found that support tool use", 404), Concession::tools);
  EXPECT_EQ(conceded("tools param requires --jinja flag", 500), Concession::tools);
  EXPECT_EQ(conceded("tool_choice is not supported", 400, {{"tool_choice", "auto"}}),
            Concession::tool_choice);
  EXPECT_EQ(conceded("Unrecognized request argument supplied: stream_options", 400,
                     {{"stream_options", json::object()}}),
            Concession::stream_options);
  for (const char* said : {"System role not supported", "Only user and assistant roles are supported!",
                           "Conversation roles must alternate user/assistant/user/assistant/...",
                           "messages[0].role: does not support 'system' with this model"}) {
    EXPECT_EQ(conceded(said), Concession::system_role) << said;
  }
  EXPECT_EQ(conceded("raise_exception('System role not supported')", 500), Concession::system_role);
}

TEST(ChatRequest, OtherRefusals) {
  for (const char* said : {"", "Bad Request", "maximum context length is 4096 tokens",
                           "Invalid schema for function 'get_temperature'", "tools[0]: invalid schema",
                           "Unrecognized request argument supplied: stream_options"}) {
    EXPECT_EQ(conceded(said), std::nullopt) << said;
  }
  EXPECT_EQ(conceded("'temperature' is not supported", 500), std::nullopt);
  EXPECT_EQ(conceded("does not support tools", 401), std::nullopt);
}

}  // namespace
}  // namespace unmuted
