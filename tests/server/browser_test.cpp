// A server as Unmute's page meets it: what a browser really sent, and whether it could play what it is sent.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "server/spoken_client.hpp"
#include "support/browser_capture.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using audio::Samples;
using probe::Client;
using probe::InProcessServer;
using probe::Json;

class Browser : public test::SpokenClient {
 public:
  using SpokenClient::SpokenClient;

  /// Plays until an event of this type has come.
  void play_to(const std::string& last) {
    while (auto event = client->next(30s)) {
      const std::string type = (*event)["type"];
      EXPECT_NE(type, "error") << *event;
      if (type == "response.audio.delta") {
        const Samples sound = play((*event)["delta"]);
        played.insert(played.end(), sound.begin(), sound.end());
      }
      if (type == last) return;
    }
    ADD_FAILURE() << "no " << last;
  }

  Samples played;
};

class BrowserTest : public testing::Test {
 protected:
  BrowserTest() {
    character("Listener", "en", "voices/listener.wav", "Good evening.");
    character("Fleur", "fr", "voices/fleur.wav", "Bonsoir.");
    Config config;
    config.characters = folder_.path("cast");
    config.threads = 2;
    config.tts = "embedded";
    auto started = InProcessServer::start(std::move(config));
    EXPECT_TRUE(started) << started.error().message;
    server.emplace(std::move(*started));
  }

  void character(const std::string& name, const std::string& language, const std::string& voice,
                 const std::string& greeting) {
    folder_.write("cast/" + name + ".lua",
                  "return {name = '" + name + "', voice = {source_type = 'file', path_on_server = '" + voice +
                      "'}, instructions = {text = 'Speak.', language = '" + language + "'}, greeting = \"" +
                      greeting + "\", reply = function() return 'Yes, indeed. And so it goes on.' end}");
  }

  std::optional<InProcessServer> server;

 private:
  const test::TemporaryFolder folder_;
};

TEST_F(BrowserTest, WhatABrowserSentIsTaken) {
  for (const char* connection : {"first-connection", "second-connection"}) {
    SCOPED_TRACE(connection);
    Browser browser(*server);
    for (const std::string& frame : test::browser_frames(connection)) {
      ASSERT_TRUE(browser.client->send_text(frame));
    }
    browser.play_to("session.updated");
    browser.play_to("response.audio.done");
    EXPECT_GT(browser.played.size(), std::size_t{audio::sample_rate} / 2) << "the greeting is heard";
    ASSERT_TRUE(browser.client->send({{"type", "session.characters.list"}}));
    browser.play_to("session.characters.listed");
    const auto closed = browser.client->close();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->code, 1000);
  }
}

TEST_F(BrowserTest, ABrowserCanPlayAWholeConversation) {
  Browser browser(*server);
  browser.select("Listener");
  browser.play_to("response.audio.done");
  browser.write("Is that so?");
  browser.play_to("response.audio.done");

  // Cut off by the page, and by what the user writes next.
  browser.write("Go on.");
  browser.play_to("response.audio.delta");
  ASSERT_TRUE(browser.client->send({{"type", "response.cancel"}}));
  browser.play_to("response.audio.done");
  browser.write("Go on.");
  browser.play_to("response.audio.delta");
  browser.write("No, wait.");
  browser.play_to("response.audio.done");
  browser.play_to("response.audio.done");

  browser.select("Fleur");
  browser.play_to("response.audio.done");
  browser.write("Ah bon ?");
  browser.play_to("response.audio.done");

  EXPECT_GT(browser.played.size(), std::size_t{4} * audio::sample_rate);
  // The page plays also what the head says is to be skipped, some milliseconds.
  EXPECT_LT(browser.rules.samples() - browser.played.size(), std::size_t{audio::sample_rate} / 50);
}

}  // namespace
}  // namespace unmuted
