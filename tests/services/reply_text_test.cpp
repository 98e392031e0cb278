#include "services/reply_text.hpp"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

const std::vector<Tool>& house() {
  static const std::vector<Tool> tools{
      {"open_door", "Opens",
       R"({"type":"object","properties":{"door":{"type":"string"},"times":{"type":"integer"}}})"},
      {"list_doors", "Lists", R"({"type":"object","properties":{}})"}};
  return tools;
}

/// What a reply comes to: what is said in the end, its calls as NAME(ARGUMENTS), and how many were dropped.
struct Outcome {
  std::string said;
  std::vector<std::string> calls;
  std::size_t dropped = 0;
  bool began_in_thought = false;

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << '"' << outcome.said << '"';
  for (const std::string& call : outcome.calls) out << ' ' << call;
  return out << " dropped " << outcome.dropped << (outcome.began_in_thought ? " began in a thought" : "");
}

struct Reading {
  std::span<const Tool> offered = house();
  bool begins_in_thought = false;
  bool complete = true;
};

Outcome read(const std::vector<std::string>& pieces, const Reading& reading = {}) {
  ReplyTextReader reader(reading.offered, reading.begins_in_thought);
  Outcome outcome;
  const auto hear = [&] {
    for (const ReplyText& text : reader.take_text()) {
      if (text.afresh) outcome.said.clear();
      outcome.said += text.text;
    }
  };
  for (const std::string& piece : pieces) {
    reader.feed(piece);
    hear();
  }
  reader.end(reading.complete);
  hear();
  for (const ToolCall& call : reader.take_calls()) {
    EXPECT_EQ(call.id, "");
    outcome.calls.push_back(call.name + "(" + call.arguments + ")");
  }
  outcome.dropped = reader.dropped_calls();
  outcome.began_in_thought = reader.began_in_thought();
  return outcome;
}

std::vector<std::string> in_pieces(const std::string& text, std::size_t size) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
  return pieces;
}

/// The outcome, which must not depend on how the text comes.
Outcome outcome_of(const std::string& text, const Reading& reading = {}) {
  const Outcome whole = read({text}, reading);
  for (std::size_t size = 1; size < std::min<std::size_t>(text.size(), 40); ++size) {
    EXPECT_EQ(read(in_pieces(text, size), reading), whole) << text << "\nin pieces of " << size;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    EXPECT_EQ(read({text.substr(0, at), text.substr(at)}, reading), whole) << text << "\nsplit at " << at;
  }
  return whole;
}

std::string said(const std::string& text) {
  const Outcome outcome = outcome_of(text);
  EXPECT_TRUE(outcome.calls.empty()) << text;
  EXPECT_EQ(outcome.dropped, 0U) << text;
  return outcome.said;
}

std::vector<std::string> calls(const std::string& text, const std::string& expected_text = "") {
  const Outcome outcome = outcome_of(text);
  EXPECT_EQ(outcome.said, expected_text) << text;
  EXPECT_EQ(outcome.dropped, 0U) << text;
  return outcome.calls;
}

using testing::ElementsAre;

TEST(ReplyText, OrdinaryTextIsUntouched) {
  for (const char* text : {"Hello.",
                           "  Hello,\n world! ",
                           "a < b",
                           "<3",
                           "I think <b>it</b> is <thinner> than </b>.",
                           "1 <",
                           "x <t",
                           "[laughs] Oh.",
                           "[T] and [think tank]",
                           "f <| g",
                           "<| a |>",
                           "<|>",
                           "<||>",
                           "{\"a\": 1}",
                           "{ well }",
                           "`x` and ```code```",
                           "- [ ] do it",
                           "“Quoted” – ▷ ◁ text ◁",
                           "\xE2\x97\x81",
                           "</",
                           "<think",
                           "a <function> of x",
                           "<functional>",
                           "List: [1, 2]\n[3]",
                           "",
                           "<a href=\"x\">y</a>",
                           "< think>"}) {
    EXPECT_EQ(said(text), text);
  }
}

