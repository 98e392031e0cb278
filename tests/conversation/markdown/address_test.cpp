#include "conversation/markdown/address.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace unmuted::markdown {
namespace {

TEST(MarkdownAddress, IsSpokenAsItsHost) {
  const struct {
    std::string_view text, address, spoken;
  } examples[] = {
      {"https://example.org/a?b#c and more", "https://example.org/a?b#c", "example.org"},
      {"HTTP://me@example.org:80/", "HTTP://me@example.org:80/", "example.org"},
      {"www.example.org.", "www.example.org", "www.example.org"},
      {"https://example.org/a_(b))", "https://example.org/a_(b)", "example.org"},
      {"https://example.org/a](b)", "https://example.org/a", "example.org"},
      {"http://example.com\u4E2D\u6587", "http://example.com", "example.com"},
      {"https://\u4E2D\u6587.com\u4E2D", "https://\u4E2D\u6587.com", "\u4E2D\u6587.com"},
      {"https://\u4E2D\u6587.com/\u4E2D!", "https://\u4E2D\u6587.com/\u4E2D", "\u4E2D\u6587.com"},
      {"mailto:me@example.org?subject=x y", "mailto:me@example.org?subject=x", "me@example.org"},
  };
  for (const auto& [text, address, spoken] : examples) {
    const Address found = address_at(text);
    EXPECT_EQ(text.substr(0, found.length), address);
    EXPECT_EQ(found.spoken, spoken) << text;
  }
}

TEST(MarkdownAddress, IsNotFoundInOtherWords) {
  for (const std::string_view text :
       {"", "http", "https://", "http:// x", "wwww", "mailto:me", "ftp", "here"}) {
    EXPECT_EQ(address_at(text).length, 0U) << text;
  }
}

TEST(MarkdownAddress, IsWhereALinkLeads) {
  for (const std::string_view text :
       {"https://a.b", "<https://a.b>", "/top", "#part", "./x", "../x", "mailto:a"}) {
    EXPECT_TRUE(is_address(text)) << text;
  }
  for (const std::string_view text : {"", "<>", "word", "x/y", ".x"}) EXPECT_FALSE(is_address(text)) << text;
}

TEST(MarkdownAddress, MayStandInAngles) {
  EXPECT_EQ(spoken_autolink("https://a.b/c"), "a.b");
  EXPECT_EQ(spoken_autolink("mailto:me@a.b"), "me@a.b");
  EXPECT_EQ(spoken_autolink("me@a.b"), "me@a.b");
  EXPECT_EQ(spoken_autolink("a href=\"x@y\""), std::nullopt);
  EXPECT_EQ(spoken_autolink("x@y=z"), std::nullopt);
  EXPECT_EQ(spoken_autolink("b"), std::nullopt);
}

}  // namespace
}  // namespace unmuted::markdown
