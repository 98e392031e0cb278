#include "services/tool_call_collector.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<Tool>& doors() {
  static const std::vector<Tool> tools{{"open_door", "", "{}"}, {"list_doors", "", "{}"}};
  return tools;
}

/// The calls that come of chunks, each the text of its `tool_calls`: id,name,arguments. The last chunk ends
/// the reply.
std::vector<std::string> calls_of(const std::vector<std::string>& chunks, std::size_t dropped = 0) {
  ToolCallCollector collector(doors());
  for (const std::string& fragments : chunks) {
    EXPECT_TRUE(collector.feed(json::parse(fragments), &fragments == &chunks.back())) << fragments;
  }
  std::vector<std::string> calls;
  for (const ToolCall& call : collector.take())
    calls.push_back(call.id + "," + call.name + "," + call.arguments);
  EXPECT_EQ(collector.dropped(), dropped);
  return calls;
}

const std::string front = R"({"door":"front"})";
const std::string back = R"({"door":"back"})";

/// One fragment; fields that are empty are left out.
json fragment(const json& index, const std::string& id, const std::string& name,
              const std::string& arguments) {
  json call{{"type", "function"}, {"function", json::object()}};
  if (!index.is_null()) call["index"] = index;
  if (!id.empty()) call["id"] = id;
  if (!name.empty()) call["function"]["name"] = name;
  if (!arguments.empty()) call["function"]["arguments"] = arguments;
  return call;
}

std::string one(const json& index, const std::string& id, const std::string& name,
                const std::string& arguments) {
  return json::array({fragment(index, id, name, arguments)}).dump();
}

TEST(ToolCallCollector, CallsThatShareAnIndex) {
  EXPECT_THAT(calls_of({one(0, "a", "open_door", front), one(0, "b", "open_door", back)}),
              ElementsAre("a,open_door," + front, "b,open_door," + back));
  EXPECT_THAT(calls_of({one(0, "", "open_door", front), one(0, "", "open_door", back)}),
              ElementsAre(",open_door," + front, ",open_door," + back));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"door\":"), one(0, "b", "list_doors", "{}")}),
              ElementsAre("a,open_door,{\"door\":", "b,list_doors,{}"));
}

TEST(ToolCallCollector, CallsOfOneChunk) {
  for (const json& index : {json(0), json(nullptr), json("0"), json(-1)}) {
    const std::string both =
        json::array({fragment(index, "a", "open_door", front), fragment(index, "b", "open_door", back)})
            .dump();
    EXPECT_THAT(calls_of({both}), ElementsAre("a,open_door," + front, "b,open_door," + back)) << index;
    const std::string nameless_ids =
        json::array({fragment(index, "", "list_doors", "{}"), fragment(index, "", "list_doors", "{}")})
            .dump();
    EXPECT_THAT(calls_of({nameless_ids}), ElementsAre(",list_doors,{}", ",list_doors,{}")) << index;
  }
}

TEST(ToolCallCollector, ArgumentsInPieces) {
  for (const json& index : {json(0), json(1), json(7), json("3"), json(nullptr), json(2.0)}) {
    EXPECT_THAT(calls_of({one(index, "a", "open_door", ""), one(index, "", "", "{\"door\""),
                          one(index, "", "", ":\"front\"}")}),
                ElementsAre("a,open_door," + front))
        << index;
  }
}

TEST(ToolCallCollector, InterleavedByTheirIndex) {
  EXPECT_THAT(calls_of({one(0, "a", "open_door", ""), one(1, "b", "list_doors", "{"), one(0, "", "", front),
                        one(1, "", "", "}")}),
              ElementsAre("a,open_door," + front, "b,list_doors,{}"));
}

TEST(ToolCallCollector, WhatIsEmptyOrMissingChangesNothing) {
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", front.substr(0, 5)),
                R"([{"index":0,"id":"","type":null,"function":{"name":"","arguments":""}}])",
                R"([{"index":0,"id":null,"function":{"name":null,"arguments":null}}])", R"([{"index":0}])",
                R"([{"index":0,"function":null}])", R"([null,7,"x"])", "[]", one(0, "", "", front.substr(5)),
                R"([{"index":0,"id":"","function":{"name":"","arguments":""}}])",
                R"([{"index":0,"id":null,"function":{"name":null,"arguments":null}}])"}),
      ElementsAre("a,open_door," + front));
}