TEST(ReplyText, IsPassedOnAtOnce) {
  ReplyTextReader reader(house());
  const auto hear = [&](std::string_view piece) {
    reader.feed(piece);
    std::string text;
    for (const ReplyText& part : reader.take_text()) text += part.text;
    return text;
  };
  EXPECT_EQ(hear("Hel"), "Hel");
  EXPECT_EQ(hear("lo "), "lo ");
  EXPECT_EQ(hear("a <"), "a ");
  EXPECT_EQ(hear(" b"), "< b");
  EXPECT_EQ(hear("<b"), "<b");
  EXPECT_EQ(hear("<th"), "");
  EXPECT_EQ(hear("e "), "<the ");
  EXPECT_EQ(hear("[la"), "[la");
  EXPECT_EQ(hear("<|x y"), "<|x y");
  EXPECT_EQ(hear("\n{\"na"), "\n");
  EXPECT_EQ(hear("tion\""), "{\"nation\"");
}

TEST(ReplyText, ThoughtsInTags) {
  for (const char* name : {"think", "thinking", "thought", "thoughts", "reasoning", "reflection",
                           "seed:think", "longcat_think", "analysis", "scratchpad", "reason",
                           "inner_monologue", "thinking_process", "ant_thinking", "THINK", "Thinking"}) {
    const std::string tag = name;
    EXPECT_EQ(said("<" + tag + ">They greet me.</" + tag + ">\n\nHello."), "Hello.") << tag;
    EXPECT_EQ(said("\n <" + tag + " effort=\"high\">a < b</" + tag + " > Hello."), "Hello.") << tag;
    EXPECT_EQ(said("<" + tag + "\n>x\n</" + tag + "\n>\nHello."), "Hello.") << tag;
    EXPECT_EQ(said("<" + tag + "/>Hello."), "Hello.") << tag;
    EXPECT_EQ(said("<" + tag + ">never closed"), "") << tag;
  }
}

TEST(ReplyText, ThoughtsInOtherMarks) {
  EXPECT_EQ(said("[THINK]x [y] z[/THINK]Hello."), "Hello.");
  EXPECT_EQ(said("<|begin_of_thought|>x<|end_of_thought|>\n<|begin_of_solution|>Hello.<|end_of_solution|>"),
            "Hello.");
  EXPECT_EQ(said("<|START_THINKING|>x<|END_THINKING|>Hello."), "Hello.");
  EXPECT_EQ(said("◁think▷x ◁ y◁/think▷Hello."), "Hello.");
  EXPECT_EQ(said("Hi. <tool_response>{\"made\":\"up\"}</tool_response>"), "Hi. ");
}

TEST(ReplyText, ThoughtsInThoughts) {
  EXPECT_EQ(said("<think>a<think>b</think>c</think>Hello."), "Hello.");
  EXPECT_EQ(said("<think>a<thinking>b</thinking>c</think>Hello."), "Hello.");
  EXPECT_EQ(said("<think>a <reflection> b</think>Hello."), "Hello.");
  EXPECT_EQ(said("<reasoning>a<think>b</think>c</reasoning>Hello."), "Hello.");
  EXPECT_EQ(said("<thinking>mismatched</think>Hello."), "Hello.");
  EXPECT_EQ(said("<think>a<tool_call>{\"name\":\"open_door\"}</tool_call></think>Hello."), "Hello.");
}

TEST(ReplyText, ThoughtsBetweenWords) {
  EXPECT_EQ(said("Hello.<think>x</think>And you?"), "Hello. And you?");
  EXPECT_EQ(said("Hello<think>x</think>you"), "Hello you");
  EXPECT_EQ(said("Hello\n<think>x</think>\nyou"), "Hello\n\nyou");
  EXPECT_EQ(said("<think>x</think> \n <think>y</think>\n Hello."), "Hello.");
}

