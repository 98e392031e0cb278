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

TEST(ChatCompletion, NothingComesAfterTheEnd) {
  EXPECT_THAT(reply_of({chunk(R"({"content":"a"})", "\"stop\""), chunk(R"({"content":"b"})"), "[DONE]",
                        chunk(R"({"content":"c"})")}),
              ElementsAre("a", "finished(stop)"));
}

TEST(ChatCompletion, Failures) {
  EXPECT_THAT(error_of({R"({"error":{"message":"too long"}})"}), HasSubstr("too long"));
  EXPECT_THAT(error_of({chunk(R"({"content":"a"})")}), HasSubstr("broke off"));
  EXPECT_THAT(error_of({}), HasSubstr("broke off"));
  EXPECT_THAT(error_of({R"({"error":"bell \u0007 and\nbreak"})"}), Not(testing::ContainsRegex("[\x07\n]")));
}

/// What is left of a reply that says "One two." with `between` in its middle, and how much was ignored.
std::pair<std::string, std::size_t> with(const std::vector<std::string>& between) {
  ChatCompletion completion;
  std::vector<std::string> chunks = between;
  chunks.insert(chunks.begin(), chunk(R"({"role":"assistant","content":"One"})"));
  chunks.push_back(chunk(R"({"content":" two."})"));
  chunks.push_back(chunk("{}", "\"stop\""));
  for (const std::string& data : chunks) {
    const auto fed = completion.feed(data);
    EXPECT_TRUE(fed) << data << ": " << fed.error().message;
  }
  EXPECT_TRUE(completion.end());
  std::string all;
  for (const std::string& event : events_of(completion)) all += event;
  return {all, completion.ignored_chunks()};
}

std::pair<std::string, std::size_t> outcome(std::string all, std::size_t ignored) {
  return {std::move(all), ignored};
}

TEST(ChatCompletion, WhatIsNotUnderstoodIsPassedOver) {
  for (const char* strange : {"",
                              " ",
                              "null",
                              "7",
                              "\"x\"",
                              "true",
                              "[]",
                              "[1]",
                              "[{\"choices\":[]}]",
                              "x",
                              "{\"choices\": [}",
                              "{}",
                              R"({"choices":null})",
                              R"({"choices":7})",
                              R"({"choices":"x"})",
                              R"({"choices":{}})",
                              R"({"choices":[null]})",
                              R"({"choices":[7]})",
                              R"({"type":"ping"})",
                              R"({"choices":[{}]})",
                              R"({"choices":[{"index":0,"finish_reason":null}]})",
                              R"({"choices":[{"delta":null}]})",
                              R"({"choices":[{"delta":"x"}]})",
                              R"({"choices":[{"index":1,"delta":{"content":"another"}}]})",
                              R"({"message":"ok","code":0})",
                              R"({"message":"pong"})",
                              "[DONE"}) {
    EXPECT_EQ(with({strange}), outcome("One two.finished(stop)", 1U)) << strange;
  }
}

TEST(ChatCompletion, WhatSaysNothingIsUnderstood) {
  for (const char* silent : {R"({"choices":[]})", R"({"choices":[],"usage":{"total_tokens":3}})",
                             R"({"usage":{"total_tokens":3}})", R"({"choices":[{"delta":{}}]})",
                             R"({"choices":[{"delta":{"content":null,"tool_calls":null}}]})",
                             R"({"choices":[{"delta":{"content":7,"tool_calls":[7,null]}}]})",
                             R"({"choices":[{"delta":{},"finish_reason":""}]})",
                             R"({"choices":[{"delta":{},"finish_reason":"null"}]})",
                             R"({"choices":[null,{"delta":{"content":""}}]})"}) {
    EXPECT_EQ(with({silent}), outcome("One two.finished(stop)", 0U)) << silent;
  }
}

TEST(ChatCompletion, ErrorsThatSayNothing) {
  for (const char* nothing : {"null", "{}", "\"\"", "\" \"", "false", "0", "[]", R"({"message":null})",
                              R"({"message":"","code":0})", R"({"code":"0","message":"success"})"}) {
    const std::string error = nothing;
    EXPECT_EQ(with({R"({"choices":[],"error":)" + error + "}"}).first, "One two.finished(stop)") << error;
    EXPECT_EQ(with({R"({"choices":[{"delta":{"content":" and"}}],"error":)" + error + "}"}).first,
              "One and two.finished(stop)")
        << error;
  }
  EXPECT_EQ(with({R"({"choices":[],"code":0,"message":"success"})"}).first, "One two.finished(stop)");
}

