// The routes and the upgrade through real sockets: who is let in, from where, behind what, and what it is
// told.
#include "net/http.hpp"

#include <future>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "characters/character_set.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/casts.hpp"
#include "support/eventually.hpp"
#include "support/model_server.hpp"
#include "support/raw_connection.hpp"
#include "support/speech_server.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using probe::Client;
using probe::InProcessServer;
using test::Behaviour;
using test::cast_path;
using test::ModelServer;
using test::RawConnection;
using test::SpeechServer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Config config_of(const std::string& cast = "alpha") {
  Config config;
  config.characters = cast_path(cast);
  config.threads = 2;
  return config;
}

class HttpTest : public testing::Test {
 protected:
  void start(Config config = config_of()) {
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness_.emplace(std::move(*started));
  }
  Server& server() { return harness_->server(); }
  [[nodiscard]] std::string authority() { return "127.0.0.1:" + std::to_string(server().port()); }
  std::string raw(const std::string& request) { return test::raw_exchange(server().port(), request); }
  std::string get(const std::string& target, const std::string& headers = "") {
    return raw("GET " + target + " HTTP/1.1\r\nHost: " + authority() + "\r\nConnection: close\r\n" + headers +
               "\r\n");
  }
  std::string reload(const std::string& directory, const std::string& headers = "",
                     const std::string& type = "Content-Type: application/json\r\n") {
    const std::string body = json{{"directory", directory}}.dump();
    return raw("POST /v1/characters/reload HTTP/1.1\r\nHost: " + authority() + "\r\nConnection: close\r\n" +
               type + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  json health(const std::string& path = "/v1/health") {
    const std::string answer = get(path);
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }
  Result<Client> connect(net::Headers headers = {}, std::string subprotocol = "") {
    net::ConnectOptions options;
    options.headers = std::move(headers);
    options.subprotocol = std::move(subprotocol);
    return Client::connect(harness_->websocket_url(), options);
  }
  /// What a session answers to a request for a directory.
  static json load(Client& client, const std::string& directory) {
    EXPECT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", directory}}));
    return client.next().value_or(json());
  }
  static std::string code_of(const json& event) {
    return event.value("type", "") == "error" ? event["error"]["code"].get<std::string>()
                                              : event.value("type", "");
  }

 private:
  std::optional<InProcessServer> harness_;
};

const std::string upgrade_headers =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n";

TEST_F(HttpTest, WhatAProxyForwardsIsNotOfThisMachine) {
  start();
  EXPECT_THAT(reload(cast_path("beta")), StartsWith("HTTP/1.1 200"));
  for (const char* header :
       {"X-Forwarded-For: 203.0.113.7", "x-real-ip: 203.0.113.7", "FORWARDED: for=203.0.113.7",
        "Via: 1.1 cache", "X-Forwarded-For:", "CF-Connecting-IP: 203.0.113.7"}) {
    EXPECT_THAT(reload("/", header + std::string("\r\n")), StartsWith("HTTP/1.1 403")) << header;
    const std::string line = header;
    const std::size_t colon = line.find(':');
    auto client = connect({{line.substr(0, colon), line.substr(colon + 1)}});
    ASSERT_TRUE(client) << client.error().message;
    EXPECT_EQ(code_of(load(*client, cast_path("alpha"))), "directory_not_allowed") << header;
    EXPECT_EQ(code_of(load(*client, "/nowhere")), "directory_not_allowed") << header;
    EXPECT_EQ(code_of(load(*client, "default")), "session.characters.reloaded") << header;
  }
  EXPECT_EQ(server().default_cast()->directory(), cast_path("beta"));
  auto here = connect();
  ASSERT_TRUE(here);
  EXPECT_EQ(code_of(load(*here, cast_path("alpha"))), "session.characters.reloaded");
}

TEST_F(HttpTest, BehindAProxyNobodyIsOfThisMachine) {
  Config config = config_of();
  config.behind_proxy = true;
  start(std::move(config));
  EXPECT_THAT(reload(cast_path("beta")), StartsWith("HTTP/1.1 403"));
  auto client = connect();
  ASSERT_TRUE(client);
  EXPECT_EQ(code_of(load(*client, cast_path("beta"))), "directory_not_allowed");
  EXPECT_EQ(code_of(load(*client, cast_path("alpha"))), "session.characters.reloaded");
}

TEST_F(HttpTest, WhatIsForwardedMayLoadWhatLiesBeneathARoot) {
  Config config = config_of();
  config.behind_proxy = true;
  config.character_roots = {cast_path("")};
  start(std::move(config));
  auto client = connect({{"X-Forwarded-For", "203.0.113.7"}});
  ASSERT_TRUE(client);
  EXPECT_EQ(code_of(load(*client, cast_path("beta"))), "session.characters.reloaded");
  EXPECT_EQ(code_of(load(*client, "/usr")), "directory_not_allowed");
}

TEST_F(HttpTest, AProxiedPageIsThatOfTheServersOwnHost) {
  Config config = config_of();
  config.behind_proxy = true;
  start(std::move(config));
  const net::Headers page{
      {"Host", "voice.example"}, {"Origin", "https://voice.example"}, {"X-Forwarded-Proto", "https"}};
  EXPECT_TRUE(connect(page));
  EXPECT_TRUE(connect({{"Origin", "https://voice.example"}, {"X-Forwarded-Host", "voice.example"}}));
  EXPECT_FALSE(connect({{"Host", "voice.example"}, {"Origin", "https://evil.example"}}));
}

TEST_F(HttpTest, ADirectoryIsSentOnlyWhenItIsWanted) {
  start();
  RawConnection client(server().port());
  const std::string body = json{{"directory", cast_path("beta")}}.dump();
  const auto head = [&](const std::string& path, std::size_t size, const std::string& type) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(size) + "\r\nConnection: close\r\n\r\n";
  };
  client.send(head("/v1/characters/reload", body.size(), "application/json"));
  EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_THAT(client.rest(), HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_EQ(server().default_cast()->directory(), cast_path("beta"));

  const std::vector<std::pair<std::string, std::string>> in_vain{
      {head("/v1/characters/reload", 9, "text/plain"), "HTTP/1.1 415"},
      {head("/v1/nothing", 9, "application/json"), "HTTP/1.1 404"},
      {head("/v1/health", 9, "application/json"), "HTTP/1.1 405"},
      {head("/v1/characters/reload", 1 << 20, "application/json"), "HTTP/1.1 413"}};
  for (const auto& [request, answer] : in_vain) {
    RawConnection waiting(server().port());
    waiting.send(request);
    EXPECT_THAT(waiting.until("detail"), StartsWith(answer)) << request;
  }
}

TEST_F(HttpTest, MediaTypesHaveNoCase) {
  start();
  for (const char* type : {"Application/JSON", "application/json ;charset=utf-8",
                           "application/json; charset=\"utf-8\"", "\tapplication/json "}) {
    EXPECT_THAT(reload("default", "", "Content-Type:" + std::string(type) + "\r\n"),
                StartsWith("HTTP/1.1 200"))
        << type;
  }
  for (const char* type :
       {"application/jsonx", "text/plain", "application/x-www-form-urlencoded; a=application/json", ""}) {
    EXPECT_THAT(reload("default", "", "Content-Type: " + std::string(type) + "\r\n"),
                StartsWith("HTTP/1.1 415"))
        << type;
  }
  EXPECT_THAT(reload("default", "", ""), StartsWith("HTTP/1.1 415"));
}

TEST_F(HttpTest, TheHostOfAnAbsoluteTargetIsTheOneThatCounts) {
  start();
  const std::string here = authority();
  EXPECT_THAT(get("http://" + here + "/v1/health"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("HTTPS://elsewhere.example/v1/health"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("http://" + here), HasSubstr("text/html"));
  const auto upgrade = [&](const std::string& target, const std::string& host, const std::string& origin) {
    RawConnection client(server().port());
    client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin + "\r\n" +
                upgrade_headers + "\r\n");
    return client.until("\r\n\r\n");
  };
  EXPECT_THAT(upgrade("http://" + here + "/v1/realtime", "elsewhere.example", "http://" + here),
              StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(upgrade("http://elsewhere.example/v1/realtime", here, "http://" + here),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(upgrade("http://elsewhere.example/v1/realtime", here, "http://elsewhere.example"),
              StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpTest, OptionsSayWhatThereIs) {
  start();
  const std::string all = raw("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(all, StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(all, HasSubstr("Allow: GET, HEAD, OPTIONS, POST"));
  EXPECT_THAT(raw("OPTIONS http://a:8000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("Allow: GET, HEAD, OPTIONS, POST"));
  EXPECT_THAT(raw("OPTIONS /v1/voices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              testing::AllOf(HasSubstr("Allow: GET, POST, HEAD, OPTIONS"),
                             HasSubstr("Access-Control-Allow-Methods: GET, POST\r\n")));
  EXPECT_THAT(raw("OPTIONS /v1/characters/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("Allow: POST, OPTIONS"));
  EXPECT_THAT(raw("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpTest, ARouteHasMoreThanOneSpelling) {
  start();
  for (const char* target : {"/v1/health", "/v1/health/", "/api/v1/health", "/api/v1/health/", "/v1/%68ealth",
                             "/v1/./health", "/x/../v1/health", "/v1/health?x=%", "/%61pi/v1/health"}) {
    EXPECT_THAT(get(target), StartsWith("HTTP/1.1 200")) << target;
  }
  for (const char* target : {"/", "/api", "/api/", "/.", "/v1/.."})
    EXPECT_THAT(get(target), HasSubstr("text/html")) << target;
  for (const char* target : {"/readyz/", "/api/readyz", "/api/metrics", "/api/v1/voices/"}) {
    EXPECT_THAT(get(target), StartsWith("HTTP/1.1 200")) << target;
  }
  for (const char* target : {"//v1/health", "/v1/health//", "/v1/healthz", "/v1%2Fhealth", "/apiv1/health",
                             "/api/api/v1/health", "/V1/health", "/v1/health%00", "/v1/\xff\xfe"}) {
    EXPECT_THAT(get(target), StartsWith("HTTP/1.1 404")) << target;
  }
  EXPECT_THAT(get("/api/nothing"), HasSubstr("/api/nothing"));
  for (const char* path : {"/api/v1/realtime", "/v1/realtime/", "/v1/%72ealtime", "/v1/realtime?model=x"}) {
    EXPECT_TRUE(Client::connect("ws://" + authority() + path)) << path;
  }
  const auto elsewhere = Client::connect("ws://" + authority() + "/v1/nowhere");
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("/v1/nowhere"));
}

TEST_F(HttpTest, ABadUpgradeIsToldWhy) {
  start();
  const auto upgrade = [&](const std::string& headers) {
    return get("/v1/realtime",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://localhost:3000\r\n" + headers);
  };
  for (const auto& [headers, answer] : std::vector<std::pair<std::string, std::string>>{
           {"Sec-WebSocket-Version: 13\r\n", "HTTP/1.1 400"},
           {"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n", "HTTP/1.1 426"}}) {
    EXPECT_THAT(upgrade(headers), StartsWith(answer));
    EXPECT_THAT(upgrade(headers), HasSubstr("{\"detail\":"));
    EXPECT_THAT(upgrade(headers), HasSubstr("Access-Control-Allow-Origin: http://localhost:3000"));
  }
  EXPECT_EQ(server().session_count(), 0U);
}

TEST_F(HttpTest, EveryErrorCanBeReadByThePageThatCausedIt) {
  start();
  const std::string origin = "Origin: http://127.0.0.1:3000\r\n";
  for (const std::string& request :
       {"GET /v1/health HTTP/1.1\r\n" + origin + "\r\n",
        "GET nothing HTTP/1.1\r\nHost: a\r\n" + origin + "\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + origin + "Expect: wonders\r\n\r\n",
        "POST /v1/characters/reload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + origin +
            "Content-Length: 1000000\r\n\r\n",
        "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + origin + "\r\n"}) {
    EXPECT_THAT(raw(request), StartsWith("HTTP/1.1 4")) << request;
    EXPECT_THAT(raw(request), HasSubstr("Access-Control-Allow-Origin: http://127.0.0.1:3000")) << request;
    EXPECT_THAT(raw(request), HasSubstr("{\"detail\":")) << request;
  }
}

TEST_F(HttpTest, ARefusedPageIsLogged) {
  std::ostringstream log;
  Config config = config_of();
  config.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  start(std::move(config));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(connect({{"Origin", "https://stranger.example"}}));
  EXPECT_FALSE(connect({{"Origin", "https://stranger.example"}}));
  const std::string text = log.str();
  EXPECT_THAT(text, HasSubstr("warning"));
  EXPECT_THAT(text, HasSubstr("--allow-origin https://stranger.example"));
  const std::regex line("page_refused");
  EXPECT_LT(std::distance(std::sregex_iterator(text.begin(), text.end(), line), std::sregex_iterator()), 21);
}

// --- a server that is full ------------------------------------------------------------------------------

TEST_F(HttpTest, AFullServerTellsAPage) {
  Config config = config_of();
  config.max_sessions = 1;
  start(std::move(config));
  auto first = connect();
  ASSERT_TRUE(first);
  auto page = connect({{"Origin", "http://localhost:3000"}}, "realtime");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->subprotocol(), "realtime");
  const auto told = page->next();
  ASSERT_TRUE(told);
  EXPECT_EQ((*told)["type"], "error");
  EXPECT_EQ((*told)["error"]["type"], "fatal");
  EXPECT_EQ((*told)["error"]["code"], "service_at_capacity");
  EXPECT_EQ((*told)["error"]["message"], "The server is full, try again later");
  EXPECT_EQ(page->closed()->code, 1013);
  EXPECT_EQ(server().session_count(), 1U);
  EXPECT_THAT(server().metrics_text(), HasSubstr("\nworker_sessions_total 1\n"));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503"));
  const std::string program = get("/v1/realtime", upgrade_headers);
  EXPECT_THAT(program, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(program, HasSubstr("Retry-After: "));
  EXPECT_FALSE(connect({{"Origin", "http://evil.example"}}));
}

TEST_F(HttpTest, ThoseWhoAreTurnedAwayDoNotPileUp) {
  Config config = config_of();
  config.max_sessions = 1;
  start(std::move(config));
  auto first = connect();
  ASSERT_TRUE(first);
  const std::string request = "GET /v1/realtime HTTP/1.1\r\nHost: " + authority() +
                              "\r\nOrigin: http://localhost\r\n" + upgrade_headers + "\r\n";
  // None of these answers the close frame, so each keeps its place until its time is over.
  std::vector<std::unique_ptr<RawConnection>> deaf;
  std::size_t told = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 80; ++i) {
    deaf.push_back(std::make_unique<RawConnection>(server().port()));
    deaf.back()->send(request);
    const std::string head = deaf.back()->until("\r\n\r\n");
    told += head.starts_with("HTTP/1.1 101") ? 1 : 0;
    refused += head.starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  EXPECT_EQ(told + refused, 80U);
  EXPECT_GE(told, 64U);
  EXPECT_GT(refused, 0U);
  for (auto& client : deaf) client->rest();  // each of them comes to an end by itself
  EXPECT_TRUE(connect({{"Origin", "http://localhost"}}));
  EXPECT_EQ(server().session_count(), 1U);
}

TEST_F(HttpTest, AServerThatShutsDownTellsAPage) {
  start();
  auto session = connect();
  ASSERT_TRUE(session);
  // A session that does not answer the close frame keeps the server draining.
  const std::string request =
      "GET /v1/realtime HTTP/1.1\r\nHost: " + authority() + "\r\n" + upgrade_headers + "\r\n";
  RawConnection deaf(server().port());
  deaf.send(request);
  EXPECT_THAT(deaf.until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  auto drained = std::async(std::launch::async, [&] { server().drain(); });
  EXPECT_EQ(session->closed()->code, 1001);
  auto page = connect({{"Origin", "http://localhost"}});
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT((*page->next())["error"]["message"].get<std::string>(), HasSubstr("shutting down"));
  EXPECT_EQ(page->closed()->code, 1001);
  deaf.finish();
  drained.get();
}

// --- health ---------------------------------------------------------------------------------------------

TEST_F(HttpTest, WithoutAModelEverybodyAnswersAndNothingIsBroken) {
  start();
  for (const char* path : {"/v1/health", "/api/v1/health"}) {
    const json told = health(path);
    EXPECT_EQ(told["ok"], true);
    EXPECT_EQ(told["voice_cloning_up"], false);
    EXPECT_FALSE(told.contains("tts_up"));
    EXPECT_FALSE(told.contains("stt_up"));
    EXPECT_EQ(told["backends"]["tts"], "off");
  }
}

TEST_F(HttpTest, AModelThatIsDownIsAFaultOnlyWhenNobodyCanDoWithoutIt) {
  ModelServer model;
  model.behave(Behaviour::error);
  Config config = config_of("alpha");  // nobody with a script of their own
  config.llm_url = model.url();
  start(std::move(config));
  EXPECT_EQ(health()["llm_up"], false);
  EXPECT_EQ(health()["ok"], false);

  Config scripted;
  scripted.characters = UNMUTED_SOURCE_DIR "/characters";
  scripted.llm_url = model.url();
  start(std::move(scripted));
  EXPECT_EQ(health()["llm_up"], false);
  EXPECT_EQ(health()["ok"], true);
}

TEST_F(HttpTest, AllWhoAskMeanwhileHearTheAnswerOfTheFirstProbe) {
  ModelServer model;
  model.behave(Behaviour::slow_headers);
  Config config = config_of();
  config.llm_url = model.url();
  start(std::move(config));
  std::vector<std::unique_ptr<RawConnection>> waiting;
  const auto ask = [&] {
    waiting.push_back(std::make_unique<RawConnection>(server().port()));
    waiting.back()->send("GET /v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  };
  ask();
  while (model.connections() == 0) std::this_thread::yield();
  for (int i = 0; i < 8; ++i) ask();
  for (int thread = 0; thread < 2; ++thread) EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  model.release();
  for (auto& client : waiting) {
    EXPECT_THAT(client->rest(), HasSubstr("\"llm_up\":true"));
    EXPECT_THAT(client->rest(), HasSubstr("\"ok\":true"));
  }
  EXPECT_EQ(model.connections(), 1U);
}

TEST_F(HttpTest, AllServicesAreAskedAtOnce) {
  ModelServer model;
  SpeechServer speech, hearing;
  model.behave(Behaviour::slow_headers);
  speech.behave(Behaviour::slow_headers);
  hearing.behave(Behaviour::slow_headers);
  Config config = config_of();
  config.llm_url = model.url();
  config.tts = speech.url();
  config.stt = hearing.url();
  start(std::move(config));
  RawConnection client(server().port());
  client.send("GET /v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  // Where one was asked after the other, the first would be given up before the second is asked.
  const auto all_asked = [&] {
    return model.connections() > 0 && speech.connections() > 0 && hearing.connections() > 0;
  };
  EXPECT_TRUE(test::eventually(all_asked));
  model.release();
  speech.release();
  hearing.release();
  const std::string answer = client.rest();
  for (const char* up : {"\"llm_up\":true", "\"tts_up\":true", "\"stt_up\":true"}) {
    EXPECT_THAT(answer, HasSubstr(up));
  }
}

TEST_F(HttpTest, AServerEndsWhileItsHealthIsAskedFor) {
  ModelServer model;
  model.behave(Behaviour::hang);
  Config config = config_of();
  config.llm_url = model.url();
  start(std::move(config));
  std::vector<std::unique_ptr<RawConnection>> waiting;
  for (int i = 0; i < 6; ++i) {
    waiting.push_back(std::make_unique<RawConnection>(server().port()));
    waiting.back()->send("GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  start();  // the first one is destroyed
  for (auto& client : waiting) client->rest();
}

}  // namespace
}  // namespace unmuted
