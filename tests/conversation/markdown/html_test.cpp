#include "conversation/markdown/html.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "conversation/markdown/entity.hpp"

namespace unmuted::markdown {
namespace {

TEST(MarkdownHtml, TagsHaveNames) {
  const struct {
    std::string_view inside, name;
  } examples[] = {{"b", "b"},           {"/B", "b"},           {"br/", "br"},
                  {"br /", "br"},       {"a href=\"x\"", "a"}, {"details open", "details"},
                  {"my-tag", "my-tag"}, {"!DOCTYPE html", ""}, {"?php", ""}};
  for (const auto& [inside, name] : examples) {
    const auto tag = html_tag(inside, false);
    ASSERT_TRUE(tag) << inside;
    EXPECT_EQ(tag->name, name);
  }
}

TEST(MarkdownHtml, ComparisonsAndTemplatesAreNoTags) {
  for (const std::string_view inside : {"", " b", "3", "b and c", "b,c", "=", "-"}) {
    EXPECT_FALSE(html_tag(inside, false)) << inside;
  }
  EXPECT_FALSE(html_tag("int", true));
  EXPECT_TRUE(html_tag("int", false));
  EXPECT_TRUE(html_tag("sub", true));
  EXPECT_TRUE(html_tag("/int", true));
}

TEST(MarkdownHtml, AnImageHasAText) {
  EXPECT_EQ(alternative_text(" src=\"x\" alt=\"A cat\""), "A cat");
  EXPECT_EQ(alternative_text(" src=\"x\""), "");
}

TEST(MarkdownHtml, ScriptsAndStylesAreHidden) {
  EXPECT_EQ(hidden_element("<script>"), "script");
  EXPECT_EQ(hidden_element("<SCRIPT src=x>"), "script");
  EXPECT_EQ(hidden_element("</style>"), "style");
  for (const std::string_view tag : {"<script/>", "<scripts>", "<b>", "<script"}) {
    EXPECT_EQ(hidden_element(tag), "") << tag;
  }
}

TEST(MarkdownEntity, HasANameOrANumber) {
  const struct {
    std::string_view text;
    char32_t code_point;
    std::size_t length;
  } examples[] = {{"&amp;x", '&', 5}, {"&eacute;", 0xE9, 8}, {"&#233;", 0xE9, 6}, {"&#x1F600;", 0x1F600, 9}};
  for (const auto& [text, code_point, length] : examples) {
    EXPECT_EQ(entity_at(text).code_point, code_point) << text;
    EXPECT_EQ(entity_at(text).length, length) << text;
  }
  for (const std::string_view text :
       {"&", "&;", "&x;", "&amp", "&#;", "&#x;", "&#xD800;", "&#x110000;", "&#1a;"}) {
    EXPECT_EQ(entity_at(text).length, 0U) << text;
  }
}

}  // namespace
}  // namespace unmuted::markdown
