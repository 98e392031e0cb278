#include "server/access.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

bool admits(const Access& access, const net::HttpRequest& request) {
  return access.caller(request, true).admitted;
}

Peer peer(const Access& access, const net::HttpRequest& request, bool from_loopback) {
  return access.caller(request, from_loopback).peer;
}

net::HttpRequest request(net::Headers headers, std::string host = "127.0.0.1:8000") {
  net::HttpRequest request;
  request.headers = std::move(headers);
  request.host = std::move(host);
  return request;
}

net::HttpRequest from_page(std::string origin, std::string host = "127.0.0.1:8000",
                           net::Headers further = {}) {
  further.emplace_back("Origin", std::move(origin));
  return request(std::move(further), std::move(host));
}

const Access loopback({{"http://localhost", "http://localhost:3000"}, true, false});
const Access exposed({{}, false, false});
const Access proxied({{}, true, true});

TEST(Access, TakesWhatNoBrowserSent) {
  EXPECT_TRUE(admits(loopback, request({})));
  EXPECT_FALSE(peer(loopback, request({}), true).browser);
  EXPECT_TRUE(peer(loopback, from_page("null"), true).browser);
}

TEST(Access, EveryOriginThatCanBeAllowedLetsInItselfAlone) {
  // What the operator writes, and what the browser sends.
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"https://game.example", "https://game.example"},
      {"https://game.example:443", "https://game.example"},
      {"https://game.example", "https://game.example:443"},
      {"http://game.example:80", "http://game.example"},
      {"HTTPS://Game.Example", "https://game.example"},
      {"https://game.example:8443", "https://game.example:8443"},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
      {"http://[2001:db8::1]:3000", "http://[2001:db8::1]:3000"},
      {"http://[2001:DB8:0::1]:3000", "http://[2001:db8::1]:3000"},
      {"http://192.168.1.5:8080", "http://192.168.1.5:8080"},
      {"tauri://localhost", "tauri://localhost"},
      {"http://tauri.localhost", "http://tauri.localhost"},
      {"capacitor://localhost", "capacitor://localhost"},
      {"ionic://localhost", "ionic://localhost"},
      {"app://notes.example", "app://notes.example"},
      {"app://-", "app://-"},
      {"chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba",
       "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba"},
      {"moz-extension://4b1f8f3e-0d3c-4b57-9a8e-1d2c3b4a5f60",
       "moz-extension://4b1f8f3e-0d3c-4b57-9a8e-1d2c3b4a5f60"},
      {"vscode-webview://0k3m2f", "vscode-webview://0k3m2f"},
      {"x-app+1.0://host:80", "x-app+1.0://host:80"},
      {"file://", "file://"},
      {"null", "null"}};
  const std::vector<std::string> strangers{
      "https://other.example", "http://game.example:8080",   "https://game.example.evil.example",
      "tauri://other",         "capacitor://localhost:80",   "chrome-extension://abc",
      "app://localhost",       "vscode-webview://localhost", "https://xgame.example",
      "x-app+1.0://host"};
  for (const auto& [allowed, origin] : pairs) {
    EXPECT_TRUE(check_allowed_origin(allowed)) << allowed;
    const Access access({{allowed}, true, false});
    EXPECT_TRUE(admits(access, from_page(origin))) << allowed << " " << origin;
    EXPECT_TRUE(forbidden(Audience::admitted, access.caller(from_page("https://other.example"), true)))
        << allowed;
    for (const std::string& stranger : strangers)
      EXPECT_FALSE(admits(access, from_page(stranger))) << allowed << " " << stranger;
    for (const auto& [_, other] : pairs) {
      EXPECT_EQ(admits(access, from_page(other)), parse_origin(other) == parse_origin(origin))
          << allowed << " " << other;
    }
  }
}

TEST(Access, AStarLetsEveryPageIn) {
  const Access all({{"*"}, true, false});
  for (const char* origin : {"https://anything.example", "null", "tauri://localhost", "no origin at all"}) {
    EXPECT_TRUE(admits(all, from_page(origin))) << origin;
  }
}

