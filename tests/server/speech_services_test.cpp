// Speech by servers with OpenAI's interface, as the configuration names them.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/speech_server.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using test::SpeechServer;
using testing::HasSubstr;
using testing::SizeIs;

class SpeechServicesTest : public testing::Test {
 protected:
  SpeechServicesTest() {
    folder.write("cast/Ann.lua",
                 "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'ann.wav', names = "
                 "{openai = 'af_ann'}}, instructions = {text = 'Speak.', language = 'en'}, greeting = 'Good "
                 "evening.', reply = function() return 'Yes.' end}");
    config.characters = folder.path("cast");
    config.threads = 2;
    config.tts = speech.url();
  }

  Client select_ann() {
    auto started = InProcessServer::start(config);
    EXPECT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
    auto client = Client::connect(harness->websocket_url());
    EXPECT_TRUE(client) << client.error().message;
    EXPECT_TRUE(client->send({{"type", "session.update"}, {"session", {{"voice", "ann.wav"}}}}));
    return std::move(*client);
  }

  /// The events of that type up to the end of a reply.
  static std::vector<Json> of_type(Client& client, const std::string& wanted) {
    std::vector<Json> events;
    while (auto event = client.next(30s)) {
      const std::string type = (*event)["type"];
      if (type == wanted) events.push_back(*event);
      if (type == "response.audio.done") return events;
    }
    ADD_FAILURE() << "the reply did not end";
    return events;
  }

  const test::TemporaryFolder folder;
  SpeechServer speech;
  Config config;
  std::optional<InProcessServer> harness;
};

TEST_F(SpeechServicesTest, AReplyIsSpokenByTheServerThatIsConfigured) {
  config.tts_model = "kokoro";
  config.tts_api_key = "secret";
  Client client = select_ann();
  EXPECT_THAT(of_type(client, "response.audio.delta"), SizeIs(testing::Gt(3U)));
  const auto requests = speech.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].authorization, "Bearer secret");
  EXPECT_EQ(requests[0].body["model"], "kokoro");
  EXPECT_EQ(requests[0].body["voice"], "af_ann");
  EXPECT_EQ(requests[0].body["input"], "Good evening.");
}

TEST_F(SpeechServicesTest, AFailureIsOneErrorAndTheNextTurnWorks) {
  speech.behave(test::Behaviour::error, 1);
  Client client = select_ann();
  const auto errors = of_type(client, "error");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0]["error"]["code"], "service_unavailable");
  EXPECT_THAT(errors[0]["error"]["message"].get<std::string>(), HasSubstr(speech.url()));
  const Json part{{"type", "input_text"}, {"text", "Hello?"}};
  const Json item{{"type", "message"}, {"role", "user"}, {"content", {part}}};
  EXPECT_TRUE(client.send({{"type", "conversation.item.create"}, {"item", item}}));
  EXPECT_TRUE(client.send({{"type", "response.create"}}));
  EXPECT_THAT(of_type(client, "response.audio.delta"), SizeIs(testing::Gt(1U)));
}

TEST_F(SpeechServicesTest, WhatCannotBeASettingIsToldAtTheStart) {
  config.tts_api_key = "two words";
  const auto started = InProcessServer::start(config);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "invalid_configuration");
  EXPECT_THAT(started.error().message, HasSubstr("speech-out server"));
}

}  // namespace
}  // namespace unmuted
