#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/bare_call.hpp"
#include "services/code_spans.hpp"
#include "services/held_reply.hpp"
#include "services/message_header.hpp"
#include "services/pending_text.hpp"
#include "services/said_text.hpp"

// What the text of a reply is read with, each part by itself.

namespace unmuted {
namespace {

using Fit = Markup::Fit;

TEST(PendingText, IsTakenAndPutBack) {
  PendingText text;
  text.feed("one two");
  EXPECT_EQ(text.take_up_to(" "), "one");
  EXPECT_EQ(text.take_all_of(" "), " ");
  text.put_back("three ");
  text.feed("!");
  EXPECT_EQ(text.rest(), "three two!");
  EXPECT_EQ(text.take(100), "three two!");
  text.forget_taken();
  EXPECT_TRUE(text.empty());
}

TEST(CodeSpans, EncloseWhatIsBetweenTheirBackticks) {
  const struct {
    std::string_view before, after;
    Fit ended, not_ended;
  } examples[] = {{"a ", "`", Fit::none, Fit::none},         {"a `b ", " c` d", Fit::whole, Fit::whole},
                  {"a `b ", " c", Fit::none, Fit::unsure},   {"a `b ", " c`", Fit::whole, Fit::unsure},
                  {"a `b ", " c\n`", Fit::none, Fit::none},  {"a ``b ", " c` d`` e", Fit::whole, Fit::whole},
                  {"a `b` ", " c` d", Fit::none, Fit::none}, {"a `b\n ", " c` d", Fit::none, Fit::none}};
  for (const auto& [before, after, ended, not_ended] : examples) {
    CodeSpans spans;
    spans.take(before);
    EXPECT_EQ(spans.encloses_before(after, true), ended) << before << after;
    EXPECT_EQ(spans.encloses_before(after, false), not_ended) << before << after;
  }
}

TEST(HeldReply, IsClosedUnlessTheCloserIsCode) {
  HeldReply held;
  held.hold(" \n");
  EXPECT_TRUE(held.is_blank());
  EXPECT_EQ(held.closes_before("", false), Fit::whole);
  held.hold("a `");
  EXPECT_FALSE(held.is_blank());
  EXPECT_EQ(held.closes_before("", false), Fit::unsure);
  EXPECT_EQ(held.closes_before("", true), Fit::whole);
  EXPECT_EQ(held.closes_before("` b", false), Fit::none);
  EXPECT_EQ(held.closes_before(" b", false), Fit::whole);
}

TEST(HeldReply, IsGivenUpWhenItIsTooLong) {
  HeldReply held;
  held.hold(std::string(HeldReply::max_bytes, 'a'));
  EXPECT_FALSE(held.is_too_long());
  held.hold("a");
  EXPECT_TRUE(held.is_too_long());
  EXPECT_FALSE(held.is_blank());
  EXPECT_EQ(held.take(), "");
}

/// What is heard of these, with something between them that was removed.
std::string said(std::initializer_list<std::string_view> parts) {
  SaidText text;
  std::string result;
  const auto take = [&] {
    for (const ReplyText& piece : text.take()) result += piece.text;
  };
  bool first = true;
  for (const std::string_view part : parts) {
    if (!std::exchange(first, false)) text.remove();
    text.say(part);
    take();
  }
  text.end();
  take();
  return result;
}

TEST(SaidText, PartsWordsWhereSomethingWasRemoved) {
  EXPECT_EQ(said({"one", "two"}), "one two");
  EXPECT_EQ(said({"one ", "two"}), "one two");
  EXPECT_EQ(said({"one", ", two"}), "one, two");
  EXPECT_EQ(said({"(", "one"}), "(one");
  EXPECT_EQ(said({"She said \"", "yes", "\"."}), "She said \"yes\".");
  EXPECT_EQ(said({" ", " one"}), "one");
  EXPECT_EQ(said({"\n one"}), "\n one");
}

TEST(SaidText, KnowsWhereALineBegins) {
  SaidText text;
  EXPECT_TRUE(text.is_at_line_start());
  text.say("one");
  EXPECT_FALSE(text.is_at_line_start());
  text.say("\n ");
  EXPECT_TRUE(text.is_at_line_start());
  text.say("two");
  text.remove();
  EXPECT_TRUE(text.is_at_line_start());
}

TEST(SaidText, IsTakenBackWhereItWasHandedOut) {
  SaidText text;
  text.say("one");
  text.begin_afresh();
  EXPECT_TRUE(text.take().empty());
  text.say("two");
  EXPECT_EQ(text.take().size(), 1U);
  text.begin_afresh();
  text.say("three");
  const std::vector<ReplyText> pieces = text.take();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_TRUE(pieces[0].afresh);
  EXPECT_EQ(pieces[1].text, "three");
}

TEST(MessageHeaders, SayWhatFollows) {
  using Next = MessageHeaders::Next;
  const struct {
    std::string_view header;
    bool channel, channel_follows;
    Next next;
  } examples[] = {{"assistant", false, false, Next::words},
                  {"", false, false, Next::words},
                  {"assistant", false, true, Next::more},
                  {"user", false, false, Next::other_role},
                  {"user", false, true, Next::other_role},
                  {"final", true, false, Next::words},
                  {" commentary ", true, false, Next::words},
                  {"analysis", true, false, Next::thought},
                  {"commentary to=functions.f json", true, false, Next::call},
                  {"assistant to=f", false, false, Next::call}};
  for (const auto& [header, channel, channel_follows, next] : examples) {
    EXPECT_EQ(MessageHeaders().read(header, channel, channel_follows), next) << header;
  }
}

TEST(MessageHeaders, NameARecipientInEitherPart) {
  using Next = MessageHeaders::Next;
  MessageHeaders headers;
  EXPECT_EQ(headers.read("assistant to=functions.f", false, true), Next::more);
  EXPECT_EQ(headers.read("commentary", true, false), Next::call);
  EXPECT_EQ(headers.take_recipient(), "functions.f");
  EXPECT_EQ(headers.read("commentary", true, false), Next::words);
}

TEST(BareCall, BeginsWithAKeyOfCalls) {
  const struct {
    std::string_view text;
    Fit fit;
    std::size_t json_begin;
  } examples[] = {
      {"{\"name\": ", Fit::whole, 0}, {"[ {\"tool\"", Fit::whole, 0}, {"```json\n{\"name\"", Fit::whole, 8},
      {"{\"na", Fit::unsure, 0},      {"``", Fit::unsure, 0},         {"```json", Fit::unsure, 0},
      {"{\"answer\"", Fit::none, 0},  {"{\"x", Fit::none, 0},         {"`{\"name\"", Fit::none, 0},
      {"```json {\"n", Fit::none, 0}, {"[1", Fit::none, 0},           {"word", Fit::none, 0}};
  for (const auto& [text, fit, json_begin] : examples) {
    const BareBegin begin = bare_begin(text);
    EXPECT_EQ(begin.fit, fit) << text;
    EXPECT_EQ(fit == Fit::whole ? begin.json : 0, json_begin) << text;
  }
}

TEST(BareCall, EndsWithItsLastBracket) {
  BareCall call("```\n");
  const std::string_view arguments = "{\"name\": \"}\"}";
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    EXPECT_EQ(call.take(arguments[i]), BareCall::Found::unfinished);
  EXPECT_EQ(call.take('}'), BareCall::Found::whole);
  EXPECT_TRUE(call.is_fenced());
  EXPECT_EQ(call.json(), arguments);
  EXPECT_EQ(call.text(), "```\n" + std::string(arguments));
}

}  // namespace
}  // namespace unmuted
