#include "events/unmute/dialect.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/ogg_opus_reader.hpp"
#include "core/base64.hpp"
#include "support/browser_decoder_rules.hpp"

namespace unmuted::events {
namespace {

using nlohmann::json;

constexpr TurnId reply{3};

/// What a client hears of the frames with sound, and how many those are.
class Ear {
 public:
  void take(const std::vector<std::string>& frames) {
    for (const std::string& frame : frames) {
      const json event = json::parse(frame);
      if (event.at("type") != "response.audio.delta") continue;
      ++deltas;
      const auto pages = base64_decode(event.at("delta").get<std::string>());
      ASSERT_TRUE(pages);
      EXPECT_EQ(browser_.check(*pages), "");
      std::span<const std::byte> bytes(*pages);
      while (const auto heard = reader_.next(bytes)) {
        const auto* sound = std::get_if<std::span<const float>>(&*heard);
        ASSERT_NE(sound, nullptr) << std::get<Error>(*heard).message;
        samples += sound->size();
      }
    }
  }

  std::size_t deltas = 0;
  std::size_t samples = 0;

 private:
  audio::OggOpusReader reader_;
  test::BrowserDecoderRules browser_;
};

AudioSpoken tone(std::size_t samples) {
  AudioSpoken spoken{reply, {}};
  for (std::size_t i = 0; i < samples; ++i)
    spoken.samples.push_back(0.3F * std::sin(0.1F * static_cast<float>(i)));
  return spoken;
}

TEST(UnmuteDialect, AllSoundOfAConnectionIsOneStream) {
  const auto dialect = unmute_dialect();
  Ear ear;
  for (int replies = 0; replies < 3; ++replies) {
    std::vector<std::string> frames;
    for (int i = 0; i < 10; ++i) dialect->write(tone(audio::frame_samples), {}, frames);
    dialect->write(tone(500), {}, frames);  // the last is shorter
    dialect->write(ReplyEnded{reply, "a", Ending::finished, {}}, {}, frames);
    ear.take(frames);
    const std::size_t spoken = static_cast<std::size_t>(replies + 1) * (10 * audio::frame_samples + 500);
    EXPECT_GE(ear.samples, spoken) << "nothing of it is held back";
    EXPECT_LE(ear.samples, spoken + static_cast<std::size_t>(replies + 1) * 2 * audio::frame_samples);
  }
}

TEST(UnmuteDialect, NothingIsPushedOutOfAReplyThatWasCutOff) {
  const auto dialect = unmute_dialect();
  std::vector<std::string> frames;
  dialect->write(tone(audio::frame_samples), {}, frames);
  dialect->write(ReplyEnded{reply, "a", Ending::interrupted_by_voice, {}}, {}, frames);
  Ear ear;
  ear.take(frames);
  EXPECT_EQ(ear.deltas, 1U);
}

TEST(UnmuteDialect, AReplyWithoutSoundHasNone) {
  const auto dialect = unmute_dialect();
  std::vector<std::string> frames;
  dialect->write(ReplyEnded{reply, "a", Ending::finished, {}}, {}, frames);
  Ear ear;
  ear.take(frames);
  EXPECT_EQ(ear.deltas, 0U);
}

TEST(UnmuteDialect, EachConnectionHasAStreamOfItsOwn) {
  for (int connections = 0; connections < 2; ++connections) {
    const auto dialect = unmute_dialect();
    std::vector<std::string> frames;
    for (int i = 0; i < 5; ++i) dialect->write(tone(audio::frame_samples), {}, frames);
    Ear ear;
    ear.take(frames);
    EXPECT_GT(ear.samples, 4 * audio::frame_samples);
  }
}

}  // namespace
}  // namespace unmuted::events
