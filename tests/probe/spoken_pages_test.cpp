#include "probe/spoken_pages.hpp"

#include <chrono>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/ogg_opus_streams.hpp"
#include "core/base64.hpp"
#include "probe/page_rules.hpp"

namespace unmuted::probe {
namespace {

namespace ogg = audio::test;
using std::chrono::milliseconds;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t page = SpokenPages::samples_a_page;

TimePoint moment(int ms) {
  return TimePoint{} + std::chrono::seconds(100) + milliseconds(ms);
}

/// A session's mouth, and the ear of a server.
struct Mouth {
  std::shared_ptr<VoiceLog> log = std::make_shared<VoiceLog>();
  SpokenPages pages{5, log};
  std::vector<ogg::Page> sent;
  ogg::Bytes bytes;

  /// What is sent for `count` times 40 ms, the first of which begins at `ms`.
  void speak(int ms, int count) {
    for (int i = 0; i < count; ++i) {
      for (const std::string& message : pages.next(moment(ms + 40 * i))) take(message);
    }
  }
  void take(const std::string& message) {
    const auto json = nlohmann::json::parse(message);
    EXPECT_EQ(json.at("type"), "input_audio_buffer.append");
    const auto audio = base64_decode(json.at("audio").get<std::string>());
    ASSERT_TRUE(audio);
    const auto found = ogg::to_pages(*audio);
    ASSERT_TRUE(found);
    ASSERT_THAT(*found, SizeIs(1)) << "one page an event";
    sent.push_back(found->front());
    bytes.insert(bytes.end(), audio->begin(), audio->end());
  }
  [[nodiscard]] audio::Samples heard() const { return ogg::hear(bytes).samples; }
};

std::shared_ptr<Utterance> utterance(audio::Samples sound, std::size_t silence = 0, std::string text = "") {
  return std::make_shared<Utterance>(std::make_shared<audio::Samples>(std::move(sound)), silence,
                                     std::move(text));
}

TEST(SpokenPages, AreWhatAWebPageSends) {
  Mouth mouth;
  mouth.pages.say(utterance(ogg::murmur(24'000, 1)), moment(0));
  mouth.speak(0, 30);
  ASSERT_THAT(mouth.sent, SizeIs(32));
  EXPECT_EQ(mouth.sent[0].flags, ogg::Page::begin);
  EXPECT_THAT(mouth.sent[0].packets.at(0), testing::StartsWith("OpusHead"));
  EXPECT_THAT(mouth.sent[1].packets.at(0), testing::StartsWith("OpusTags"));
  for (std::size_t i = 2; i < mouth.sent.size(); ++i) {
    EXPECT_EQ(mouth.sent[i].number, i);
    EXPECT_EQ(mouth.sent[i].flags, 0U);
    EXPECT_EQ(mouth.sent[i].granule, static_cast<std::int64_t>(1'920 * (i - 1)));
    EXPECT_THAT(mouth.sent[i].packets, SizeIs(2)) << "two packets of 20 ms";
  }
  EXPECT_EQ(PageRules().broken_by(mouth.bytes), std::nullopt);
}

TEST(SpokenPages, AreHeardAsTheyWereSaid) {
  const audio::Samples sound = ogg::murmur(10 * page + 300, 1);
  Mouth mouth;
  mouth.speak(0, 2);
  mouth.pages.say(utterance(sound), moment(80));
  mouth.speak(80, 12);
  EXPECT_TRUE(mouth.pages.silent());
  const audio::Samples heard = mouth.heard();
  const auto voice = std::span(heard).subspan(2 * page, sound.size());
  EXPECT_NEAR(ogg::level(voice), ogg::level(sound), 1);
  EXPECT_NEAR(ogg::delay(sound, voice), 0, 2);
  EXPECT_LT(ogg::level(std::span(heard).first(2 * page - 240)), -60);
}

TEST(SpokenPages, SayOneThingAfterTheOther) {
  Mouth mouth;
  const auto first = utterance(ogg::tone(page + 100, 500), 200, "first");
  const auto second = utterance(ogg::tone(page, 500), 0, "second");
  mouth.pages.say(first, moment(0));
  mouth.pages.say(second, moment(0));
  mouth.speak(0, 1);
  EXPECT_FALSE(first->is_over());
  ASSERT_THAT(mouth.log->said, SizeIs(1));
  EXPECT_EQ(mouth.log->said[0].text, "first");
  mouth.speak(40, 1);
  EXPECT_TRUE(first->is_over());
  ASSERT_THAT(mouth.log->said, SizeIs(2));
  const double begun = static_cast<double>(page + 300) / audio::sample_rate;
  EXPECT_NEAR(to_seconds(mouth.log->said[1].began - moment(0)), begun, 1e-6);
  EXPECT_NEAR(to_seconds(mouth.log->said[1].ended - moment(0)), begun + 0.04, 1e-6);
  mouth.speak(80, 1);
  EXPECT_TRUE(second->is_over());
  EXPECT_TRUE(mouth.pages.silent());
  EXPECT_EQ(second->ended(), mouth.log->said[1].ended);
}

TEST(SpokenPages, NothingIsSaidBeforeItIsAsked) {
  Mouth mouth;
  const auto late = utterance(ogg::tone(480, 500));
  mouth.pages.say(late, moment(70));
  mouth.speak(0, 1);
  EXPECT_THAT(mouth.log->said, IsEmpty());
  mouth.speak(40, 1);
  ASSERT_THAT(mouth.log->said, SizeIs(1));
  EXPECT_NEAR(to_seconds(mouth.log->said[0].began - moment(70)), 0, 0.0001);
  EXPECT_FALSE(late->is_over()) << "10 ms of it are in the next page";
  mouth.speak(80, 1);
  EXPECT_TRUE(late->is_over());
}

TEST(SpokenPages, SilenceAroundAVoiceDoesNotCount) {
  audio::Samples sound(page);
  const auto loud = ogg::tone(480, 500);
  std::copy(loud.begin(), loud.end(), sound.begin() + 240);
  Mouth mouth;
  const auto silent = utterance(audio::Samples(page));
  const auto nothing = utterance({});
  mouth.pages.say(utterance(sound), moment(0));
  mouth.pages.say(silent, moment(0));
  mouth.pages.say(nothing, moment(0));
  EXPECT_TRUE(nothing->is_over());
  mouth.speak(0, 2);
  ASSERT_THAT(mouth.log->said, SizeIs(1));
  EXPECT_NEAR(to_seconds(mouth.log->said[0].began - moment(0)), 0.01, 1e-6);
  EXPECT_NEAR(to_seconds(mouth.log->said[0].ended - moment(0)), 0.03, 1e-6);
  EXPECT_TRUE(silent->is_over());
}

}  // namespace
}  // namespace unmuted::probe
