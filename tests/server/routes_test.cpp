// What a request comes to by its head alone.
#include "server/routes.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/config.hpp"
#include "server/handlers.hpp"
#include "server/upgrade.hpp"
#include "server/web_files.hpp"

namespace unmuted {
namespace {

using net::HttpRequest;
using testing::HasSubstr;

const Caller program_here{{true, false}, true};
const Caller program_elsewhere{{false, false}, true};
const Caller stranger_page{{true, true}, false};

const net::Headers handshake{{"Sec-WebSocket-Version", "13"},
                             {"Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="}};
const net::Headers json_type{{"Content-Type", "application/json"}};

HttpRequest request(std::string method, std::string path, net::Headers headers = {}) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

HttpRequest upgrade(std::string path, net::Headers headers = handshake) {
  HttpRequest asked = request("GET", std::move(path), std::move(headers));
  asked.websocket_upgrade = true;
  return asked;
}

/// 0 when it is not refused.
unsigned status(const HttpRequest& request, const Caller& caller = program_here, const Config& config = {}) {
  const auto judged = judge(request, caller, config);
  return judged ? 0 : judged.error().status;
}

AnswerHandler answers(const HttpRequest& request, const Caller& caller = program_here) {
  const auto judged = judge(request, caller, Config());
  const auto* handler = judged ? std::get_if<AnswerHandler>(&judged->handler) : nullptr;
  return handler == nullptr ? nullptr : *handler;
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(Routes, EachHasItsHandler) {
  EXPECT_EQ(answers(request("GET", "/")), handlers::web_file);
  EXPECT_EQ(answers(request("GET", "/v1/health")), handlers::health);
  EXPECT_EQ(answers(request("GET", "/v1/voices")), handlers::voices);
  EXPECT_EQ(answers(request("GET", "/metrics")), handlers::metrics);
  EXPECT_EQ(answers(request("GET", "/readyz")), handlers::readiness);
  EXPECT_EQ(answers(request("POST", "/v1/characters/reload", json_type)), handlers::reload_default);
  const auto session = judge(upgrade("/v1/realtime"), program_elsewhere, Config());
  ASSERT_TRUE(session);
  ASSERT_TRUE(std::holds_alternative<UpgradeHandler>(session->handler));
  EXPECT_EQ(std::get<UpgradeHandler>(session->handler), begin_session);
}

TEST(Routes, HaveMoreThanOneSpelling) {
  for (const char* path : {"/api/v1/health", "/v1/health/", "/api/v1/health/"}) {
    EXPECT_EQ(answers(request("GET", path)), handlers::health) << path;
  }
  for (const char* path : {"/api", "/api/"}) {
    EXPECT_EQ(answers(request("GET", path)), handlers::web_file) << path;
  }
  for (const char* path : {"/apiv1/health", "/api/api/v1/health", "/v1/health//", "/V1/health"}) {
    EXPECT_EQ(status(request("GET", path)), 404U) << path;
  }
}

TEST(Routes, LeadToTheFilesOfThePage) {
  for (const auto& [name, bytes] : built_in_files()) {
    const bool for_authors = name == "inspect.html";
    for (const std::string& path : {"/" + std::string(name), "/api/" + std::string(name)}) {
      EXPECT_EQ(answers(request("GET", path)), handlers::web_file) << path;
      EXPECT_EQ(answers(request("HEAD", path)), handlers::web_file) << path;
      EXPECT_EQ(status(request("POST", path)), 405U) << path;
      EXPECT_EQ(status(upgrade(path)), 404U) << path;
      EXPECT_EQ(status(request("GET", path), stranger_page), for_authors ? 403U : 0U) << path;
    }
  }
  for (const char* path : {"/nothing.js", "/index", "/index.HTML", "/.html", "/README.md", "/js/", "/*"}) {
    EXPECT_EQ(status(request("GET", path)), 404U) << path;
    EXPECT_EQ(status(request("OPTIONS", path)), 404U) << path;
  }
}

TEST(Routes, LeadToWhateverAFolderMayHold) {
  Config config;
  config.web = "/srv/page";
  EXPECT_EQ(status(request("GET", "/js/new.js"), program_here, config), 0U);
  EXPECT_EQ(status(request("PUT", "/js/new.js"), program_here, config), 405U);
  for (const char* path :
       {"/js/.new.js", "/.git/new.js", "/js//new.js", "/js%2Fnew.js", "/js\\new.js", "/new.md", "/js"}) {
    EXPECT_EQ(status(request("GET", path), program_here, config), 404U) << path;
  }
}

TEST(Routes, TakeTheirMethodsAndTellThem) {
  struct Case {
    const char* path;
    const char* methods;
    const char* allow;
    const char* first;
  };
  for (const auto& [path, methods, allow, first] :
       {Case{"/", "GET", "GET, HEAD, OPTIONS", "GET"},
        Case{"/v1/realtime", "GET", "GET, HEAD, OPTIONS", "GET"},
        Case{"/v1/voices", "GET, POST", "GET, POST, HEAD, OPTIONS", "GET"},
        Case{"/v1/characters/reload", "POST", "POST, OPTIONS", "POST"}}) {
    for (const char* method : {"PUT", "DELETE", "get", "TRACE"}) {
      const auto judged = judge(request(method, path), program_here, Config());
      ASSERT_FALSE(judged) << path;
      EXPECT_EQ(judged.error().status, 405U) << path;
      EXPECT_EQ(header(judged.error(), "Allow"), allow);
      EXPECT_THAT(judged.error().body, HasSubstr("Use " + std::string(first) + " here"));
    }
    EXPECT_NE(answers(request("OPTIONS", path), stranger_page), nullptr) << path;
  }
  EXPECT_EQ(answers(request("HEAD", "/v1/health")), handlers::health);
  EXPECT_EQ(status(request("HEAD", "/v1/characters/reload")), 405U);
  EXPECT_EQ(status(request("OPTIONS", "/nothing")), 404U);
  EXPECT_NE(answers(request("OPTIONS", "*")), nullptr);
}

TEST(Routes, AnUpgradeIsTakenWhereThereIsAWebSocketAlone) {
  for (const char* path : {"/v1/health", "/nothing", "/"}) {
    const auto judged = judge(upgrade(path), program_here, Config());
    ASSERT_FALSE(judged) << path;
    EXPECT_EQ(judged.error().status, 404U);
    EXPECT_THAT(judged.error().body, HasSubstr("There is no WebSocket at"));
  }
  for (const Caller& caller : {program_here, stranger_page}) {
    for (const char* method : {"GET", "HEAD"}) {
      const auto plain = judge(request(method, "/v1/realtime"), caller, Config());
      ASSERT_FALSE(plain);
      EXPECT_EQ(plain.error().status, 426U);
      EXPECT_EQ(header(plain.error(), "Upgrade"), "websocket");
    }
  }
  const auto old = judge(upgrade("/v1/realtime", {{"Sec-WebSocket-Version", "8"}}), program_here, Config());
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().status, 426U);
  EXPECT_EQ(header(old.error(), "Sec-WebSocket-Version"), "13");
  EXPECT_EQ(status(upgrade("/v1/realtime", {{"Sec-WebSocket-Version", "13"}})), 400U);
}

TEST(Routes, AreForTheirAudience) {
  EXPECT_EQ(status(request("GET", "/v1/health"), stranger_page), 0U);
  EXPECT_EQ(status(upgrade("/v1/realtime"), stranger_page), 403U);
  EXPECT_EQ(status(upgrade("/v1/realtime", {}), stranger_page), 403U);
  const HttpRequest reload = request("POST", "/v1/characters/reload", json_type);
  EXPECT_EQ(status(reload), 0U);
  EXPECT_EQ(status(reload, program_elsewhere), 403U);
  EXPECT_EQ(status(reload, stranger_page), 403U);
  const HttpRequest without_type = request("POST", "/v1/characters/reload");
  EXPECT_EQ(status(without_type, program_elsewhere), 403U);
  EXPECT_EQ(status(without_type), 415U);
}

TEST(Routes, LeadAuthorsToTheInspector) {
  EXPECT_EQ(answers(request("GET", "/inspect")), handlers::web_file);
  EXPECT_EQ(answers(request("GET", "/inspect.html")), handlers::web_file);
  EXPECT_EQ(answers(request("GET", "/v1/inspect")), handlers::inspect_cast);
  EXPECT_EQ(answers(request("GET", "/v1/inspect/character")), handlers::inspect_character);
  const Caller by_another_name{{true, false}, true, false};
  Config for_others;
  for_others.address = "0.0.0.0";
  Config behind_proxy;
  behind_proxy.behind_proxy = true;
  for (const char* path : {"/inspect", "/inspect.html", "/v1/inspect", "/v1/inspect/character"}) {
    const HttpRequest asked = request("GET", path);
    EXPECT_EQ(status(asked, program_elsewhere), 403U) << path;
    EXPECT_EQ(status(asked, stranger_page), 403U) << path;
    EXPECT_EQ(status(asked, by_another_name), 403U) << path;
    EXPECT_EQ(status(asked, program_here, for_others), 404U) << path;
    EXPECT_EQ(status(asked, program_here, behind_proxy), 404U) << path;
    EXPECT_EQ(status(request("POST", path)), 405U) << path;
  }
}

TEST(Routes, WithoutAServiceNobodyClonesVoices) {
  EXPECT_EQ(status(request("POST", "/v1/voices")), 503U);
  EXPECT_EQ(status(request("POST", "/v1/voices"), stranger_page), 403U);
}

TEST(Routes, AnUploadIsJudgedByItsHead) {
  Config config;
  config.voice_cloning = "http://localhost:8092";
  HttpRequest upload = request("POST", "/v1/voices", {{"Content-Type", "multipart/form-data; boundary=b"}});
  EXPECT_EQ(status(upload, program_elsewhere, config), 411U);
  upload.content_length = max_upload;
  const auto admitted = judge(upload, program_elsewhere, config);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(std::get<AnswerHandler>(admitted->handler), handlers::clone_voice);
  EXPECT_GT(admitted->max_body, max_upload);
  EXPECT_EQ(status(upload, stranger_page, config), 403U);
  upload.content_length = admitted->max_body + 1;
  EXPECT_EQ(status(upload, program_elsewhere, config), 413U);
  upload.headers = {{"Content-Type", "audio/wav"}};
  EXPECT_EQ(status(upload, program_elsewhere, config), 415U);
}

}  // namespace
}  // namespace unmuted