TEST(ReplyText, WhatIsRemovedPartsWhatIsOnItsSides) {
  EXPECT_EQ(said("Good day.<think>x</think>And more."), "Good day. And more.");
  EXPECT_EQ(said("Done!<|im_end|>Good day."), "Done! Good day.");
  EXPECT_EQ(said("asked:<think>x</think>“Why?”"), "asked: “Why?”");
  EXPECT_EQ(said("asked:<think>x</think>\"Why?\""), "asked: \"Why?\"");
  EXPECT_EQ(said("One,<think>x</think><think>y</think>élan"), "One, élan");
  EXPECT_EQ(said("Good <think>x</think>day"), "Good day");
  EXPECT_EQ(said("Good<think>x</think> day"), "Good day");
  for (const char* sign : {".", ",", "!", "?", ";", ":", ")", "”", "’s", "…", "»", "。", "'s"}) {
    EXPECT_EQ(said(std::string("Hello<think>x</think>") + sign), std::string("Hello") + sign);
  }
  EXPECT_EQ(said("“<think>x</think>Why?<think>y</think>”"), "“Why?”");
  EXPECT_EQ(said("\"<think>x</think>Why?<think>y</think>\" Oh."), "\"Why?\" Oh.");
  EXPECT_EQ(said("(<think>x</think>yes)"), "(yes)");
  EXPECT_EQ(said("Hello<think>x</think>\xE2"), "Hello \xE2");
}

TEST(ReplyText, TagsInInlineCodeAreText) {
  for (const char* text : {"In the code `<think>` opens a thought. Good day.", "Use `<tool_call>` for tools.",
                           "The tag `</think>` ends it.", "``a ` <think>`` and more",
                           "`x` and `y <|im_end|> z`.", "`[TOOL_CALLS]`", "Both `<think>` and `</think>`."}) {
    EXPECT_EQ(said(text), text);
    EXPECT_FALSE(outcome_of(text).began_in_thought) << text;
  }
  // A backtick that stands alone, or code that is over, keeps nothing from being markup.
  EXPECT_EQ(said("It`s <think>x\n`</think>fine."), "It`s fine.");
  EXPECT_EQ(said("`a` <think>x</think>fine."), "`a` fine.");
  EXPECT_EQ(said("`a\n<think>`x`</think>fine."), "`a\nfine.");
  EXPECT_EQ(said("`<think>x"), "`");
  EXPECT_EQ(said("`<think>" + std::string(300, 'x') + "`</think>fine."), "` fine.");
  const Reading known{.begins_in_thought = true};
  EXPECT_EQ(outcome_of("The tag `</think>` ends it.", known),
            (Outcome{"The tag `</think>` ends it.", {}, 0, false}));
  EXPECT_EQ(outcome_of("It`s\nover`</think>Use `x`.", known).said, "Use `x`.");
}

TEST(ReplyText, TheHarmonyFormat) {
  EXPECT_EQ(said("<|channel|>analysis<|message|>They greet me.<|end|><|start|>assistant<|channel|>final"
                 "<|message|>Hello.<|return|>"),
            "Hello.");
  EXPECT_EQ(said("<|start|>assistant<|channel|>analysis<|message|>x<|start|>assistant<|channel|>final"
                 "<|message|>Hello."),
            "Hello.");
  EXPECT_EQ(said("<|start|>assistant<|channel|>commentary<|message|>One moment.<|end|>"), "One moment.");
  EXPECT_EQ(said("<|channel|>analysis<|message|>cut off"), "");
  EXPECT_EQ(said("<|channel|>analy"), "");
  EXPECT_EQ(said("Hi.<|end|><|start|>user<|message|>And me?<|end|><|start|>assistant<|message|>Yes."),
            "Hi. Yes.");
  EXPECT_THAT(calls("<|channel|>analysis<|message|>I open it.<|end|><|start|>assistant<|channel|>commentary "
                    "to=functions.open_door <|constrain|>json<|message|>{\"door\":\"front\"}<|call|>"),
              ElementsAre(R"(open_door({"door":"front"}))"));
  EXPECT_THAT(
      calls("<|start|>assistant to=functions.list_doors<|channel|>commentary json<|message|>{}<|call|>"),
      ElementsAre("list_doors({})"));
}

