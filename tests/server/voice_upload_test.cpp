// Voices that are uploaded, through real sockets on both sides.
#include <optional>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/redis_client.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "server/routes.hpp"
#include "support/casts.hpp"
#include "support/cloning_server.hpp"
#include "support/event_loop.hpp"
#include "support/raw_connection.hpp"
#include "support/redis_server.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using probe::InProcessServer;
using test::CloningServer;
using test::RawConnection;
using test::RedisServer;
using testing::HasSubstr;
using testing::StartsWith;

const std::string upload_type = "Content-Type: multipart/form-data; boundary=XX\r\n";

std::string form_with(const std::string& content, const std::string& field = "file") {
  return "--XX\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"a.wav\"\r\n\r\n" +
         content + "\r\n--XX--\r\n";
}

std::string upload_head(std::size_t size, const std::string& headers = upload_type) {
  return "POST /v1/voices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers +
         "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

json body_of(const std::string& answer) {
  return json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
}

class VoiceUploadTest : public testing::Test {
 protected:
  VoiceUploadTest() {
    config.characters = test::cast_path("alpha");
    config.threads = 2;
    config.voice_cloning = service.url();
  }

  void start() {
    auto started = InProcessServer::start(config);
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  [[nodiscard]] std::uint16_t port() const { return harness->server().port(); }
  std::string raw(const std::string& request) {
    if (!harness) start();
    return test::raw_exchange(port(), request);
  }
  std::string upload(const std::string& form, const std::string& headers = upload_type) {
    return raw(upload_head(form.size(), headers) + form);
  }
  json health() { return body_of(raw("GET /v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")); }
  void expect_answer(const std::string& answer, const std::string& status, const std::string& detail) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status));
    EXPECT_THAT(body_of(answer).value("detail", answer), HasSubstr(detail));
  }

  CloningServer service;
  Config config;
  std::optional<InProcessServer> harness;
};

TEST_F(VoiceUploadTest, ARecordingBecomesAVoiceThatIsSelected) {
  const std::string recording = "RIFF" + std::string(200'000, '\0') + "\r\n--X";
  const std::string answer = upload(form_with(recording));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  const std::string name = body_of(answer)["name"];
  EXPECT_TRUE(std::regex_match(name, std::regex("custom:[0-9a-f-]{36}"))) << name;
  ASSERT_EQ(service.requests().size(), 1U);
  EXPECT_EQ(service.requests()[0].body, recording);

  auto client = probe::Client::connect(harness->websocket_url());
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->send({{"type", "session.update"},
                            {"session", {{"voice", name}, {"instructions", {{"type", "smalltalk"}}}}}}));
  const auto told = client->expect("{type: session.updated}");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ((*told)["session"]["voice"], name);
  EXPECT_EQ((*told)["session"]["character"], nullptr);
  EXPECT_TRUE(client->expect("{type: response.created}"));
}

TEST_F(VoiceUploadTest, HealthTellsWhetherVoicesAreCloned) {
  start();
  EXPECT_EQ(health()["voice_cloning_up"], true);
  EXPECT_EQ(health()["backends"]["voice_cloning"], "kyutai");
  config.voice_cloning = service.url();
  start();
  service.refuse();
  EXPECT_EQ(health()["voice_cloning_up"], false);
  EXPECT_EQ(health()["ok"], true);
}

