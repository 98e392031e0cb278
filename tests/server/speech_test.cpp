// A character that speaks aloud, through a real socket, with the speech that comes with the server.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/pcm.hpp"
#include "core/clock.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "probe/pitch.hpp"
#include "server/spoken_client.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using audio::Samples;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using testing::ElementsAre;
using testing::Gt;
using testing::Lt;

/// What came of a reply.
struct SpokenReply {
  struct Piece {
    TimePoint came;
    std::size_t before;  ///< samples of the reply that had come
    std::size_t samples;
  };

  std::vector<std::string> words;
  std::string text;
  Samples sound;
  std::vector<Piece> pieces;
};

double seconds(const Samples& samples) {
  return static_cast<double>(samples.size()) / audio::sample_rate;
}

double loudness(const Samples& samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(samples.size(), 1)));
}

/// A client that listens.
class Listening : public test::SpokenClient {
 public:
  using SpokenClient::SpokenClient;

  /// To the end of the reply.
  SpokenReply hear() {
    SpokenReply reply;
    while (auto event = client->next(30s)) {
      const std::string type = (*event)["type"];
      if (type == "response.text.delta") reply.words.push_back((*event)["delta"]);
      if (type == "response.text.done") reply.text = (*event)["text"];
      if (type == "response.audio.delta") take((*event)["delta"], reply);
      if (type == "response.audio.done") return reply;
      EXPECT_NE(type, "error") << *event;
    }
    ADD_FAILURE() << "the reply did not end";
    return reply;
  }

 private:
  void take(const std::string& base64, SpokenReply& reply) {
    const Samples sound = play(base64);
    reply.pieces.push_back({Clock::now(), reply.sound.size(), sound.size()});
    reply.sound.insert(reply.sound.end(), sound.begin(), sound.end());
  }
};

class SpeechTest : public testing::Test {
 protected:
  SpeechTest() {
    character("Ann", "en", "voices/ann.wav", "Good evening. My name is Ann, and this is what I sound like.");
    character("Ben", "en", "voices/ben.wav", "Good evening. My name is Ann, and this is what I sound like.");
    character("Fleur", "fr", "voices/fleur.wav", "Bonsoir. Je m'appelle Fleur.");
    character("Long", "en", "voices/long.wav",
              "This is a story that takes its time. It goes on, and on, and on. "
              "There was a house, and in it there was a table.");
    start(true);
  }

  void start(bool speech) {
    Config config;
    config.characters = folder.path("cast");
    config.threads = 2;
    config.tts = speech ? "embedded" : "off";
    harness.reset();
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }

  void character(const std::string& name, const std::string& language, const std::string& voice,
                 const std::string& greeting) {
    folder.write("cast/" + name + ".lua",
                 "return {name = '" + name + "', voice = {source_type = 'file', path_on_server = '" + voice +
                     "'}, instructions = {text = 'Speak.', language = '" + language + "'}, greeting = \"" +
                     greeting + "\", reply = function() return 'Yes, indeed.' end}");
  }

  const test::TemporaryFolder folder;
  std::optional<InProcessServer> harness;
};

TEST_F(SpeechTest, AReplyIsHeard) {
  Listening user(*harness);
  user.select("Ann");
  const SpokenReply greeting = user.hear();
  EXPECT_EQ(greeting.text, "Good evening. My name is Ann, and this is what I sound like.");
  EXPECT_EQ(greeting.words.size(), 13U);
  // Nobody says it in less than two seconds, nor in more than nine.
  EXPECT_THAT(seconds(greeting.sound), testing::AllOf(Gt(2.0), Lt(9.0)));
  EXPECT_THAT(loudness(greeting.sound), testing::AllOf(Gt(0.01), Lt(0.5)));

  user.write("Is that so?");
  const SpokenReply reply = user.hear();
  EXPECT_THAT(reply.words, ElementsAre("Yes,", "indeed."));
  EXPECT_THAT(seconds(reply.sound), testing::AllOf(Gt(0.4), Lt(3.0)));
  EXPECT_GT(loudness(reply.sound), 0.01);
}

TEST_F(SpeechTest, OtherLanguagesAreSpokenToo) {
  Listening user(*harness);
  user.select("Fleur");
  const SpokenReply greeting = user.hear();
  EXPECT_EQ(greeting.text, "Bonsoir. Je m'appelle Fleur.");
  EXPECT_THAT(seconds(greeting.sound), testing::AllOf(Gt(0.8), Lt(6.0)));
  EXPECT_GT(loudness(greeting.sound), 0.01);
}

TEST_F(SpeechTest, SoundComesNoEarlierThanTheLeadAllows) {
  Listening user(*harness);
  user.select("Long");
  const SpokenReply greeting = user.hear();
  ASSERT_GT(greeting.pieces.size(), 20U);
  // The codec is some milliseconds behind what it is given, which makes this no stricter; the last page holds
  // nothing but silence.
  for (std::size_t i = 0; i + 1 < greeting.pieces.size(); ++i) {
    const auto& piece = greeting.pieces[i];
    const double elapsed = to_seconds(piece.came - greeting.pieces.front().came);
    const double end = static_cast<double>(piece.before + piece.samples) / audio::sample_rate;
    EXPECT_LE(end, elapsed + 0.160 + 0.080) << "piece " << i;
  }
}

TEST_F(SpeechTest, TwoSessionsHearTwoVoices) {
  Listening one(*harness);
  Listening other(*harness);
  one.select("Ann");
  other.select("Ben");
  const SpokenReply ann = one.hear();
  const SpokenReply ben = other.hear();
  EXPECT_EQ(ann.text, ben.text);
  const auto high = probe::pitch_of(audio::to_pcm16(ann.sound)),
             deep = probe::pitch_of(audio::to_pcm16(ben.sound));
  ASSERT_TRUE(high && deep);
  EXPECT_GT(std::abs(*high - *deep), 50);  // Hz
}

TEST_F(SpeechTest, WhatIsCutOffIsNotHeardAndTheNextReplyIs) {
  Listening user(*harness);
  user.select("Long");
  ASSERT_TRUE(user.client->expect("{type: response.text.delta, delta: story}"));
  ASSERT_TRUE(user.client->send({{"type", "response.cancel"}}));
  const SpokenReply cut = user.hear();
  EXPECT_THAT(cut.text, testing::StartsWith("This is a story"));
  EXPECT_LT(cut.text.size(), 100U);
  user.write("Go on.");
  const SpokenReply next = user.hear();
  EXPECT_EQ(next.text, "Yes, indeed.");
  EXPECT_THAT(seconds(next.sound), testing::AllOf(Gt(0.4), Lt(3.0)));
}

TEST_F(SpeechTest, WithoutSpeechThereIsTextOnly) {
  start(false);
  Listening user(*harness);
  user.select("Ann");
  const SpokenReply greeting = user.hear();
  EXPECT_EQ(greeting.words.size(), 13U);
  EXPECT_TRUE(greeting.sound.empty());
}

}  // namespace
}  // namespace unmuted