TEST(ReplyText, StraySpecialTokens) {
  for (const char* token : {"<|im_end|>", "<|eot_id|>", "<|endoftext|>", "</s>", "<end_of_turn>", "<|END|>",
                            "<｜end▁of▁sentence｜>", "<|message|>", "</tool_call>"}) {
    EXPECT_EQ(said(std::string("Hello.") + token), "Hello.") << token;
    EXPECT_EQ(said(std::string(token) + "\nHello."), "Hello.") << token;
  }
  EXPECT_EQ(said("<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nMade up.<|im_end|>"),
            "Hello.\n");
  EXPECT_EQ(said("<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>"), "Hello.");
  EXPECT_EQ(said("<start_of_turn>model\nHello.<end_of_turn>"), "Hello.");
}

TEST(ReplyText, AReplyThatBeginsInAThought) {
  const Outcome outcome = outcome_of("They greet me.\n</think>\n\nHello.");
  EXPECT_EQ(outcome.said, "Hello.");
  EXPECT_TRUE(outcome.began_in_thought);
  // Only once, and only where the reply has not opened a thought by itself.
  EXPECT_EQ(outcome_of("a</think>b</think>c").said, "b c");
  EXPECT_EQ(outcome_of("<think>a</think>b</think>c").said, "b c");
  EXPECT_FALSE(outcome_of("</think>\nHello.").began_in_thought);
  EXPECT_THAT(outcome_of("{\"name\":\"list_doors\"}</think>Hello.").calls, ElementsAre());
}

TEST(ReplyText, WhatWasSaidOfAThoughtIsTakenBack) {
  ReplyTextReader reader;
  reader.feed("They greet ");
  EXPECT_EQ(reader.take_text().size(), 1U);
  reader.feed("me.</think> Hi.");
  const auto texts = reader.take_text();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_TRUE(texts[0].afresh);
  EXPECT_EQ(texts[0].text, "");
  EXPECT_FALSE(texts[1].afresh);
  EXPECT_EQ(texts[1].text, "Hi.");
}

TEST(ReplyText, OfAModelThatBeginsInThoughts) {
  const Reading known{.begins_in_thought = true};
  EXPECT_EQ(outcome_of("They <b> greet me.</think>\nHello.", known), (Outcome{"Hello.", {}, 0, true}));
  EXPECT_EQ(outcome_of("<think>x</think>Hello.", known), (Outcome{"Hello.", {}, 0, true}));
  // It did not this time: the text comes at the end, with all that is in it.
  EXPECT_EQ(outcome_of("Hello.", known), (Outcome{"Hello.", {}, 0, false}));
  EXPECT_EQ(outcome_of("Wait. <tool_call>{\"name\":\"list_doors\"}</tool_call>", known),
            (Outcome{"Wait. ", {"list_doors({})"}, 0, false}));
  // It was cut off in the middle of its thought.
  EXPECT_EQ(outcome_of("They greet", {.begins_in_thought = true, .complete = false}),
            (Outcome{"", {}, 0, true}));

  ReplyTextReader apart(house(), true);
  apart.feed("Hel");
  apart.thoughts_are_apart();
  apart.feed("lo");
  const auto texts = apart.take_text();
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].text, "Hello");
}

