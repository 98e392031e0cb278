#include "net/url.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

TEST(Percent, AllButUnreservedSignsAreEscaped) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("voices/é &=#%+"), "voices%2F%C3%A9%20%26%3D%23%25%2B");
  EXPECT_EQ(percent_encoded(std::string_view("\0\xFF", 2)), "%00%FF");
  EXPECT_EQ(percent_encoded(""), "");
}

TEST(Percent, WhatIsEscapedIsReadAgain) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
  EXPECT_EQ(percent_decoded("p%40ss%3a+w@rd"), "p@ss:+w@rd");
  for (const char* broken : {"%", "%4", "%4x", "%x4", "a%", "%%41"})
    EXPECT_FALSE(percent_decoded(broken)) << broken;
}

TEST(Query, IsReadByName) {
  using Parameters = std::map<std::string, std::string, std::less<>>;
  EXPECT_EQ(query_parameters(""), Parameters());
  EXPECT_EQ(query_parameters("a=b&c=%2Fx%26%3D&a=other"), (Parameters{{"a", "b"}, {"c", "/x&="}}));
  EXPECT_EQ(query_parameters("name=Quiz+show%2B&%6eo&e=&x=a=b"),
            (Parameters{{"name", "Quiz show+"}, {"no", ""}, {"e", ""}, {"x", "a=b"}}));
  for (const char* broken : {"a=%", "%4=a", "a=b&c=%zz"}) EXPECT_FALSE(query_parameters(broken)) << broken;
}

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

TEST(Url, SchemeAndHostHaveNoCase) {
  const auto url = parse_url("HTTPS://Example.ORG/V1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "443");
  EXPECT_EQ(url->target, "/V1");
  EXPECT_EQ(parse_url("HTTP://127.0.0.1")->port, "80");
  EXPECT_EQ(parse_url("Ws://h:08000")->port, "8000");
  EXPECT_EQ(parse_url("http://[0:0:0:0:0:0:0:1]")->host, "::1");
}

TEST(Url, AnAuthorityIsAHostAndPerhapsAPort) {
  const auto parts = [](std::string_view text) {
    const auto authority = parse_authority(text);
    return authority ? authority->host + "|" + authority->port : "none";
  };
  EXPECT_EQ(parts("Example.org"), "example.org|");
  EXPECT_EQ(parts("example.org:8000"), "example.org|8000");
  EXPECT_EQ(parts("example.org:"), "example.org|");
  EXPECT_EQ(parts("my_host-1.local"), "my_host-1.local|");
  EXPECT_EQ(parts("[::1]"), "::1|");
  EXPECT_EQ(parts("[::0001]:80"), "::1|80");
  for (const char* text :
       {"",        ":80",  "a b",   "a/b",  "a?b", "user@host", "http://a", "a:b:c", "::1",  "a:0",
        "a:65536", "a:-1", "a: 80", "[::1", "[]",  "[::1]x",    "[g::1]",   "a\\b",  "a\"b", "a\x01"}) {
    EXPECT_EQ(parts(text), "none") << text;
  }
}

TEST(Url, WhatIsNoUsableAddress) {
  for (const char* text :
       {"", "example.org", "ftp://h", "HTTP//h", "http://", "http:///path", "http://h:0", "http://h:65536",
        "http://h:80x", "http://h:", "http://[::1", "http://[::1]x", "http://user:secret@h", "http://h/#part",
        "http://h/a b", "http://h/\r\nX: y", "http:h", "w:\x01", "http:\x01"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "invalid_url") << text;
  }
}

}  // namespace
}  // namespace unmuted::net
