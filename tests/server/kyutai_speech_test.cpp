// A character that speaks through Kyutai's service, through real sockets on both sides of the server.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/eventually.hpp"
#include "support/kyutai_server.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using test::SpeechFault;
using testing::ElementsAre;
using testing::HasSubstr;

class KyutaiServiceTest : public testing::Test {
 protected:
  KyutaiServiceTest() {
    folder.write("cast/Ann.lua",
                 "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'voices/ann.wav'}, "
                 "instructions = {text = 'Speak.', language = 'en'}, greeting = 'Good evening to you.', "
                 "reply = function() return 'Yes, indeed.' end}");
    Config config;
    config.characters = folder.path("cast");
    config.threads = 1;
    config.tts = service.url();
    config.stt = service.url();
    auto started = InProcessServer::start(std::move(config));
    if (!started) throw std::runtime_error(started.error().message);
    harness.emplace(std::move(*started));
    auto connected = Client::connect(harness->websocket_url());
    if (!connected) throw std::runtime_error(connected.error().message);
    client.emplace(std::move(*connected));
  }

  /// The events of one reply that are told, in order.
  Json reply() {
    Json events = Json::array();
    while (auto event = client->next(30s)) {
      events.push_back(*event);
      if ((*event)["type"] == "response.audio.done") return events;
    }
    ADD_FAILURE() << "the reply did not end";
    return events;
  }
  static std::vector<std::string> words_of(const Json& events) {
    std::vector<std::string> words;
    for (const auto& event : events) {
      if (event["type"] == "response.text.delta") words.push_back(event["delta"]);
    }
    return words;
  }
  static std::size_t count(const Json& events, const std::string& type) {
    std::size_t found = 0;
    for (const auto& event : events) found += event["type"] == type ? 1U : 0U;
    return found;
  }
  void select() {
    EXPECT_TRUE(client->send({{"type", "session.update"}, {"session", {{"voice", "voices/ann.wav"}}}}));
  }

  test::KyutaiServer service;
  const test::TemporaryFolder folder;
  std::optional<InProcessServer> harness;
  std::optional<Client> client;
};

TEST_F(KyutaiServiceTest, AGreetingIsSpoken) {
  select();
  const Json greeting = reply();
  EXPECT_THAT(words_of(greeting), ElementsAre("Good", "evening", "to", "you."));
  EXPECT_GT(count(greeting, "response.audio.delta"), 10U);
  EXPECT_EQ(count(greeting, "error"), 0U);
  ASSERT_EQ(service.calls().size(), 1U);
  EXPECT_THAT(service.calls()[0].target, HasSubstr("voice=voices%2Fann.wav"));
  EXPECT_TRUE(service.wait_for_end());
}

TEST_F(KyutaiServiceTest, AFaultIsOneErrorAndTheNextTurnIsSpoken) {
  service.behave(SpeechFault::die, 1);
  select();
  Json events = reply();
  ASSERT_EQ(count(events, "error"), 1U);
  for (const auto& event : events) {
    if (event["type"] != "error") continue;
    EXPECT_EQ(event["error"]["code"], "service_unavailable");
    EXPECT_THAT(std::string(event["error"]["message"]), HasSubstr("speech-out service at ws://127.0.0.1"));
  }
  EXPECT_TRUE(client->send({{"type", "response.create"}}));
  events = reply();
  EXPECT_THAT(words_of(events), ElementsAre("Yes,", "indeed."));
  EXPECT_EQ(count(events, "error"), 0U);
  EXPECT_TRUE(service.wait_for_end());
}

TEST_F(KyutaiServiceTest, AClientThatLeavesLeavesNoPlaceTaken) {
  service.behave(SpeechFault::stall);
  select();
  ASSERT_TRUE(service.wait_for_texts(0, 4));
  EXPECT_EQ(service.places_taken(), 1U);
  client.reset();
  EXPECT_TRUE(service.wait_for_end());
  EXPECT_EQ(service.places_taken(), 0U);
}

}  // namespace
}  // namespace unmuted
