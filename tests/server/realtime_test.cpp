// OpenAI's Realtime API through real sockets: who speaks it with the server, and what is said first.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "server/client_dialect.hpp"
#include "server/client_secrets.hpp"
#include "support/casts.hpp"
#include "support/model_server.hpp"
#include "support/raw_connection.hpp"
#include "support/realtime_rules.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using probe::Client;
using probe::InProcessServer;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- By the head of a request -------------------------------------------------------------------------

net::HttpRequest asked_with(std::string query, net::Headers headers = {}) {
  net::HttpRequest request;
  request.query = std::move(query);
  request.headers = std::move(headers);
  return request;
}

/// Whether the client is known to speak OpenAI's by that alone.
bool is_openais(const net::HttpRequest& request, const ClientSecrets& secrets = {}) {
  return dialect_for(request, secrets)->opening().has_value();
}

TEST(ClientDialect, IsOpenAisForWhoConnectsInItsWay) {
  EXPECT_TRUE(is_openais(asked_with("model=gpt-realtime")));
  EXPECT_TRUE(is_openais(asked_with("a=b&intent=transcription")));
  EXPECT_TRUE(is_openais(asked_with("call_id=x")));
  EXPECT_TRUE(is_openais(asked_with("", {{"Authorization", "Bearer sk-1"}})));
  EXPECT_TRUE(
      is_openais(asked_with("", {{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.ek_1"}})));
}

TEST(ClientDialect, IsOfTheFirstEventForOthers) {
  EXPECT_FALSE(is_openais(asked_with("")));
  EXPECT_FALSE(is_openais(asked_with("models=x")));
  EXPECT_FALSE(is_openais(asked_with("", {{"Sec-WebSocket-Protocol", "realtime"}})));
  EXPECT_FALSE(is_openais(asked_with("", {{"Authorization", "Basic eDp5"}})));
}

TEST(ClientDialect, TheModelIsReadWithItsEscapes) {
  const auto opening = dialect_for(asked_with("model=Quiz%20show+1"), ClientSecrets())->opening();
  ASSERT_TRUE(opening);
  EXPECT_EQ(std::get<events::Configure>(*opening).name, "Quiz show 1");
}

TEST(ClientDialect, AKeyIsNeverChosenAsSubprotocol) {
  const auto chosen = [](const char* offered) {
    return chosen_subprotocol(asked_with("", {{"Sec-WebSocket-Protocol", offered}}));
  };
  EXPECT_EQ(chosen("openai-insecure-api-key.ek_1, openai-agents-sdk.1.0, realtime"), "realtime");
  EXPECT_EQ(chosen("openai-insecure-api-key.ek_1"), "");
}

TEST(ClientSecrets, StandForTheirSessionUntilTheyExpire) {
  ClientSecrets secrets;
  const auto now = std::chrono::system_clock::now();
  const std::string key = secrets.issue({{"instructions", "x"}}, now + std::chrono::seconds(60), now);
  EXPECT_THAT(key, testing::StartsWith("ek_"));
  EXPECT_EQ(secrets.session_of(key, now)->at("instructions"), "x");
  EXPECT_FALSE(secrets.session_of(key, now + std::chrono::seconds(60)));
  EXPECT_FALSE(secrets.session_of("ek_other", now));
}

TEST(ClientSecrets, AreNoMoreThanTheyMayBe) {
  ClientSecrets secrets;
  const auto now = std::chrono::system_clock::now();
  const json large{{"instructions", std::string(1U << 20U, 'a')}};
  const std::string first = secrets.issue(large, now + std::chrono::hours(1), now);
  for (int i = 0; i < 8; ++i) secrets.issue(large, now + std::chrono::hours(1), now);
  EXPECT_FALSE(secrets.session_of(first, now));
}

// ---- Through sockets ----------------------------------------------------------------------------------

class RealtimeServerTest : public testing::Test {
 protected:
  RealtimeServerTest() {
    Config config;
    config.characters = test::cast_path("alpha");
    config.threads = 2;
    config.llm_url = model.url();
    config.llm_model = "test-model";
    auto started = InProcessServer::start(std::move(config));
    EXPECT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }

  Client connect(const std::string& query, net::ConnectOptions options = {}) {
    auto client = Client::connect(harness->websocket_url() + query, std::move(options));
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  /// The next event, which fits the rules.
  json next(Client& client) {
    const auto event = client.next();
    if (!event) {
      ADD_FAILURE() << "nothing was said";
      return {{"type", "nothing"}};
    }
    EXPECT_THAT(rules.check(*event), IsEmpty()) << *event;
    return *event;
  }
  std::vector<json> until(Client& client, const std::string& type) {
    std::vector<json> seen;
    do {
      seen.push_back(next(client));
    } while (seen.back()["type"] != type && seen.back()["type"] != "nothing");
    EXPECT_EQ(seen.back()["type"], type);
    return seen;
  }
  json body(const std::string& request) {
    const std::string answer = test::raw_exchange(harness->server().port(), request);
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200")) << answer;
    const json read =
        json::parse(answer.substr(std::min(answer.find("\r\n\r\n"), answer.size())), nullptr, false);
    EXPECT_FALSE(read.is_discarded()) << answer;
    return read;
  }
  std::string post(const std::string& path, const std::string& content) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
  }

  test::ModelServer model;
  std::optional<InProcessServer> harness;
  test::RealtimeRules rules;
};

TEST_F(RealtimeServerTest, TheSessionIsToldAtOnce) {
  Client client = connect("?model=Charles");
  const json session = next(client)["session"];
  EXPECT_EQ(session["model"], "Charles");
  EXPECT_EQ(client.subprotocol(), "");
}

TEST_F(RealtimeServerTest, OfSeveralSubprotocolsRealtimeIsChosen) {
  net::ConnectOptions options;
  options.headers.emplace_back("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.ek_1");
  Client client = connect("", std::move(options));
  EXPECT_EQ(next(client)["type"], "session.created");
  EXPECT_EQ(client.subprotocol(), "realtime");
}

TEST_F(RealtimeServerTest, AFirstUpdateOfTheTypeChoosesIt) {
  Client client = connect("");
  EXPECT_TRUE(
      client.send({{"type", "session.update"}, {"session", {{"type", "realtime"}, {"instructions", "x"}}}}));
  EXPECT_EQ(next(client)["type"], "session.created");
  EXPECT_EQ(next(client)["session"]["instructions"], "x");
}

TEST_F(RealtimeServerTest, OthersSpeakAsTheyAlwaysDid) {
  Client client = connect("");
  EXPECT_TRUE(client.send({{"type", "session.update"}, {"session", {{"voice", "Charles"}}}}));
  const auto event = client.next();
  ASSERT_TRUE(event);
  EXPECT_EQ((*event)["session"]["character"], "Charles");
}

TEST_F(RealtimeServerTest, AConversationInText) {
  Client client = connect("?model=Charles");
  model.reply({test::text("Good day."), test::finish()});
  const json part{{"type", "input_text"}, {"text", "Hi"}};
  const json item{{"type", "message"}, {"role", "user"}, {"content", json::array({part})}};
  EXPECT_TRUE(client.send({{"type", "conversation.item.create"}, {"item", item}}));
  EXPECT_TRUE(client.send({{"type", "response.create"}}));
  const auto events = until(client, "response.done");
  EXPECT_EQ(events.back()["response"]["output"][0]["content"][0]["transcript"], "Good day.");
  EXPECT_THAT(rules.finish(), IsEmpty());
  EXPECT_EQ(rules.order().size(), 2U);
}

TEST_F(RealtimeServerTest, ModelsAreTheDefaultCast) {
  const json list = body("GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(list["object"], "list");
  std::vector<std::string> ids;
  for (const json& one : list["data"]) {
    EXPECT_EQ(one["object"], "model");
    ids.push_back(one["id"]);
  }
  EXPECT_THAT(ids, testing::Contains("Charles"));
}

TEST_F(RealtimeServerTest, AKeyStandsForTheSessionThatItWasMadeFor) {
  const json secret = body(post("/v1/realtime/client_secrets",
                                R"({"expires_after":{"anchor":"created_at","seconds":60},
                                    "session":{"type":"realtime","model":"Anna","instructions":"Be brief."}})"));
  EXPECT_GT(secret["expires_at"].get<long>(), 0);
  EXPECT_EQ(secret["session"]["instructions"], "Be brief.");
  net::ConnectOptions options;
  options.headers.emplace_back("Authorization", "Bearer " + secret["value"].get<std::string>());
  Client client = connect("", std::move(options));
  EXPECT_EQ(next(client)["session"]["instructions"], "Be brief.");
}

TEST_F(RealtimeServerTest, AKeyForNoSessionIsRefused) {
  for (const char* content : {"3", R"({"session":4})", R"({"session":{"tools":1}})",
                              R"({"expires_after":{"seconds":1}})", R"({"expires_after":{"seconds":"x"}})"}) {
    const std::string answer =
        test::raw_exchange(harness->server().port(), post("/v1/realtime/client_secrets", content));
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400")) << content;
  }
  EXPECT_THAT(body(post("/v1/realtime/client_secrets", ""))["value"].get<std::string>(),
              testing::StartsWith("ek_"));
}

}  // namespace
}  // namespace unmuted