TEST(ToolCallCollector, NamesAndIdsThatAreRepeated) {
  const std::vector<std::string> pieces{"{\"do", "or\":\"fr", "ont\"}", "", " "};
  for (const char* id : {"a", ""}) {
    for (const json& index : {json(0), json(nullptr)}) {
      std::vector<std::string> chunks{one(index, id, "open_door", "")};
      for (const std::string& piece : pieces) chunks.push_back(one(index, id, "open_door", piece));
      const auto calls = calls_of(chunks);
      ASSERT_EQ(calls.size(), 1U);
      EXPECT_THAT(calls[0], HasSubstr(std::string(id) + ",open_door," + front));
    }
  }
}

TEST(ToolCallCollector, AnIdForEveryPiece) {
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", ""), one(0, "b", "", "{\"door\":"), one(0, "c", "", "\"front\"}")}),
      ElementsAre("a,open_door," + front));
}

TEST(ToolCallCollector, AnIndexForEveryPiece) {
  EXPECT_THAT(calls_of({one(0, "a", "open_door", ""), one(1, "", "", "{\"door\":"),
                        one(2, "", "", "\"front\"}"), one(3, "b", "list_doors", "{}")}),
              ElementsAre("a,open_door," + front, "b,list_doors,{}"));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"door\":"), one(1, "a", "", "\"front\"}")}),
              ElementsAre("a,open_door," + front));
}

TEST(ToolCallCollector, OneIdForCallsOfTwoIndexes) {
  EXPECT_THAT(calls_of({one(0, "x", "open_door", front), one(1, "x", "open_door", back)}),
              ElementsAre("x,open_door," + front, "x,open_door," + back));
}

TEST(ToolCallCollector, ALastChunkThatSaysEverythingAgain) {
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"door\":"), one(0, "", "", "\"front\"}"),
                        one(0, "a", "open_door", front)}),
              ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({one(0, "", "open_door", front), one(0, "", "open_door", "{ \"door\": \"front\" }")}),
              testing::SizeIs(1));
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", front), one(0, "", "", "{\"door\":"), one(0, "", "", "\"front\"}")}),
      ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", front), one(0, "", "", "{\"door\":")}),
              ElementsAre("a,open_door," + front));  // the repetition is cut off
}

TEST(ToolCallCollector, APlaceholderBeforeTheArguments) {
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", "{}"), one(0, "", "", "{\"door\":"), one(0, "", "", "\"front\"}")}),
      ElementsAre("a,open_door," + front));
}

TEST(ToolCallCollector, NamesInPieces) {
  EXPECT_THAT(calls_of({one(0, "a", "open_", ""), one(0, "", "door", ""), one(0, "", "", front)}),
              ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({one(0, "a", "open_", ""), one(0, "a", "open_door", front)}),
              ElementsAre("a,open_door," + front));
}

TEST(ToolCallCollector, ArgumentsOfAnyKind) {
  EXPECT_THAT(
      calls_of({R"([{"index":0,"id":"a","function":{"name":"open_door","arguments":{"door":"front"}}}])",
                R"([{"index":1,"id":"b","function":{"name":"open_door","arguments":["front"]}}])",
                R"([{"index":2,"id":"c","function":{"name":"list_doors","arguments":null}}])",
                R"([{"index":3,"id":"d","function":{"name":"list_doors","arguments":7}}])"}),
      ElementsAre("a,open_door," + front, "b,open_door,[\"front\"]", "c,list_doors,{}", "d,list_doors,7"));
}

TEST(ToolCallCollector, ArgumentsThatGrow) {
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", "{\"do"), one(0, "", "", "{\"door\":\"fr"), one(0, "", "", front)}),
      ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", ""), one(0, "a", "open_door", "{\""),
                        one(0, "a", "open_door", "{\"door\""), one(0, "a", "open_door", front)}),
              ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"do"), one(1, "b", "list_doors", "{"),
                        one(0, "", "", front), one(1, "", "", "}")}),
              ElementsAre("a,open_door," + front, "b,list_doors,{}"));
}

