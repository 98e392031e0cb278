#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/markdown/line_begin.hpp"
#include "conversation/markdown/table.hpp"
#include "conversation/markdown/unspoken_block.hpp"

namespace unmuted::markdown {
namespace {

using testing::ElementsAre;
using Found = LineBegin::Found;

/// Hands the characters of `text` to `take`, until that is true. Answers how many bytes came before that.
template <class Take>
std::size_t for_each_character(std::string_view text, Take take) {
  std::size_t at = 0;
  while (at < text.size()) {
    const TextCharacter c = character_at(text.substr(at));
    if (take(c)) break;
    at += c.bytes.size();
  }
  return at;
}

/// What a line begins with that ends as soon as that is known.
Found found_in(LineBegin& begin, std::string_view line, bool in_table = false) {
  Found found = Found::undecided;
  begin.begin_line();
  for_each_character(line, [&](const TextCharacter& c) {
    found = begin.take(c, in_table);
    return found != Found::undecided;
  });
  return found;
}

Found found_in(std::string_view line, bool in_table = false) {
  LineBegin begin;
  return found_in(begin, line, in_table);
}

TEST(LineBegin, TellsMarksFromWords) {
  const struct {
    std::string_view line;
    Found found;
  } examples[] = {{"\n", Found::empty_line},
                  {" ", Found::blank},
                  {"w", Found::words},
                  {"# ", Found::heading},
                  {"###### ", Found::heading},
                  {"#######", Found::words},
                  {"#1", Found::words},
                  {">x", Found::mark},
                  {">=", Found::words},
                  {"- x", Found::item},
                  {"-x", Found::words},
                  {"---\n", Found::rule},
                  {"==\n", Found::rule},
                  {"=\n", Found::words},
                  {"-|", Found::row},
                  {"| ", Found::row},
                  {"1. x", Found::item},
                  {"24. x", Found::words},
                  {"1.5", Found::words},
                  {"\u2022x", Found::item},
                  {"\u25CFx", Found::words},
                  {"[^1]:", Found::footnote},
                  {"[a]: https://a.b\n", Found::definition},
                  {"[a]: word\n", Found::words},
                  {"[a](", Found::words},
                  {"```py\n", Found::fence},
                  {"~~~\n", Found::fence},
                  {"``x", Found::words},
                  {"```a`", Found::words}};
  for (const auto& [line, found] : examples) EXPECT_EQ(found_in(line), found) << line;
}

TEST(LineBegin, EveryLineAfterATableMayBeOneOfIt) {
  EXPECT_EQ(found_in("- x", true), Found::row);
  EXPECT_EQ(found_in(" ", true), Found::blank);
  EXPECT_EQ(found_in("\n", true), Found::empty_line);
}

TEST(LineBegin, AListCountsOn) {
  LineBegin begin;
  EXPECT_EQ(found_in(begin, "1. x"), Found::item);
  EXPECT_EQ(found_in(begin, "2. x"), Found::item);
  EXPECT_EQ(found_in(begin, "4. x"), Found::words);
  EXPECT_EQ(found_in(begin, "3. x"), Found::item);
}

TEST(LineBegin, GivesBackWhatIsNoMark) {
  LineBegin begin;
  EXPECT_EQ(found_in(begin, "12x"), Found::words);
  EXPECT_EQ(begin.take_held(), "12");
}

TEST(Table, HasARuleAndRows) {
  EXPECT_TRUE(is_table_rule(" |---|:--:| "));
  EXPECT_TRUE(is_table_rule("--|--"));
  EXPECT_FALSE(is_table_rule("-----"));
  EXPECT_FALSE(is_table_rule("|a|-|"));
  EXPECT_TRUE(is_table_row("| a | b"));
  EXPECT_TRUE(is_table_row("|a|b|"));
  EXPECT_FALSE(is_table_row("|x| is positive"));
  EXPECT_FALSE(is_table_row("a | b"));
}

std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  for (TableCells rest(row); !rest.empty();) cells.emplace_back(rest.take());
  return cells;
}

TEST(Table, HasCells) {
  EXPECT_THAT(cells_of("| a | b |"), ElementsAre(" a ", " b "));
  EXPECT_THAT(cells_of("a|b"), ElementsAre("a", "b"));
  EXPECT_THAT(cells_of("|a\\|b|`c|d`|e"), ElementsAre("a\\|b", "`c|d`", "e"));
  EXPECT_THAT(cells_of("|a||b|"), ElementsAre("a", "", "b"));
  EXPECT_THAT(cells_of("|"), ElementsAre());
}

TEST(FencedCode, EndsWithAsManySigns) {
  const auto rest_after = [](FencedCode code, std::string_view text, FencedCode::End end) {
    const std::size_t at =
        for_each_character(text, [&](const TextCharacter& c) { return code.take(c) == end; });
    return text.substr(at);
  };
  using End = FencedCode::End;
  EXPECT_EQ(rest_after({'`', 3}, "a\n``\n```\nb", End::with_line), "\nb");
  EXPECT_EQ(rest_after({'`', 3}, "a```\nb", End::with_line), "\nb");
  EXPECT_EQ(rest_after({'~', 3}, "a~~~\n~~~~\nb", End::with_line), "\nb");
  EXPECT_EQ(rest_after({'`', 3}, "a\n``` b", End::before_words), " b");
  EXPECT_EQ(rest_after({'`', 4}, "a\n```\n", End::with_line), "");
}

TEST(HtmlComment, EndsWithTwoHyphensAndAnAngle) {
  HtmlComment comment;
  const std::string_view text = " a -> b -- > c ---> d";
  const std::size_t at = for_each_character(text, [&](const TextCharacter& c) { return comment.take(c); });
  EXPECT_EQ(text.substr(at), "> d");
}

TEST(HiddenElement, EndsWithItsTag) {
  HiddenElement element("script");
  const std::string_view text = "if (a<b) </b></style>< /script></SCRIPT >x";
  const std::size_t at = for_each_character(text, [&](const TextCharacter& c) { return element.take(c); });
  EXPECT_EQ(text.substr(at), ">x");
}

}  // namespace
}  // namespace unmuted::markdown