TEST(ReplyText, CallsInTagsAreRun) {
  const std::string front = R"(open_door({"door":"front"}))";
  EXPECT_THAT(calls(R"(<tool_call>{"name":"open_door","arguments":{"door":"front"}}</tool_call>)"),
              ElementsAre(front));
  EXPECT_THAT(
      calls("<tool_call>\n{\"name\": \"open_door\", \"arguments\": \"{\\\"door\\\":\\\"front\\\"}\"}\n"
            "</tool_call>\n<tool_call>{\"name\":\"list_doors\"}</tool_call>"),
      ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(calls("One moment. <tool_call>{\"name\":\"list_doors\",\"parameters\":{}}", "One moment. "),
              ElementsAre("list_doors({})"));  // the end is missing
  EXPECT_THAT(calls("<tool_calls>[{\"name\":\"open_door\",\"arguments\":{\"door\":\"front\"}},"
                    "{\"function\":{\"name\":\"list_doors\",\"arguments\":\"{}\"}}]</tool_calls>"),
              ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(calls("<tool_call>\n<function=open_door>\n<parameter=door>\nfront\n</parameter>\n</function>\n"
                    "</tool_call>"),
              ElementsAre(front));
  EXPECT_THAT(calls("<function=open_door>{\"door\":\"front\"}</function><function=list_doors></function>"),
              ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(calls("<function=open_door><parameter=door>front</parameter><parameter=times>2</parameter>"),
              ElementsAre(R"(open_door({"door":"front","times":2}))"));
  EXPECT_THAT(calls("<tool_call>open_door\n<arg_key>door</arg_key>\n<arg_value>front</arg_value>\n"
                    "<arg_key>times</arg_key><arg_value>2</arg_value></tool_call>"),
              ElementsAre(R"(open_door({"door":"front","times":2}))"));
  EXPECT_THAT(calls("<tool_call>list_doors\n</tool_call>"), ElementsAre("list_doors({})"));
  EXPECT_THAT(
      calls("<function_calls>\n<invoke name=\"open_door\">\n<parameter name=\"door\">front</parameter>\n"
            "</invoke>\n<invoke name=\"list_doors\">\n</invoke>\n</function_calls>"),
      ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(
      calls("<｜DSML｜function_calls><｜DSML｜invoke name=\"open_door\"><｜DSML｜parameter name=\"door\" "
            "string=\"true\">front</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>"),
      ElementsAre(front));
}

TEST(ReplyText, CallsInMoreTags) {
  const std::string front = R"(open_door({"door":"front"}))";
  EXPECT_THAT(calls(R"(<TOOLCALL>[{"name":"open_door","arguments":{"door":"front"}}]</TOOLCALL>)"),
              ElementsAre(front));
  EXPECT_THAT(calls(R"(<tools>{"name":"open_door","arguments":{"door":"front"}}</tools>)"),
              ElementsAre(front));
  EXPECT_EQ(outcome_of("Wait. <start_function_call>call:open_door{door:front}<end_function_call>"),
            (Outcome{"Wait. ", {}, 1, false}));
}

TEST(ReplyText, TextParametersStayText) {
  EXPECT_THAT(calls("<function=open_door><parameter=door>7</parameter></function>"),
              ElementsAre(R"(open_door({"door":"7"}))"));
  EXPECT_THAT(calls("<function=open_door><parameter=door>a</b>\n{c}</parameter></function>"),
              ElementsAre(R"(open_door({"door":"a</b>\n{c}"}))"));
}

TEST(ReplyText, CallsAfterTokensAreRun) {
  const std::string front = R"(open_door({"door":"front"}))";
  EXPECT_THAT(calls(R"([TOOL_CALLS][{"name":"open_door","arguments":{"door":"front"}}])"),
              ElementsAre(front));
  EXPECT_THAT(calls(R"([TOOL_CALLS]open_door{"door":"front"}[TOOL_CALLS]list_doors{})"),
              ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(calls(R"([TOOL_CALLS]open_door[CALL_ID]abc123[ARGS]{"door":"front"}</s>)"), ElementsAre(front));
  EXPECT_THAT(calls(R"(<|python_tag|>{"name":"open_door","parameters":{"door":"front"}}<|eom_id|>)"),
              ElementsAre(front));
  EXPECT_THAT(calls(R"(<|python_tag|>{"name":"list_doors","parameters":{}}; {"name":"list_doors"})"),
              ElementsAre("list_doors({})", "list_doors({})"));
  EXPECT_THAT(calls("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>open_door\n```json\n"
                    "{\"door\":\"front\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
              ElementsAre(front));
  EXPECT_THAT(calls("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>open_door<｜tool▁sep｜>{\"door\":\"front\"}"
                    "<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>list_doors<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
                    "<｜tool▁calls▁end｜>"),
              ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(
      calls("<|tool_calls_section_begin|><|tool_call_begin|>functions.open_door:0"
            "<|tool_call_argument_begin|>{\"door\":\"front\"}<|tool_call_end|><|tool_calls_section_end|>"),
      ElementsAre(front));
  EXPECT_THAT(calls(R"(<|START_ACTION|>[{"tool_call_id":"0","tool_name":"open_door",)"
                    R"("parameters":{"door":"front"}}]<|END_ACTION|>)"),
              ElementsAre(front));
  EXPECT_THAT(calls(R"(<|tool_call|>[{"name":"list_doors","arguments":{}}])"), ElementsAre("list_doors({})"));
}

TEST(ReplyText, CallsThatAreTheWholeReplyAreRun) {
  const std::string front = R"(open_door({"door":"front"}))";
  EXPECT_THAT(calls(R"({"name":"open_door","parameters":{"door":"front"}})"), ElementsAre(front));
  EXPECT_THAT(calls(R"( { "type":"function","name":"open_door","arguments":{"door":"front"} } )"),
              ElementsAre(front));
  EXPECT_THAT(calls("```json\n{\"name\": \"open_door\", \"arguments\": {\"door\": \"front\"}}\n```"),
              ElementsAre(front));
  EXPECT_THAT(
      calls("I open it.\n\n{\"name\":\"open_door\",\"arguments\":{\"door\":\"front\"}}", "I open it.\n\n"),
      ElementsAre(front));
  EXPECT_THAT(calls(R"([{"name":"open_door","arguments":{"door":"front"}},{"name":"list_doors"}])"),
              ElementsAre(front, "list_doors({})"));
  EXPECT_THAT(calls("{\"name\":\"list_doors\"}\n{\"name\":\"list_doors\"}"),
              ElementsAre("list_doors({})", "list_doors({})"));
}

TEST(ReplyText, JsonThatCallsNobodyIsText) {
  for (const char* text : {R"({"name":"Bob","age":7})", R"([{"name":"Bob"}])", R"({"name": "Bo)",
                           "```json\n{\"name\": \"Bob\"}\n```", "Like this:\n{\"type\": 1}\n{\"type\": 2}",
                           "{\"", "```json\n", R"({"tool":)"}) {
    EXPECT_EQ(said(text), text);
  }
  const std::string call = R"({"name":"open_door","arguments":{}})";
  EXPECT_EQ(outcome_of(call, {.offered = {}}), (Outcome{call, {}, 0, false}));
}

TEST(ReplyText, CallsThatCannotBeRunAreDropped) {
  for (const char* text : {
           R"(<tool_call>{"name":"launch_rocket","arguments":{}}</tool_call>)",
           R"(<tool_call>{"name":"open_door","arguments":{"door":</tool_call>)",
           R"(<tool_call>{"name":"open_door","arguments":[1]}</tool_call>)",
           R"(<tool_call>{"arguments":{}}</tool_call>)",
           "<tool_call></tool_call>",
           "<tool_call>I would open the door</tool_call>",
           "<function=launch_rocket></function>",
           "<function_calls><invoke>x</invoke></function_calls>",
           "[TOOL_CALLS]",
           "[TOOL_CALLS] open_door(door='front')",
           "<|python_tag|>print(1)",
           "<|tool_call_start|>[open_door(door=\"front\")]<|tool_call_end|>",
           "<｜tool▁calls▁begin｜>nonsense, really",
           R"({"name":"open_door","arguments":{"door":)",
           R"({"name":"open_door","arguments":{door: front}})",
       }) {
    EXPECT_EQ(outcome_of(text), (Outcome{"", {}, 1, false})) << text;
  }
  EXPECT_EQ(outcome_of("Hello. <tool_call>{\"name\":\"open_door\"}</tool_call>", {.offered = {}}),
            (Outcome{"Hello. ", {}, 1, false}));
}

TEST(ReplyText, MemoryIsBounded) {
  const std::string much(10'000, 'x');
  for (const char* opener : {"<think>", "<tool_call>", "<|channel|>", "{\"name\":\"", "<think ", "<|"}) {
    ReplyTextReader reader(house());
    reader.feed(opener);
    for (int i = 0; i < 200; ++i) reader.feed(much);
    reader.end(true);
    EXPECT_LE(reader.dropped_calls(), 1U);
  }
  ReplyTextReader held(house(), true);
  for (int i = 0; i < 200; ++i) held.feed(much);
  held.end(true);
  EXPECT_TRUE(held.take_text().empty());

  std::string many;
  for (int i = 0; i < 200; ++i) many += "<tool_call>{\"name\":\"list_doors\"}</tool_call>";
  const Outcome outcome = read({many});
  EXPECT_EQ(outcome.calls.size(), 128U);
  EXPECT_EQ(outcome.dropped, 72U);

  const std::string deep(80'000, '[');
  EXPECT_EQ(read({"<tool_call>{\"name\":\"open_door\",\"arguments\":" + deep + "</tool_call>"}).dropped, 1U);
  EXPECT_EQ(read({R"({"name":"open_door","arguments":)" + deep}).said.size(),
            80'032U);  // longer than any call
}

TEST(ReplyText, ALongLineOfAlmostMarkupTakesNoTime) {
  for (const char* part : {"<", "<think", "[", "```", "{\"name", "◁", "<|x"}) {
    std::string text;
    while (text.size() < 1'000'000) text += part;
    EXPECT_EQ(read({text}).said.size(), text.size()) << part;
  }
}

/// Random sentences of the words that mean something here: the outcome never depends on the pieces.
TEST(ReplyText, TheSameHoweverItComes) {
  const std::vector<std::string> words{"<think>",
                                       "</think>",
                                       "<thinking>",
                                       "[THINK]",
                                       "[/THINK]",
                                       "<tool_call>",
                                       "</tool_call>",
                                       R"({"name":"open_door","arguments":{"door":"front"}})",
                                       "<function=list_doors>",
                                       "</function>",
                                       "<|channel|>",
                                       "analysis",
                                       "final",
                                       "<|message|>",
                                       "<|start|>",
                                       "<|end|>",
                                       "assistant",
                                       "<|im_start|>",
                                       "\n",
                                       " ",
                                       "Hello",
                                       "a < b",
                                       "<b>",
                                       "```json\n",
                                       "```",
                                       "[TOOL_CALLS]",
                                       "{\"name\"",
                                       "}",
                                       "<｜tool▁calls▁begin｜>",
                                       "<|python_tag|>",
                                       "◁think▷",
                                       "<",
                                       "[",
                                       "|>",
                                       "to=functions.open_door",
                                       "</",
                                       "`",
                                       "“",
                                       "\"",
                                       ".",
                                       "<invoke name=\"list_doors\">"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t length = 1 + random() % 9;
    for (std::size_t i = 0; i < length; ++i) text += words[random() % words.size()];
    const Reading reading{.begins_in_thought = random() % 4 == 0, .complete = random() % 4 != 0};
    const Outcome whole = read({text}, reading);
    EXPECT_EQ(read(in_pieces(text, 1), reading), whole) << text;
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 7;
      pieces.push_back(text.substr(at, size));
      at += size;
    }
    EXPECT_EQ(read(pieces, reading), whole) << text;
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace unmuted