TEST(ToolCallCollector, FragmentsThatHappenToRepeatWhatCame) {
  EXPECT_THAT(
      calls_of({one(0, "a", "open_door", "{\"a\":"), one(0, "", "", "{\"a\":1}"), one(0, "", "", "}")}),
      ElementsAre(R"(a,open_door,{"a":{"a":1}})"));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"a\":"), one(0, "", "", "{\"a\":1}}")}),
              ElementsAre(R"(a,open_door,{"a":{"a":1}})"));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{"), one(0, "", "", "\"a\":\""), one(0, "", "", "{"),
                        one(0, "", "", "{x"), one(0, "", "", "\"}")}),
              ElementsAre(R"(a,open_door,{"a":"{{x"})"));
  EXPECT_THAT(calls_of({one(0, "a", "open_door", "{\"a\":["), one(0, "", "", "1,"), one(0, "", "", "1,"),
                        one(0, "", "", "1]}")}),
              ElementsAre(R"(a,open_door,{"a":[1,1,1]})"));
}

TEST(ToolCallCollector, NamesWithDecorations) {
  for (const char* name : {"functions.open_door:0", "functions.open_door", "open_door:3", " open_door "}) {
    EXPECT_THAT(calls_of({one(0, "a", name, front)}), ElementsAre("a,open_door," + front)) << name;
  }
  EXPECT_THAT(calls_of({one(0, "a", "functions.launch_rocket:0", front)}),
              ElementsAre("a,functions.launch_rocket:0," + front));
}

TEST(ToolCallCollector, ArgumentsThatAreWrapped) {
  const std::string text = json(front).dump();
  for (const std::string& wrapped : {text, json(text).dump(), "```json\n" + front + "\n```",
                                     "```\n" + front + "```\n", " " + front + "\n"}) {
    EXPECT_THAT(calls_of({one(0, "a", "open_door", wrapped)}), ElementsAre("a,open_door," + front))
        << wrapped;
  }
  for (const char* nothing : {"null", " null ", " ", "\n", "\"\"", "\"null\"", "\"{}\""}) {
    EXPECT_THAT(calls_of({one(0, "a", "list_doors", nothing)}), ElementsAre("a,list_doors,{}")) << nothing;
  }
  for (const char* other : {"{\"door\": tru", "[1]", "\"front\"", "``````", "```json"}) {
    EXPECT_THAT(calls_of({one(0, "a", "open_door", other)}),
                ElementsAre(std::string("a,open_door,") + other));
  }
}

TEST(ToolCallCollector, OtherShapes) {
  EXPECT_THAT(calls_of({R"([{"id":"a","name":"open_door","arguments":"{\"door\":\"front\"}"}])"}),
              ElementsAre("a,open_door," + front));
  EXPECT_THAT(calls_of({R"({"id":7,"function":{"name":"list_doors","parameters":{}}})"}),
              ElementsAre("7,list_doors,{}"));
  // The older `function_call`, in pieces.
  EXPECT_THAT(calls_of({R"({"name":"open_door","arguments":""})", R"({"arguments":"{\"door\":"})",
                        R"({"arguments":"\"front\"}"})"}),
              ElementsAre(",open_door," + front));
}

TEST(ToolCallCollector, CallsWithoutANameAreDropped) {
  EXPECT_THAT(calls_of({one(0, "a", "", "{}"), one(1, "b", "list_doors", "{}")}, 1),
              ElementsAre("b,list_doors,{}"));
  EXPECT_THAT(calls_of({one(0, "a", " ", "{}")}, 1), ElementsAre());
  EXPECT_THAT(calls_of({one(0, "a", "", "{}"), one(0, "", "list_doors", "")}),
              ElementsAre("a,list_doors,{}"));
}

TEST(ToolCallCollector, Limits) {
  ToolCallCollector many;
  for (int i = 0; i < 128; ++i) EXPECT_TRUE(many.feed(json::parse(one(i, "", "f", "{}")), false));
  const auto refused = many.feed(json::parse(one(128, "", "f", "{}")), false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("128 tool calls"));

  ToolCallCollector large;
  const std::string part(50'000, 'x');
  int fed = 0;
  while (fed < 100 && large.feed(json::parse(one(0, "", "f", part)), false)) ++fed;
  EXPECT_EQ(fed, 5);

  // Brackets without number cost no more than their bytes.
  ToolCallCollector brackets;
  const json bracket = json::parse(one(0, "", "", "}"));
  EXPECT_TRUE(brackets.feed(json::parse(one(0, "", "f", "{\"")), false));
  for (int i = 0; i < 200'000; ++i) EXPECT_TRUE(brackets.feed(bracket, false));
}

}  // namespace
}  // namespace unmuted