TEST_F(VoiceUploadTest, WhatIsWrongWithAnUploadIsSaid) {
  expect_answer(upload(form_with("")), "400", "file: it is empty");
  expect_answer(upload(form_with("RIFF", "sound")), "400", "file: the form has no such field");
  const std::string one = form_with("RIFF");
  expect_answer(upload(one.substr(0, one.size() - 6) + "\r\n" + one), "400",
                "file: expected one, got several");
  expect_answer(upload(one.substr(0, one.size() - 4)), "400", "ends in the middle");
  expect_answer(upload("RIFF"), "400", "boundary of the form is not in the body");
  expect_answer(upload(one, "Content-Type: multipart/form-data\r\n"), "400", "needs one boundary");
  expect_answer(upload(one, "Content-Type: audio/wav\r\n"), "415", "expected multipart/form-data");
  expect_answer(upload(one, ""), "415", "expected multipart/form-data");
  expect_answer(raw("POST /v1/voices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + upload_type +
                    "Transfer-Encoding: chunked\r\n\r\n4\r\nRIFF\r\n0\r\n\r\n"),
                "411", "Content-Length is missing");
  expect_answer(raw("POST /v1/voices HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + upload_type + "\r\n"),
                "411", "Content-Length is missing");
  EXPECT_EQ(service.requests().size(), 0U);
}

TEST_F(VoiceUploadTest, AFileHasFourMebibytesAtTheMost) {
  EXPECT_THAT(upload(form_with(std::string(max_upload, 'x'))), StartsWith("HTTP/1.1 200"));
  expect_answer(upload(form_with(std::string(max_upload + 1, 'x'))), "413", "more than 4 MiB");
  expect_answer(upload(form_with(std::string(max_upload + (1U << 20U), 'x'))), "413", "more than 4 MiB");
  expect_answer(raw(upload_head(std::size_t{1} << 40U)), "413", "more than 4 MiB");
  EXPECT_EQ(service.requests().size(), 1U);
}

TEST_F(VoiceUploadTest, WhatTheServiceDoesIsToldApart) {
  const std::string form = form_with("RIFF");
  service.answer(422, "no sound in it");
  expect_answer(upload(form), "400", "does not take the recording (HTTP 422): no sound in it");
  service.answer(500, "");
  expect_answer(upload(form), "502", "The voice cloning service cannot be used (HTTP 500)");
  service.answer(200, "garbage");
  expect_answer(upload(form), "502", "sent what is no voice");
  service.die();
  expect_answer(upload(form), "502", "closed the connection");
  service.answer(429, "");
  expect_answer(upload(form), "503", "no free place");
  service.refuse();
  expect_answer(upload(form), "502", "cannot be used");
}

TEST_F(VoiceUploadTest, AServiceThatSaysNothingIs504) {
  config.voice_cloning_patience = std::chrono::milliseconds(50);
  service.hang();
  expect_answer(upload(form_with("RIFF")), "504", "did not answer in time");
}

TEST_F(VoiceUploadTest, WithoutAServiceThereIsNone) {
  config.voice_cloning.clear();
  expect_answer(upload(form_with("RIFF")), "503", "No voice cloning service is configured");
  EXPECT_EQ(health()["voice_cloning_up"], false);
  EXPECT_EQ(health()["backends"]["voice_cloning"], "off");
}

TEST_F(VoiceUploadTest, PagesOfOthersUploadNothing) {
  const std::string form = form_with("RIFF");
  EXPECT_THAT(upload(form, upload_type + "Origin: https://evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(service.requests().size(), 0U);
  const std::string allowed = upload(form, upload_type + "Origin: http://localhost:3000\r\n");
  EXPECT_THAT(allowed, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(allowed, HasSubstr("Access-Control-Allow-Origin: http://localhost:3000"));
}

TEST_F(VoiceUploadTest, UploadsThatAreUnderWayAreBounded) {
  config.uploads = 1U << 20U;
  start();
  const std::string large = form_with(std::string(1'000'000, 'x'));
  std::optional<RawConnection> first(port());
  first->send(upload_head(large.size(), upload_type + "Expect: 100-continue\r\n"));
  EXPECT_THAT(first->until("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  expect_answer(upload(large), "503", "Too much is being uploaded");
  EXPECT_THAT(upload(form_with("RIFF")), StartsWith("HTTP/1.1 200"));  // who needs little has it
  first->send(large);
  EXPECT_THAT(first->rest(), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(upload(large), StartsWith("HTTP/1.1 200"));
}

TEST_F(VoiceUploadTest, AServerEndsWhileAVoiceIsBeingCloned) {
  start();
  service.hang();
  RawConnection client(port());
  const std::string form = form_with("RIFF");
  client.send(upload_head(form.size()) + form);
  ASSERT_TRUE(service.wait_for_requests(1));
  harness.reset();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(VoiceUploadTest, VoicesAreKeptInRedisWhereThereIsOne) {
  RedisServer redis("sesame");
  config.redis = redis.url();
  const std::string name = body_of(upload(form_with("RIFF")))["name"];
  const auto client = net::RedisClient::create(*net::RedisAddress::of(redis.url()));
  test::EventLoop loop;
  const auto kept = loop.run(client->ask({"GET", "voice:" + name}, std::chrono::seconds(10)));
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, test::voice_message());
  redis.die();
  expect_answer(upload(form_with("RIFF")), "502", "The voice cannot be kept");
  redis.start();
  EXPECT_THAT(upload(form_with("RIFF")), StartsWith("HTTP/1.1 200"));
}

TEST_F(VoiceUploadTest, HealthKnowsThatVoicesCannotBeKept) {
  RedisServer redis;
  config.redis = redis.url();
  start();
  redis.die();
  EXPECT_EQ(health()["voice_cloning_up"], false);
}

}  // namespace
}  // namespace unmuted
