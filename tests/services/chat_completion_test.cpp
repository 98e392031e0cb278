#include "services/chat_completion.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace unmuted {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// "text", "call(id,name,arguments)" and "finished(reason)", in order.
std::vector<std::string> events_of(ChatCompletion& completion) {
  std::vector<std::string> events;
  while (auto event = completion.take()) {
    if (const auto* text = std::get_if<ReplyText>(&*event)) events.push_back(text->text);
    if (const auto* call = std::get_if<ToolCall>(&*event)) {
      events.push_back("call(" + call->id + "," + call->name + "," + call->arguments + ")");
    }
    if (const auto* end = std::get_if<ReplyFinished>(&*event))
      events.push_back("finished(" + end->reason + ")");
  }
  return events;
}

std::string chunk(const std::string& delta, const std::string& reason = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}";
}

std::string error_of(std::vector<std::string> chunks) {
  ChatCompletion completion;
  for (const std::string& data : chunks) {
    if (auto fed = completion.feed(data); !fed) {
      EXPECT_EQ(fed.error().code, "service_unavailable");
      return fed.error().message;
    }
  }
  const auto ended = completion.end();
  return ended ? "no error" : ended.error().message;
}

std::vector<std::string> reply_of(std::vector<std::string> chunks) {
  ChatCompletion completion;
  for (const std::string& data : chunks) {
    const auto fed = completion.feed(data);
    EXPECT_TRUE(fed) << fed.error().message;
  }
  EXPECT_TRUE(completion.end());
  return events_of(completion);
}

TEST(ChatCompletionRequest, SaysEverything) {
  ReplyRequest request;
  request.messages = {{ChatMessage::Role::system, "Be brief.", {}, ""},
                      {ChatMessage::Role::user, "Hi", {}, ""},
                      {ChatMessage::Role::assistant, "", {{"c1", "count", "{\"n\":1}"}}, ""},
                      {ChatMessage::Role::tool, "one", {}, "c1"}};
  request.tools = {{"count", "Counts", R"({"properties":{},"type":"object"})"}};
  request.temperature = 0.3;
  EXPECT_EQ(json::parse(chat_completion_request(request, "m")), json::parse(R"({
    "model": "m", "stream": true, "temperature": 0.3,
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "count", "arguments": "{\"n\":1}"}}]},
      {"role": "tool", "content": "one", "tool_call_id": "c1"}],
    "tools": [{"type": "function", "function": {
      "name": "count", "description": "Counts", "parameters": {"type": "object", "properties": {}}}}]})"));
}

TEST(ChatCompletionRequest, WithoutToolsThereIsNoListOfThem) {
  const json body = json::parse(chat_completion_request({}, "m"));
  EXPECT_FALSE(body.contains("tools"));
  EXPECT_EQ(body["messages"], json::array());
}

TEST(ChatCompletionRequest, AnyTextIsSent) {
  ReplyRequest request;
  request.messages = {{ChatMessage::Role::user, "a\xff\"\n", {}, ""}};
  EXPECT_EQ(json::parse(chat_completion_request(request, "m"))["messages"][0]["content"], "a\uFFFD\"\n");
}

TEST(OnlyModel, OfAListOfOne) {
  EXPECT_EQ(only_model(R"({"data":[{"id":"llama"}]})"), "llama");
  EXPECT_THAT(only_model(R"({"data":[]})").error().message, HasSubstr("no model"));
  EXPECT_THAT(only_model(R"({"data":[{"id":"a"},{"id":"b"}]})").error().message,
              HasSubstr("choose one of a, b"));
  for (const char* body : {"", "[]", "{}", R"({"data":7})", "<html>"}) {
    EXPECT_FALSE(only_model(body)) << body;
  }
  EXPECT_FALSE(only_model(R"({"data":[7]})"));
}

