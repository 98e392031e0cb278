// Voices: what a cloning service is asked, what is taken for a voice, and where it is kept.
#include "services/voice_cloning.hpp"

#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "services/memory_voice_store.hpp"
#include "services/redis_voice_store.hpp"
#include "services/voice_message.hpp"
#include "support/cloning_server.hpp"
#include "support/event_loop.hpp"
#include "support/redis_server.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::CloningServer;
using test::EventLoop;
using test::RedisServer;
using test::voice_message;
using testing::HasSubstr;

std::string packed(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

TEST(VoiceNames, CannotBeGuessedAndAreKnownAgain) {
  const std::string name = new_voice_name();
  EXPECT_TRUE(
      std::regex_match(name, std::regex("custom:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                        "[0-9a-f]{12}")))
      << name;
  EXPECT_NE(name, new_voice_name());
  EXPECT_TRUE(is_cloned_voice(name));
  EXPECT_TRUE(is_cloned_voice("custom:0B3C7D2E-94A1-4F60-8C2B-7D1E5A90C3F4"));
  for (const std::string& other :
       {std::string(), std::string("custom:"), std::string("custom:ann"), name + "0", " " + name,
        name.substr(0, name.size() - 1), name.substr(0, name.size() - 1) + "g", "voices/" + name.substr(7),
        name.substr(0, 15) + "0" + name.substr(16)}) {
    EXPECT_FALSE(is_cloned_voice(other)) << other;
  }
}

TEST(VoiceMessage, IsKnownByItsForm) {
  EXPECT_TRUE(is_voice_message(voice_message()));
  EXPECT_TRUE(is_voice_message(voice_message(64'000)));
  EXPECT_TRUE(is_voice_message(
      packed({{"more", {{"type", 1}}}, {"shape", {2}}, {"embeddings", {1, -2.5}}, {"type", "Voice"}})));
  const json fine{{"type", "Voice"}, {"embeddings", {0.5, 1.5}}, {"shape", {1, 2}}};
  const auto with = [&](const char* field, const json& value) {
    json changed = fine;
    changed[field] = value;
    return packed(changed);
  };
  for (const std::string& wrong : {with("type", "Ready"),
                                   with("type", nullptr),
                                   with("embeddings", "a"),
                                   with("embeddings", json::array()),
                                   with("embeddings", {0.5, "a"}),
                                   with("embeddings", {{0.5}, {1.5}}),
                                   with("shape", {2, 2}),
                                   with("shape", {-1, -2}),
                                   with("shape", {0}),
                                   with("shape", {1.0, 2.0}),
                                   with("shape", 2),
                                   with("shape", {1U << 31U, 1U << 31U}),
                                   with("shape", {nullptr}),
                                   packed(json::array({fine})),
                                   packed("Voice"),
                                   std::string(),
                                   voice_message().substr(1),
                                   voice_message().substr(0, 700),
                                   voice_message() + "x",
                                   std::string("<html>It works!</html>"),
                                   std::string(1U << 20U, '\x91'),
                                   std::string(1U << 20U, '\x81'),
                                   std::string("\xdd\xff\xff\xff\xff", 5)}) {
    EXPECT_FALSE(is_voice_message(wrong)) << testing::PrintToString(wrong.substr(0, 80));
  }
}

// --- where they are kept ----------------------------------------------------------------------------------

TEST(KeptVoices, StayForAnHour) {
  KeptVoices voices({});
  const TimePoint start{};
  voices.put("a", "voice of a", start);
  voices.put("b", "voice of b", start + 30min);
  EXPECT_EQ(voices.get("a", start + 59min), "voice of a");
  EXPECT_EQ(voices.get("a", start + 60min), std::nullopt);
  EXPECT_EQ(voices.get("b", start + 60min), "voice of b");
  EXPECT_EQ(voices.count(), 1U);
  EXPECT_EQ(voices.get("b", start + 90min), std::nullopt);
  EXPECT_EQ(voices.bytes(), 0U);
}

TEST(KeptVoices, TheOldestGoesWhereThereIsNoRoom) {
  KeptVoices voices({.count = 3, .bytes = 10});
  const TimePoint now{};
  for (const char* name : {"a", "b", "c", "d"}) voices.put(name, "vv", now);
  EXPECT_EQ(voices.get("a", now), std::nullopt);
  EXPECT_EQ(voices.get("b", now), "vv");
  EXPECT_EQ(voices.count(), 3U);
  voices.put("e", "eightvv.", now);
  EXPECT_EQ(voices.count(), 2U);
  EXPECT_EQ(voices.bytes(), 10U);
  EXPECT_EQ(voices.get("c", now), std::nullopt);
  EXPECT_EQ(voices.get("d", now), "vv");
}

class RedisVoicesTest : public testing::Test {
 protected:
  std::unique_ptr<RedisVoiceStore> store() {
    return std::make_unique<RedisVoiceStore>(
        *client(),
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  }
  Result<net::RedisClient> client() const {
    return net::RedisClient::create(*net::RedisAddress::of(redis.url()));
  }

  RedisServer redis;
  std::ostringstream log;
  EventLoop loop;
};

TEST_F(RedisVoicesTest, AreSharedByServersAsUnmutesOwnBackendDoes) {
  const auto here = store();
  const auto there = store();
  EXPECT_TRUE(loop.run(here->put("custom:x", voice_message())));
  EXPECT_EQ(loop.run(there->get("custom:x")), voice_message());
  EXPECT_EQ(loop.run(there->get("custom:y")), std::nullopt);
  EXPECT_TRUE(loop.run(there->up()));
  const auto left = loop.run(client()->ask({"TTL", "voice:custom:x"}, 10s));
  ASSERT_TRUE(left && *left);
  EXPECT_GT(std::stoi(**left), 3'500);
  EXPECT_LE(std::stoi(**left), 3'600);
  EXPECT_EQ(log.str(), "");
}

TEST_F(RedisVoicesTest, WhatCannotBeReadIsLogged) {
  const auto voices = store();
  redis.die();
  EXPECT_FALSE(loop.run(voices->up()));
  EXPECT_EQ(loop.run(voices->get("custom:x")), std::nullopt);
  EXPECT_THAT(log.str(), HasSubstr("voice_not_read code=connect_failed"));
  const auto kept = loop.run(voices->put("custom:x", "v"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, "service_unavailable");
  redis.start();
  EXPECT_TRUE(loop.run(voices->put("custom:x", "v")));
  EXPECT_EQ(loop.run(voices->get("custom:x")), "v");
}

// --- the service ------------------------------------------------------------------------------------------

class VoiceCloningTest : public testing::Test {
 protected:
  VoiceCloning& cloning() {
    if (!cloning_) {
      options.url = service.url() + "/";
      cloning_ = std::move(*VoiceCloning::create(options, store, pool));
    }
    return *cloning_;
  }
  Result<std::string> clone(std::string recording = "RIFF") {
    return loop.run(cloning().clone(std::move(recording)));
  }
  void expect_failure(const std::string& code, const std::string& words) {
    const auto name = clone();
    ASSERT_FALSE(name) << words;
    EXPECT_EQ(name.error().code, code);
    EXPECT_THAT(name.error().message, HasSubstr(words));
  }

  CloningServer service;
  MemoryVoiceStore store;
  WorkerPool pool{{.threads = 1}};
  VoiceCloning::Options options;
  EventLoop loop;

 private:
  std::unique_ptr<VoiceCloning> cloning_;
};

TEST_F(VoiceCloningTest, TheServiceGetsTheBytesAndItsAnswerIsKept) {
  const std::string recording("RI\0FF\xff\r\n", 8);
  const auto name = clone(recording);
  ASSERT_TRUE(name) << name.error().message;
  EXPECT_TRUE(is_cloned_voice(*name));
  ASSERT_EQ(service.requests().size(), 1U);
  EXPECT_EQ(service.requests()[0].line, "POST /api/voice");
  EXPECT_EQ(service.requests()[0].content_type, "application/octet-stream");
  EXPECT_EQ(service.requests()[0].key, "public_token");
  EXPECT_EQ(service.requests()[0].body, recording);
  EXPECT_EQ(loop.run(store.get(*name)), voice_message());
  EXPECT_NE(*clone(), *name);
  EXPECT_TRUE(loop.run(cloning().up()));
}

TEST_F(VoiceCloningTest, EveryFailureNamesTheService) {
  service.answer(200, "<html>It works!</html>");
  expect_failure("service_unavailable", "sent what is no voice");
  service.answer(200, "");
  expect_failure("service_unavailable", "sent what is no voice");
  service.answer(500, "CUDA out of memory");
  expect_failure("service_unavailable",
                 "The voice cloning service cannot be used (HTTP 500): CUDA out of memory");
  service.answer(404, "");
  expect_failure("service_unavailable", "(HTTP 404)");
  service.answer(422, R"({"error": {"message": "no sound in it"}})");
  expect_failure("recording_refused", "no sound in it");
  service.answer(503, "");
  expect_failure("service_at_capacity", "no free place");
  service.die();
  expect_failure("service_unavailable", "closed the connection without a response");
  service.answer(200, voice_message());
  EXPECT_TRUE(clone());
  service.refuse();
  expect_failure("service_unavailable", "cannot be used");
  EXPECT_FALSE(loop.run(cloning().up()));
}

TEST_F(VoiceCloningTest, AVoiceIsBounded) {
  options.max_voice = 1'000;
  EXPECT_FALSE(clone());
}

TEST_F(VoiceCloningTest, AServiceThatSaysNothingIsNotWaitedForForEver) {
  options.patience = 50ms;
  service.hang();
  expect_failure("timed_out", "The voice cloning service did not answer in time");
}

TEST_F(VoiceCloningTest, ManyAtOnceAreToldToComeBack) {
  options.max_at_once = 2;
  service.hang();
  auto first = loop.start(cloning().clone("1"));
  auto second = loop.start(cloning().clone("2"));
  EXPECT_TRUE(loop.run_until([&] { return service.requests().size() == 2; }));
  expect_failure("service_at_capacity", "Too many voices");
  service.answer(200, voice_message());
  EXPECT_TRUE(loop.finish(first));
  EXPECT_TRUE(loop.finish(second));
  EXPECT_TRUE(clone());
}

TEST_F(VoiceCloningTest, AStoreThatCannotKeepItIsAFailure) {
  RedisServer redis;
  RedisVoiceStore shared(*net::RedisClient::create(*net::RedisAddress::of(redis.url())), nullptr);
  options.url = service.url();
  const auto with_redis = std::move(*VoiceCloning::create(options, shared, pool));
  EXPECT_TRUE(loop.run(with_redis->up()));
  redis.die();
  EXPECT_FALSE(loop.run(with_redis->up()));
  const auto name = loop.run(with_redis->clone("RIFF"));
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, "service_unavailable");
  EXPECT_THAT(name.error().message, HasSubstr("The voice cannot be kept"));
}

TEST_F(VoiceCloningTest, AddressesAreChecked) {
  for (const char* url :
       {"", "localhost:8092", "ws://localhost", "http://localhost/?a=b", "http://a:b@host"}) {
    options.url = url;
    const auto made = VoiceCloning::create(options, store, pool);
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().code, "invalid_url") << url;
  }
  EXPECT_TRUE(check_cloning_url("https://example.org/cloning"));
}

}  // namespace
}  // namespace unmuted