TEST(ChatCompletion, ErrorsThatSaySomething) {
  EXPECT_THAT(error_of({R"({"error":{"message":"no memory"}})"}), HasSubstr("it failed: no memory"));
  EXPECT_THAT(error_of({R"({"error":"no memory","choices":[]})"}), HasSubstr("no memory"));
  EXPECT_THAT(error_of({R"({"error":{"code":500}})"}), HasSubstr("error 500"));
  EXPECT_THAT(error_of({R"({"error":{"message":"","type":"overloaded_error"}})"}),
              HasSubstr("overloaded_error"));
  EXPECT_THAT(error_of({R"([{"error":{"message":"no memory"}}])"}), HasSubstr("no memory"));
  EXPECT_THAT(error_of({R"({"object":"error","message":"no memory"})"}), HasSubstr("no memory"));
  EXPECT_THAT(error_of({R"({"message":"no memory","code":500})"}), HasSubstr("no memory"));
  EXPECT_THAT(error_of({R"({"message":"no memory","code":"oom"})"}), HasSubstr("no memory"));
  EXPECT_THAT(error_of({R"({"type":"error","error":{"type":"api_error","message":"no memory"}})"}),
              HasSubstr("no memory"));
  EXPECT_THAT(error_of({chunk("{}", "\"error\"")}), HasSubstr("finish_reason \"error\""));
  EXPECT_THAT(
      error_of({R"({"choices":[{"delta":{},"finish_reason":"error","error":{"message":"no memory"}}]})"}),
      HasSubstr("no memory"));
}

TEST(ChatCompletion, EventsOfTheTypeError) {
  ChatCompletion completion;
  EXPECT_TRUE(completion.feed("", "error"));
  EXPECT_TRUE(completion.feed("{}", "error"));
  EXPECT_TRUE(completion.feed(chunk(R"({"content":"a"})"), "error"));
  const auto failed = completion.feed(R"({"message":"no memory"})", "error");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("no memory"));
  EXPECT_THAT(ChatCompletion().feed("no memory", "error").error().message, HasSubstr("no memory"));
}

TEST(ChatCompletion, OnceFinishedNothingFailsIt) {
  for (const char* after :
       {R"({"error":{"message":"no memory"}})", "x", "", R"({"choices":[{"finish_reason":"error"}]})",
        R"({"choices":[{"delta":{"content":"b","tool_calls":[{"function":{"name":"f"}}]}}]})"}) {
    EXPECT_THAT(reply_of({chunk(R"({"content":"a"})", "\"stop\""), after}),
                ElementsAre("a", "finished(stop)"))
        << after;
  }
}

TEST(ChatCompletion, ReasonsAreTheModels) {
  for (const char* reason :
       {"stop", "length", "content_filter", "tool_calls", "end_turn", "eos", "whatever"}) {
    EXPECT_THAT(reply_of({chunk(R"({"content":"a"})"), chunk("{}", '"' + std::string(reason) + '"')}),
                ElementsAre("a", "finished(" + std::string(reason) + ")"));
  }
}

TEST(ChatCompletion, WhatIsBadlyWrittenIsRepaired) {
  EXPECT_THAT(reply_of({chunk(R"({"content":"Hi \ud83d"})"), chunk(R"({"content":"\ude42 there"})"),
                        chunk("{\"content\":\" caf\xE9.\"}"),
                        R"({"choices":[{"delta":{"content":" Bye."},"logprobs":{"p":-Infinity,"q":NaN}}]})",
                        chunk("{}", "\"stop\"")}),
              ElementsAre("Hi \uFFFD", "\uFFFD there", " caf\uFFFD.", " Bye.", "finished(stop)"));
  ChatCompletion whole;
  EXPECT_TRUE(whole.feed_whole(R"({"choices":[{"message":{"content":"Hi \ud83d"},"score":NaN}]})"));
  EXPECT_THAT(events_of(whole), ElementsAre("Hi \uFFFD", "finished(stop)"));
}

TEST(ChatCompletion, EventsThatAreLinesOfOne) {
  EXPECT_THAT(reply_of({"ping\n" + chunk(R"({"content":"a"})") + "\n" + chunk(R"({"content":"b"})"),
                        chunk(R"({"content":"c"})") + "\n[DONE]"}),
              ElementsAre("a", "b", "c", "finished(stop)"));
  EXPECT_THAT(reply_of({"{\"choices\":\n[{\"delta\":\n{\"content\":\"a\"}}]}", "[DONE]"}),
              ElementsAre("a", "finished(stop)"));  // one object on several lines
}

TEST(ChatCompletion, AReplyWithoutAReason) {
  EXPECT_THAT(reply_of({"[DONE]"}), ElementsAre("finished(none given)"));
  EXPECT_THAT(reply_of({R"({"choices":[]})", "[DONE]"}), ElementsAre("finished(none given)"));
  EXPECT_THAT(error_of({R"({"detail":"no memory"})", "[DONE]"}), HasSubstr("it failed: no memory"));
  EXPECT_THAT(error_of({R"({"detail":[{"msg":"no memory"}]})", "[DONE]"}), HasSubstr("no memory"));
}

TEST(ChatCompletion, VariantsOfTheMark) {
  for (const char* mark : {"[DONE]", " [DONE] ", "[DONE]\r", "\t[DONE]\n", "\"[DONE]\"", "\" [DONE]\" "}) {
    EXPECT_THAT(reply_of({chunk(R"({"content":"a"})"), mark}), ElementsAre("a", "finished(stop)"));
  }
}