TEST(FailureText, OfTheCommonServers) {
  EXPECT_EQ(failure_text(R"({"error":{"message":"a","type":"b"}})"), "a");
  EXPECT_EQ(failure_text(R"({"error":"a"})"), "a");
  EXPECT_EQ(failure_text(R"({"object":"error","message":"a"})"), "a");
  EXPECT_EQ(failure_text(R"({"detail":"a"})"), "a");
  EXPECT_EQ(failure_text("plain\nwords"), "plain\\nwords");
  EXPECT_EQ(failure_text(std::string(10'000, 'x')).size(), 200U);
}

TEST(ChatCompletion, TextAsItComes) {
  EXPECT_THAT(reply_of({chunk(R"({"role":"assistant","content":""})"), chunk(R"({"content":"Hel"})"),
                        chunk(R"({"content":"lo ✓"})"), chunk("{}", "\"stop\""),
                        R"({"choices":[],"usage":{}})", "[DONE]"}),
              ElementsAre("Hel", "lo ✓", "finished(stop)"));
}

TEST(ChatCompletion, EndsWithoutTheMarkToo) {
  EXPECT_THAT(reply_of({chunk(R"({"content":"a"})", "\"length\"")}), ElementsAre("a", "finished(length)"));
  EXPECT_THAT(reply_of({chunk(R"({"content":"a"})"), "[DONE]"}), ElementsAre("a", "finished(stop)"));
}

TEST(ChatCompletion, CallsAreCollectedByTheirIndex) {
  EXPECT_THAT(
      reply_of(
          {chunk(R"({"content":"Wait."})"),
           chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]})"),
           chunk(R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]})"),
           chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}},)"
                 R"({"index":1,"function":{"arguments":":2}"}}]})"),
           chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})"),
           chunk("{}", "\"tool_calls\""), "[DONE]"}),
      ElementsAre("Wait.", R"(call(a,f,{"x":1}))", R"(call(b,g,{"y":2}))", "finished(tool_calls)"));
}

TEST(ChatCompletion, CallsOfServersThatAreLessExact) {
  EXPECT_THAT(reply_of({chunk(R"({"tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},)"
                              R"({"function":{"name":"g"}}]})"),
                        chunk(R"({"tool_calls":[{"function":{"arguments":"{}"}}]})"), "[DONE]"}),
              ElementsAre(R"(call(call_0,f,{"x":1}))", "call(call_1,g,{})", "finished(stop)"));
}

TEST(ChatCompletion, ArgumentsArePassedOnAsTheyAre) {
  EXPECT_THAT(
      reply_of({chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{oops"}}]})"),
                "[DONE]"}),
      ElementsAre("call(a,f,{oops)", "finished(stop)"));
}

TEST(ChatCompletion, CallsAreBounded) {
  std::vector<std::string> many;
  for (int i = 0; i < 129; ++i) {
    many.push_back(
        chunk(R"({"tool_calls":[{"index":)" + std::to_string(i) + R"(,"function":{"name":"f"}}]})"));
  }
  EXPECT_THAT(error_of(many), HasSubstr("128 tool calls"));
  many.pop_back();
  many.push_back("[DONE]");
  EXPECT_EQ(error_of(many), "no error");

  const std::string part = std::string(50'000, 'x');
  const std::vector<std::string> large(
      6, chunk(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":")" + part + R"("}}]})"));
  EXPECT_THAT(error_of(large), HasSubstr("256 KiB"));
}

TEST(ChatCompletion, StrangeButHarmless) {
  EXPECT_THAT(
      reply_of({R"({"choices":[7]})", R"({"choices":[{"delta":null}]})",
                chunk(R"({"content":null,"tool_calls":null})"), chunk(R"({"content":7,"tool_calls":[7]})"),
                chunk(R"({"tool_calls":[{"index":18446744073709551615,"function":{"name":"f"}}]})"),
                chunk(R"({"tool_calls":[{"index":-1,"function":{"name":"g"}}]})"), "[DONE]", "[DONE]", "x"}),
      testing::Contains("finished(stop)"));
}

TEST(ChatCompletion, NothingComesAfterTheEnd) {
  EXPECT_THAT(reply_of({chunk(R"({"content":"a"})", "\"stop\""), chunk(R"({"content":"b"})"), "[DONE]",
                        chunk(R"({"content":"c"})")}),
              ElementsAre("a", "finished(stop)"));
}

TEST(ChatCompletion, Failures) {
  EXPECT_THAT(error_of({"{\"choices\": [}"}), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of({"7"}), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of({"{}"}), HasSubstr("without choices"));
  EXPECT_THAT(error_of({chunk("{\"content\":\"\xff\"}")}), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_of({R"({"error":{"message":"too long"}})"}), HasSubstr("too long"));
  EXPECT_THAT(error_of({chunk(R"({"content":"a"})")}), HasSubstr("broke off"));
  EXPECT_THAT(error_of({}), HasSubstr("broke off"));
  EXPECT_THAT(error_of({"bell \x07 and\nbreak"}), Not(testing::ContainsRegex("[\x07\n]")));
}

}  // namespace
}  // namespace unmuted
