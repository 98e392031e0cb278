#include "conversation/markdown/link.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace unmuted::markdown {
namespace {

TEST(MarkdownLink, HasATextAndADestination) {
  const struct {
    std::string_view text, link, spoken;
  } examples[] = {{"[a](b) c", "[a](b)", "a"},
                  {"[a]()", "[a]()", "a"},
                  {"[a][b]", "[a][b]", "a"},
                  {"[a [b] c](d)", "[a [b] c](d)", "a [b] c"},
                  {"[a\\]](b)", "[a\\]](b)", "a\\]"},
                  {"[a](b(c)d)e", "[a](b(c)d)", "a"},
                  {"[a](b \"c) (\") d", "[a](b \"c) (\")", "a"},
                  {"[a](<b c>)", "[a](<b c>)", "a"}};
  for (const auto& [text, link, spoken] : examples) {
    const auto found = link_at(text, 0, false);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(text.substr(0, found->end), link);
    EXPECT_EQ(text.substr(found->text_begin, found->text_end - found->text_begin), spoken);
  }
}

TEST(MarkdownLink, IsNotWhatStandsInBracketsOtherwise) {
  for (const std::string_view text : {"[", "[a", "[a]", "[a] (b)", "[a](b", "[a](b c)", "[a][b"}) {
    EXPECT_FALSE(link_at(text, 0, false)) << text;
  }
}

TEST(MarkdownLink, LeadsToAnAddressWithinAWord) {
  EXPECT_FALSE(link_at("f[i](x)", 1, true));
  EXPECT_FALSE(link_at("f[i][j]", 1, true));
  EXPECT_TRUE(link_at("f[i](https://a.b)", 1, true));
}

TEST(MarkdownLink, AFootnoteHasAMark) {
  EXPECT_EQ(footnote_mark_end("[^1] x", 0), 4U);
  EXPECT_EQ(footnote_mark_end("[^]", 0), std::nullopt);
  EXPECT_EQ(footnote_mark_end("[1]", 0), std::nullopt);
  EXPECT_EQ(footnote_mark_end("[^1", 0), std::nullopt);
}

}  // namespace
}  // namespace unmuted::markdown
