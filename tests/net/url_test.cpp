#include "net/url.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

TEST(Url, PartsAsWritten) {
  const auto url = parse_url("http://example.org:8080/v1/models?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(url->target, "/v1/models?x=1");
  EXPECT_EQ(url->authority(), "example.org:8080");
}

TEST(Url, WhatIsLeftOutHasTheSchemesOwnValue) {
  EXPECT_EQ(parse_url("http://h")->port, "80");
  EXPECT_EQ(parse_url("ws://h")->port, "80");
  EXPECT_EQ(parse_url("https://h")->port, "443");
  EXPECT_EQ(parse_url("wss://h")->port, "443");
  EXPECT_EQ(parse_url("http://h")->target, "/");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
}

TEST(Url, AnIpv6AddressHasBracketsInTheAuthorityOnly) {
  const auto url = parse_url("http://[::1]:8000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, "8000");
  EXPECT_EQ(url->authority(), "[::1]:8000");
}

TEST(Url, WhatIsNoUsableAddress) {
  for (const char* text : {"", "example.org", "ftp://h", "HTTP//h", "http://", "http:///path", "http://h:0",
                           "http://h:65536", "http://h:80x", "http://h:", "http://[::1", "http://[::1]x",
                           "http://user:secret@h", "http://h/#part", "http://h/a b", "http://h/\r\nX: y"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "invalid_url") << text;
  }
}

}  // namespace
}  // namespace unmuted::net