TEST(ChatCompletion, MessagesInsteadOfDeltas) {
  EXPECT_THAT(reply_of({R"({"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]})"}),
              ElementsAre("Hello.", "finished(stop)"));
  EXPECT_THAT(
      reply_of({R"({"choices":[{"message":{"content":"Hel"}}]})",
                R"({"choices":[{"message":{"content":"Hello"}}]})",
                R"({"choices":[{"delta":{},"message":{"content":"Hello."},"finish_reason":"stop"}]})"}),
      ElementsAre("Hel", "lo", ".", "finished(stop)"));
  EXPECT_THAT(reply_of({R"({"choices":[{"message":{"content":"Hel"}}]})",
                        R"({"choices":[{"message":{"content":"lo."},"finish_reason":"stop"}]})"}),
              ElementsAre("Hel", "lo.", "finished(stop)"));
  EXPECT_THAT(reply_of({chunk(R"({"content":"Hel"})"), chunk(R"({"content":"lo."})"),
                        R"({"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]})"}),
              ElementsAre("Hel", "lo.", "finished(stop)"));
  EXPECT_THAT(
      reply_of({R"({"choices":[{"text":"Hello."}]})", R"({"choices":[{"text":"","finish_reason":"stop"}]})"}),
      ElementsAre("Hello.", "finished(stop)"));
}

TEST(ChatCompletion, AWholeAnswer) {
  ChatCompletion completion;
  EXPECT_TRUE(completion.feed_whole(
      R"({"choices":[{"message":{"content":"<think>x</think>Hello.","tool_calls":[{"id":"a","function":)"
      R"({"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{}})"));
  EXPECT_THAT(events_of(completion), ElementsAre("Hello.", "call(a,f,{})", "finished(tool_calls)"));
  EXPECT_THAT(ChatCompletion().feed_whole(R"({"error":{"message":"no memory"}})").error().message,
              HasSubstr("no memory"));
  EXPECT_THAT(ChatCompletion().feed_whole(R"({"models":[]})").error().message, HasSubstr("no reply"));
  EXPECT_THAT(ChatCompletion().feed_whole("{").error().message, HasSubstr("cannot be read"));
}

TEST(ChatCompletion, ContentInParts) {
  EXPECT_THAT(
      reply_of({chunk(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]}]})"),
                chunk(R"({"content":[{"type":"text","text":"a"},"b",{"type":"output_text","text":"c"}]})"),
                chunk(R"({"content":[{"type":"reasoning","text":"x"},{"type":"image_url"},7,null]})"),
                chunk(R"({"content":[{"type":"refusal","refusal":"I cannot."}]})"),
                chunk(R"({"refusal":" No."})"),
                chunk(R"({"content":{"type":"text","text":"d"}})", "\"stop\"")}),
      ElementsAre("abc", "I cannot.", " No.", "d", "finished(stop)"));
}

TEST(ChatCompletion, ThoughtsInFields) {
  for (const char* field : {"reasoning_content", "reasoning", "thinking"}) {
    EXPECT_THAT(reply_of({chunk("{\"" + std::string(field) + R"(":"They greet me."})"),
                          chunk("{\"" + std::string(field) + R"(":"","content":"Hello."})", "\"stop\"")}),
                ElementsAre("Hello.", "finished(stop)"));
  }
}

TEST(ChatCompletion, AThoughtThatWasNotOpened) {
  EXPECT_THAT(reply_of({chunk(R"({"content":"They greet me.</th"})"),
                        chunk(R"({"content":"ink>\n\nHello."})"), chunk("{}", "\"stop\"")}),
              ElementsAre("", "Hello.", "finished(stop)"));
  ChatCompletion known({}, true);
  EXPECT_TRUE(known.feed(chunk(R"({"content":"They greet me."})")));
  EXPECT_THAT(events_of(known), ElementsAre());
  EXPECT_TRUE(known.feed(chunk(R"({"content":"</think>Hello."})")));
  EXPECT_THAT(events_of(known), ElementsAre("Hello."));
  EXPECT_TRUE(known.began_in_thought());
  ChatCompletion apart({}, true);
  EXPECT_TRUE(apart.feed(chunk(R"({"reasoning_content":"They greet me."})")));
  EXPECT_TRUE(apart.feed(chunk(R"({"content":"Hello."})")));
  EXPECT_THAT(events_of(apart), ElementsAre("Hello."));
}

TEST(ChatCompletion, ACallThatIsAlsoInTheTextIsOne) {
  const std::vector<Tool> tools{{"f", "", "{}"}};
  ChatCompletion completion(tools);
  EXPECT_TRUE(completion.feed(
      chunk(R"({"content":"<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}}</tool_call>"})")));
  EXPECT_TRUE(completion.feed(
      chunk(R"({"content":"<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":2}}</tool_call>"})")));
  EXPECT_TRUE(completion.feed(
      chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{ \"x\": 1 }"}}]})",
            "\"stop\"")));
  EXPECT_TRUE(completion.end());
  EXPECT_THAT(events_of(completion),
              ElementsAre(R"(call(a,f,{ "x": 1 }))", R"(call(call_1,f,{"x":2}))", "finished(stop)"));
}

}  // namespace
}  // namespace unmuted
