#include "net/request_target.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

/// "path", "path?query" or "host|path"; "none" when it cannot be read.
std::string read(std::string_view target, std::string_view method = "GET") {
  const auto read = read_target(method, target);
  if (!read) return "none";
  return (read->host ? *read->host + "|" : "") + read->path + (read->query.empty() ? "" : "?" + read->query);
}

TEST(RequestTarget, APathAndItsQuery) {
  EXPECT_EQ(read("/"), "/");
  EXPECT_EQ(read("/v1/health"), "/v1/health");
  EXPECT_EQ(read("/v1/realtime?model=a%20b&c=/../d"), "/v1/realtime?model=a%20b&c=/../d");
  EXPECT_EQ(read("/v1/health/"), "/v1/health/");
  EXPECT_EQ(read("/?"), "/");
  EXPECT_EQ(read("/a:b/c@d"), "/a:b/c@d");
}

TEST(RequestTarget, EqualPathsHaveOneSpelling) {
  EXPECT_EQ(read("/v1/%68ealth"), "/v1/health");
  EXPECT_EQ(read("/%76%31/%68%65%61%6C%74%68"), "/v1/health");
  EXPECT_EQ(read("/v1%2fhealth"), "/v1%2Fhealth");  // an escaped slash separates nothing
  EXPECT_EQ(read("/a%20b%00"), "/a%20b%00");
  EXPECT_EQ(read("/%2568"), "/%2568");  // unescaped once, not twice
  EXPECT_EQ(read("/v1/./health"), "/v1/health");
  EXPECT_EQ(read("/x/../v1/health"), "/v1/health");
  EXPECT_EQ(read("/x/%2e%2E/v1"), "/v1");
  EXPECT_EQ(read("/../../v1"), "/v1");
  EXPECT_EQ(read("/v1/.."), "/");
  EXPECT_EQ(read("/v1/a/.."), "/v1/");
  EXPECT_EQ(read("/.."), "/");
  EXPECT_EQ(read("//v1/health"), "//v1/health");  // an empty segment is a segment
}

TEST(RequestTarget, TheAbsoluteFormNamesTheHost) {
  EXPECT_EQ(read("http://host:8000/v1/health?x"), "host:8000|/v1/health?x");
  EXPECT_EQ(read("HTTPS://Host/v1/%68ealth"), "Host|/v1/health");
  EXPECT_EQ(read("http://host"), "host|/");
  EXPECT_EQ(read("http://host?x"), "host|/?x");
  EXPECT_EQ(read("ws://[::1]:80/v1/realtime"), "[::1]:80|/v1/realtime");
}

TEST(RequestTarget, OptionsMayAskTheServerItself) {
  EXPECT_EQ(read("*", "OPTIONS"), "*");
  EXPECT_EQ(read("http://host:8000", "OPTIONS"), "host:8000|*");
  EXPECT_EQ(read("http://host:8000/", "OPTIONS"), "host:8000|/");
  EXPECT_EQ(read("*"), "none");
}

TEST(RequestTarget, WhatNamesNothing) {
  for (const char* target :
       {"", "v1/health", "host:443", "?x", "/%", "/%6", "/%zz", "/%6g", "/a#b", "http://host/a#b", "http://",
        "http:///a", "ftp://host/", "http://user:secret@host/", "http://host:99999/", "http://[::1/", "**"}) {
    EXPECT_EQ(read(target), "none") << target;
  }
  EXPECT_EQ(read("host:443", "CONNECT"), "none");
  EXPECT_EQ(read("/v1/health", "CONNECT"), "none");
}

}  // namespace
}  // namespace unmuted::net