TEST(Access, ThisMachinesLoopbackNamesAreTwins) {
  for (const char* allowed : {"http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"}) {
    const Access access({{allowed}, true, false});
    for (const char* origin :
         {"http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "http://LOCALHOST:3000"}) {
      EXPECT_TRUE(admits(access, from_page(origin))) << allowed << " " << origin;
    }
    for (const char* origin :
         {"http://localhost", "https://127.0.0.1:3000", "http://127.0.0.2:3000", "http://127.0.0.1:3001",
          "http://localhost.example:3000", "http://[::2]:3000"}) {
      EXPECT_FALSE(admits(access, from_page(origin))) << allowed << " " << origin;
    }
  }
  EXPECT_TRUE(admits(loopback, from_page("http://127.0.0.1")));
  EXPECT_FALSE(
      (admits(Access({{"capacitor://localhost"}, true, false}), from_page("capacitor://127.0.0.1"))));
}

TEST(Access, TakesThePageOfItsOwnHost) {
  EXPECT_TRUE(admits(loopback, from_page("http://127.0.0.1:8000")));
  EXPECT_TRUE(admits(loopback, from_page("http://[::1]:8000", "[::1]:8000")));
  EXPECT_TRUE(admits(loopback, from_page("http://localhost:8000", "LocalHost:8000")));
  EXPECT_FALSE(admits(loopback, from_page("http://127.0.0.1:8001")));
  EXPECT_FALSE(admits(loopback, from_page("http://127.0.0.1:8000", "")));
  EXPECT_TRUE(admits(exposed, from_page("http://voice.example:8000", "voice.example:8000")));
  EXPECT_FALSE(admits(exposed, from_page("http://evil.example", "voice.example")));
}

TEST(Access, APageThatCameByTlsIsOfTheSameHost) {
  for (const char* host : {"voice.example", "voice.example:443", "Voice.Example"}) {
    EXPECT_TRUE(admits(exposed, from_page("https://voice.example", host))) << host;
  }
  EXPECT_TRUE(admits(exposed, from_page("http://voice.example", "voice.example")));
  EXPECT_TRUE(admits(exposed, from_page("https://voice.example:8443", "voice.example:8443")));
  EXPECT_FALSE(admits(exposed, from_page("https://voice.example:8443", "voice.example")));
  EXPECT_FALSE(admits(exposed, from_page("https://voice.example", "voice.example:8443")));
  EXPECT_FALSE(admits(exposed, from_page("http://voice.example:443", "voice.example:8000")));
  EXPECT_FALSE(admits(exposed, from_page("tauri://voice.example", "voice.example")));
}

TEST(Access, IsNotFooledByANameThatPointsAtThisMachine) {
  EXPECT_FALSE(admits(loopback, from_page("http://evil.example:8000", "evil.example:8000")));
  EXPECT_FALSE(admits(loopback, from_page("https://evil.example", "evil.example")));
  // A page may send such headers to its own host, so without the operator's word they prove nothing.
  EXPECT_FALSE(admits(loopback, from_page("http://evil.example:8000", "evil.example:8000",
                                          {{"X-Forwarded-Host", "evil.example:8000"}})));
  EXPECT_FALSE(admits(
      loopback, from_page("http://evil.example", "127.0.0.1:8000", {{"X-Forwarded-Host", "evil.example"}})));
}

TEST(Access, AProxySaysByWhichNameTheServerWasAsked) {
  EXPECT_TRUE(admits(proxied, from_page("https://voice.example", "voice.example")));
  const std::vector<net::Headers> told{
      {{"X-Forwarded-Host", "voice.example"}},
      {{"X-Forwarded-Host", "voice.example, inner.example"}, {"X-Forwarded-Proto", "https"}},
      {{"X-Forwarded-Host", "voice.example:443"}},
      {{"Forwarded", "for=203.0.113.7;host=voice.example;proto=https"}},
      {{"Forwarded", "For=\"[2001:db8::7]:4711\"; Host=\"Voice.Example:443\", for=10.0.0.1"}}};
  for (const net::Headers& headers : told) {
    EXPECT_TRUE(admits(proxied, from_page("https://voice.example", "127.0.0.1:8000", headers)))
        << headers[0].second;
    EXPECT_FALSE(admits(proxied, from_page("https://evil.example", "127.0.0.1:8000", headers)))
        << headers[0].second;
    EXPECT_FALSE(admits(loopback, from_page("https://voice.example", "127.0.0.1:8000", headers)))
        << headers[0].second;
  }
  EXPECT_TRUE(admits(
      proxied, from_page("https://voice.example:8443", "voice.example", {{"X-Forwarded-Port", "8443"}})));
  EXPECT_FALSE(admits(proxied, from_page("https://voice.example:8443", "voice.example")));
  EXPECT_FALSE(
      admits(proxied, from_page("https://voice.example", "127.0.0.1:8000", {{"X-Forwarded-Host", "a b"}})));
}

TEST(Access, AProxySaysByWhichSchemeItsPagesAreServed) {
  const auto told_admits = [](const std::string& origin, net::Headers told) {
    return admits(proxied, from_page(origin, "talk.example", std::move(told)));
  };
  EXPECT_TRUE(told_admits("https://talk.example", {{"X-Forwarded-Proto", "https"}}));
  EXPECT_TRUE(told_admits("https://talk.example", {{"X-Forwarded-Proto", "WSS, http"}}));
  EXPECT_TRUE(told_admits("http://talk.example", {{"x-forwarded-proto", "http"}}));
  EXPECT_TRUE(
      told_admits("https://talk.example", {{"Forwarded", "for=1.2.3.4;proto=https;host=talk.example"}}));
  EXPECT_FALSE(told_admits("http://talk.example", {{"X-Forwarded-Proto", "https"}}));
  EXPECT_FALSE(told_admits("https://talk.example", {{"X-Forwarded-Proto", "http"}}));
  EXPECT_FALSE(told_admits("http://talk.example", {{"Forwarded", "proto=https"}}));
  EXPECT_TRUE(told_admits("http://talk.example", {}));
}

TEST(Access, RefusesWhatIsNoOrigin) {
  for (const char* origin :
       {"null", "", "file://", "http://", "http://a b", "http://user@127.0.0.1:8000",
        "http://127.0.0.1:8000/", "http://127.0.0.1:8000/x", "127.0.0.1:8000", "://127.0.0.1:8000",
        "http://127.0.0.1:8000#x", "http://127.0.0.1:8000, http://127.0.0.1:8000"}) {
    EXPECT_FALSE(admits(loopback, from_page(origin))) << origin;
  }
}

TEST(Access, NoSchemeIsCalledNull) {
  EXPECT_TRUE(parse_origin("null"));
  for (const char* origin : {"null://", "null://game.example", "NULL://game.example"})
    EXPECT_FALSE(parse_origin(origin)) << origin;
}

TEST(Access, SaysHowAnOriginIsWritten) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://game.example/", "write https://game.example"},
      {"https://game.example/play?x#y", "write https://game.example"},
      {"https://me:secret@game.example", "write https://game.example"},
      {"http://localhost:3000/", "write http://localhost:3000"},
      {"game.example", "write https://game.example"},
      {"file:///home", "write file://"},
      {"https://*.game.example", "stands alone"},
      {"*.example", "stands alone"},
      {"", "expected an origin"},
      {"https://", "expected an origin"},
      {"https://a:99999", "expected an origin"},
      {"https://a b", "expected an origin"},
      {"1app://a", "expected an origin"}};
  for (const auto& [text, hint] : cases) {
    const auto allowed = check_allowed_origin(text);
    ASSERT_FALSE(allowed) << text;
    EXPECT_EQ(allowed.error().code, "invalid_configuration");
    EXPECT_THAT(allowed.error().message, HasSubstr("--allow-origin")) << text;
    EXPECT_THAT(allowed.error().message, HasSubstr(hint)) << text;
    EXPECT_THAT(allowed.error().message, Not(HasSubstr("write https://me"))) << text;
  }
}

