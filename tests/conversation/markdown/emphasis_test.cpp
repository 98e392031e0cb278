#include "conversation/markdown/emphasis.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "conversation/markdown/delimiter_run.hpp"

namespace unmuted::markdown {
namespace {

/// How a run stands in `text`, which has one: "(" it opens, ")" it closes.
std::string role_in(std::string_view text, Cut cut = Cut::at_white_space) {
  const std::size_t at = text.find_first_of("*_~");
  const std::size_t end = text.find_first_not_of(text[at], at);
  const auto run =
      DelimiterReader(text, cut).read(at, (end == std::string_view::npos ? text.size() : end) - at);
  return std::string(run.opens ? "(" : "") + (run.closes ? ")" : "");
}

TEST(DelimiterRun, OpensBeforeWordsAndClosesAfterThem) {
  const struct {
    std::string_view text, role;
  } examples[] = {{"*word", "("}, {"word*", ")"},  {"a*b", "()"},    {"a * b", ""},   {"a_b", ""},
                  {"_word", "("}, {"word_", ")"},  {"\"*word", "("}, {"word.*", ")"}, {"*.txt", ""},
                  {"~word", ""},  {"~~word", "("}, {"5*4", ""},      {"^_^", ""},     {"%_x", ""},
                  {"^a.*b$", ""}, {"a.*b", "("},   {"*...so", "("}};
  for (const auto& [text, role] : examples) EXPECT_EQ(role_in(text), role) << text;
}

TEST(DelimiterRun, StandsBesideLettersWhereItsWordWasCut) {
  EXPECT_EQ(role_in("*", Cut::at_white_space), "");
  EXPECT_EQ(role_in("*", Cut::before), ")");
  EXPECT_EQ(role_in("*", Cut::after), "(");
  EXPECT_EQ(role_in("*", Cut::both), "()");
}

/// What is spoken of texts that come one after the other, each with all of its signs.
class Emphasis {
 public:
  std::string spoken(std::string text) {
    std::vector<DelimiterRun> runs;
    DelimiterReader reader(text, Cut::at_white_space);
    for (std::size_t at = text.find_first_of("*_~"); at < text.size(); at = text.find_first_of("*_~", at)) {
      const std::size_t end = std::min(text.find_first_not_of(text[at], at), text.size());
      runs.push_back(reader.read(at, end - at));
      runs.back().at = at;
      at = end;
    }
    pair_delimiters(runs, text, open_);
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
      if (run->dropped) text.erase(run->at, run->length);
    }
    return text;
  }

 private:
  OpenEmphasis open_;
};

TEST(Emphasis, IsDroppedInPairs) {
  const struct {
    std::string text, spoken;
  } examples[] = {{"*so*", "so"},
                  {"**so**", "so"},
                  {"***so***", "so"},
                  {"un**believ**able", "unbelievable"},
                  {"a*b*c", "a*b*c"},
                  {"2**3", "2**3"},
                  {"snake_case_name", "snake_case_name"},
                  {"~~so~~", "so"},
                  {"so*", "so*"},
                  {"\u4E2D**\u300C\u6587\u300D**\u4E2D", "\u4E2D\u300C\u6587\u300D\u4E2D"}};
  for (const auto& [text, spoken] : examples) EXPECT_EQ(Emphasis().spoken(text), spoken);
}

TEST(Emphasis, GoesOnFromTextToText) {
  Emphasis text;
  EXPECT_EQ(text.spoken("**so"), "so");
  EXPECT_EQ(text.spoken("it"), "it");
  EXPECT_EQ(text.spoken("is**"), "is");
  EXPECT_EQ(text.spoken("here**"), "here**");
}

}  // namespace
}  // namespace unmuted::markdown
