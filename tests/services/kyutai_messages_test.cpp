// The messages of Kyutai's services and what is made of them, without sockets.
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/kyutai/messages.hpp"
#include "services/kyutai/pause_prediction.hpp"

namespace unmuted::kyutai {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

std::string bytes_of(const json& message) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(message);
  return {bytes.begin(), bytes.end()};
}

template <class T>
T read_as(const json& message) {
  const auto read = read_message(bytes_of(message));
  if (!read) throw std::runtime_error(read.error().message);
  return std::get<T>(*read);
}

TEST(KyutaiMessages, AreReadByTheirType) {
  read_as<Ready>({{"type", "Ready"}});
  const auto error = read_as<ServiceError>({{"type", "Error"}, {"message", "no free channels"}});
  EXPECT_EQ(error.message, "no free channels");
  EXPECT_TRUE(error.says_full());
  EXPECT_FALSE(ServiceError{"CUDA out of memory"}.says_full());
  const auto word = read_as<Word>({{"type", "Word"}, {"text", "Où"}, {"start_time", 1.52}});
  EXPECT_EQ(word.text, "Où");
  EXPECT_EQ(word.start_time, 1.52);
  const auto text = read_as<Text>({{"type", "Text"}, {"text", "Hi"}, {"start_s", 0.08}, {"stop_s", 0.4}});
  EXPECT_EQ(text.text, "Hi");
  EXPECT_EQ(text.start_s, 0.08);
  EXPECT_EQ(text.stop_s, 0.4);
}

TEST(KyutaiMessages, TheFieldsMayComeInAnyOrderAndNumbersInAnyForm) {
  // start_time as an integer; text before the type; a field that nobody knows, with depth.
  const std::string bytes =
      "\x84\xa4text\xa2ok\xaastart_time\x02\xa4more\x81\xa4type\x91\xa5Ready\xa4type\xa4Word";
  const auto read = read_message(bytes);
  ASSERT_TRUE(read);
  const auto& word = std::get<Word>(*read);
  EXPECT_EQ(word.text, "ok");
  EXPECT_EQ(word.start_time, 2);
}

TEST(KyutaiMessages, OfTheStepsOfAllUsersOneNumberCounts) {
  EXPECT_EQ(read_as<Step>({{"type", "Step"}, {"step_idx", 70000}, {"prs", {0.1, 0.2, 0.75, 0.4}}}).pause,
            0.75);
  EXPECT_EQ(read_as<Step>({{"type", "Step"}, {"prs", {0, 0, 7, 0}}}).pause, 1);
  EXPECT_EQ(read_as<Step>({{"type", "Step"}, {"prs", {0.1, 0.2}}}).pause, std::nullopt);
  EXPECT_EQ(read_as<Step>({{"type", "Step"}}).pause, std::nullopt);
}

TEST(KyutaiMessages, WhatIsNotOfInterestIsNoFault) {
  read_as<OtherMessage>({{"type", "EndWord"}, {"stop_time", 2.5}});
  read_as<OtherMessage>({{"type", "Marker"}, {"id", 7}});
  read_as<OtherMessage>({{"type", "OfTomorrow"}, {"pcm", "text"}, {"prs", nullptr}, {"text", {1, 2}}});
}

TEST(KyutaiMessages, WhatIsNoMessageIsOne) {
  const std::string deep(100'000, '\x91');
  for (const std::string& bytes :
       {std::string(), std::string("\xc1"), std::string("{\"type\":\"Ready\"}"), std::string("\xa5Ready"),
        std::string("\x91\xa4type"), std::string("\x81\xa4text\xa4type"), std::string("\x81\xa4type\x07"),
        bytes_of({{"type", "Ready"}}) + "x", bytes_of({{"type", "Ready"}}).substr(0, 8), deep,
        "\x82\xa4type\xa5"
        "Audio\xa3pcm" +
            deep,
        std::string("\x82\xa4type\xa5"
                    "Audio\xa3pcm\xdd\xff\xff\xff\xff\xca")}) {
    const auto read = read_message(bytes);
    ASSERT_FALSE(read) << testing::PrintToString(bytes.substr(0, 40));
    EXPECT_EQ(read.error().code, "invalid_response");
  }
}

TEST(KyutaiMessages, EveryPrefixOfAMessageIsSurvived) {
  const std::string whole = bytes_of({{"type", "Step"}, {"step_idx", 3}, {"prs", {0.1, 0.2, 0.3}}});
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read_message(whole.substr(0, size)));
}

TEST(KyutaiMessages, SoundIsReadAsItIsWritten) {
  audio::Samples samples(audio::frame_samples);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i) / 2'000 - 0.5F;
  const std::string bytes = audio_message(samples);
  const json tree = json::from_msgpack(bytes);
  EXPECT_EQ(tree.at("type"), "Audio");
  ASSERT_THAT(tree.at("pcm"), SizeIs(samples.size()));
  EXPECT_EQ(tree.at("pcm").get<audio::Samples>(), samples);
  const auto read = read_message(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Audio>(*read).samples, samples);
}

TEST(KyutaiMessages, SoundStaysWithinItsBounds) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto read = read_message(audio_message(std::vector<float>{2.5F, -1e30F, nan, 0.5F}));
  ASSERT_TRUE(read);
  EXPECT_THAT(std::get<Audio>(*read).samples, ElementsAre(1, -1, 0, 0.5));
  EXPECT_THAT(read_as<Audio>({{"type", "Audio"}, {"pcm", {0, 1, 0.25, "x"}}}).samples,
              ElementsAre(0, 1, 0.25));
}

TEST(KyutaiMessages, WordsAreWrittenWhateverTheirLength) {
  for (const std::size_t size : {0, 1, 31, 32, 255, 256, 70'000}) {
    const std::string text(size, 'a');
    const json tree = json::from_msgpack(text_message(text));
    EXPECT_EQ(tree, (json{{"type", "Text"}, {"text", text}})) << size;
  }
  EXPECT_EQ(json::from_msgpack(end_message()), (json{{"type", "Eos"}}));
}

// ---- pauses

TEST(PausePrediction, TheFirstStepsSayNothing) {
  PausePrediction prediction;
  for (int i = 0; i < 12; ++i) EXPECT_EQ(prediction.step(0.1), std::nullopt) << i;
  EXPECT_TRUE(prediction.step(0.1));
}

TEST(PausePrediction, FollowsWithinAFrame) {
  PausePrediction prediction;
  for (int i = 0; i < 13; ++i) prediction.step(0);
  // Of what was before, 1/256 stays: 80 ms are eight half lives of 10 ms.
  EXPECT_NEAR(*prediction.step(0.8), 0.8 * 255 / 256, 0.001);
  EXPECT_NEAR(*prediction.step(0.1), 0.1 * 255 / 256 + 0.8 / 256, 0.001);
}

}  // namespace
}  // namespace unmuted::kyutai