TEST(Access, WhatWasForwardedIsNotOfThisMachine) {
  EXPECT_TRUE(peer(loopback, request({{"User-Agent", "curl"}, {"X-Request-Id", "7"}}), true).local);
  EXPECT_FALSE(peer(loopback, request({}), false).local);
  EXPECT_FALSE(peer(proxied, request({}), true).local);
  for (const char* name :
       {"Forwarded", "X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-PROTO", "X-Forwarded-Host",
        "X-Forwarded-Server", "X-Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP",
        "X-Client-IP", "Fly-Client-IP", "X-Original-Forwarded-For"}) {
    for (const char* value : {"", "127.0.0.1", "203.0.113.7"}) {
      const Caller caller = loopback.caller(request({{"Accept", "*/*"}, {name, value}}), true);
      EXPECT_FALSE(caller.peer.local) << name;
      EXPECT_TRUE(forbidden(Audience::operators, caller)) << name;
    }
  }
}

TEST(Access, ARouteIsForItsAudienceAlone) {
  struct Case {
    Caller caller;
    bool may_hold_a_session, may_replace_the_default;
  };
  const net::HttpRequest program = request({});
  const net::HttpRequest admitted = from_page("http://localhost:3000");
  const net::HttpRequest stranger = from_page("http://evil.example");
  const std::vector<Case> cases{
      {loopback.caller(program, true), true, true},    {loopback.caller(program, false), true, false},
      {loopback.caller(admitted, true), true, true},   {loopback.caller(admitted, false), true, false},
      {loopback.caller(stranger, true), false, false}, {loopback.caller(stranger, false), false, false}};
  for (const auto& [caller, session, reload] : cases) {
    EXPECT_FALSE(forbidden(Audience::everybody, caller));
    EXPECT_EQ(!forbidden(Audience::admitted, caller), session);
    EXPECT_EQ(!forbidden(Audience::operators, caller), reload);
  }
}

TEST(RefusedPages, AreLoggedOnceASecond) {
  RefusedPages pages;
  const TimePoint start{100s};
  const auto first = pages.note("https://evil.example", "voice.example", start);
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, HasSubstr("--allow-origin https://evil.example"));
  EXPECT_THAT(*first, Not(HasSubstr("others")));
  EXPECT_FALSE(pages.note("https://b.example", "voice.example", start + 1ms));
  EXPECT_FALSE(pages.note("https://c.example", "voice.example", start + 999ms));
  const auto later = pages.note("https://d.example", "voice.example", start + 1s);
  ASSERT_TRUE(later);
  EXPECT_THAT(*later, HasSubstr("origin=https://d.example"));
  EXPECT_THAT(*later, HasSubstr("others=2"));
  const auto strange = pages.note("https://e\xff.example\r\n" + std::string(10'000, 'x'), "h", start + 9s);
  ASSERT_TRUE(strange);
  EXPECT_LT(strange->size(), 1000U);
  EXPECT_THAT(*strange, HasSubstr("no origin"));
  EXPECT_EQ(strange->find_first_of("\r\n"), std::string::npos);
}

TEST(Access, TellsWhoGoesByAnotherName) {
  const Access all_pages({{"*"}, true, false});
  const auto by_loopback_name = [&](const net::HttpRequest& asked) {
    return all_pages.caller(asked, true).by_loopback_name;
  };
  for (const char* host : {"localhost", "localhost:8000", "127.0.0.1", "127.9.9.9:80", "[::1]:8000"}) {
    EXPECT_TRUE(by_loopback_name(request({}, host))) << host;
    EXPECT_TRUE(by_loopback_name(from_page("http://localhost:3000", host))) << host;
  }
  for (const char* host :
       {"", "example.org", "localhost.example.org", "10.0.0.1", "0.0.0.0", "[::2]", "local host"}) {
    EXPECT_FALSE(by_loopback_name(request({}, host))) << host;
  }
  for (const char* origin : {"http://example.org", "null", "http://10.0.0.1:8000", "file://", "nonsense"}) {
    EXPECT_FALSE(by_loopback_name(from_page(origin))) << origin;
  }
}

}  // namespace
}  // namespace unmuted
