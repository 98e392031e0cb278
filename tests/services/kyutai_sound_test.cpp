// The sound of a user in frames, with silence of ours in it, without sockets.
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/kyutai/messages.hpp"
#include "services/kyutai/sent_sound.hpp"

namespace unmuted::kyutai {
namespace {

using audio::frame_samples;
using audio::Samples;
using testing::IsEmpty;
using testing::SizeIs;

Samples samples_of(const std::vector<std::string>& messages) {
  Samples all;
  for (const std::string& message : messages) {
    const auto read = read_message(message);
    const Samples& frame = std::get<Audio>(*read).samples;
    EXPECT_THAT(frame, SizeIs(frame_samples));
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

TEST(SentSound, IsSentInWholeFramesHoweverItComes) {
  std::mt19937 random(7);
  Samples given(20 * frame_samples + 100);
  for (float& sample : given) sample = std::uniform_real_distribution<float>(-1, 1)(random);
  SentSound sound;
  Samples sent;
  for (std::size_t at = 0; at < given.size();) {
    const std::size_t size = std::min<std::size_t>(random() % 5'000, given.size() - at);
    const Samples part = samples_of(sound.hear(std::span(given).subspan(at, size)));
    sent.insert(sent.end(), part.begin(), part.end());
    at += size;
    EXPECT_LT(sound.rest().size(), frame_samples);
  }
  EXPECT_EQ(sound.frames(), 20U);
  EXPECT_EQ(sound.rest(), Samples(given.end() - 100, given.end()));
  given.resize(20 * frame_samples);
  EXPECT_EQ(sent, given);
}

TEST(SentSound, SilencePassesTheDelayOfTheService) {
  SentSound sound;
  sound.hear(Samples(10 * frame_samples, 0.5F));
  EXPECT_EQ(samples_of(sound.flush()), Samples(8 * frame_samples, 0.0F));
  EXPECT_EQ(sound.frames(), 18U);
  // Half a second behind ten frames: by the seventeenth its time has passed them.
  EXPECT_EQ(sound.heard_by(), 17U);
  EXPECT_FALSE(sound.is_ours(9));
  for (std::size_t frame = 10; frame < 18; ++frame) EXPECT_TRUE(sound.is_ours(frame)) << frame;
  EXPECT_FALSE(sound.is_ours(18));
}

TEST(SentSound, AFrameThatHasBegunIsFilled) {
  SentSound sound;
  sound.hear(Samples(2 * frame_samples + 1'000, 0.5F));
  const Samples sent = samples_of(sound.flush());
  ASSERT_THAT(sent, SizeIs(9 * frame_samples));
  EXPECT_EQ(sent[999], 0.5F);
  EXPECT_EQ(sent[1'000], 0.0F);
  EXPECT_EQ(sound.heard_by(), 10U);
  EXPECT_FALSE(sound.is_ours(2)) << "it is the user's for the most part";
  EXPECT_TRUE(sound.is_ours(3));
}

TEST(SentSound, TimesAreThoseOfTheUser) {
  SentSound sound;
  sound.hear(Samples(10 * frame_samples, 0.5F));
  sound.flush();
  sound.hear(Samples(10 * frame_samples, 0.5F));
  sound.flush();
  EXPECT_DOUBLE_EQ(sound.time_in_stream(0.4), 0.4);
  EXPECT_DOUBLE_EQ(sound.time_in_stream(0.8), 0.8);
  EXPECT_DOUBLE_EQ(sound.time_in_stream(1.0), 0.8) << "in the silence";
  EXPECT_DOUBLE_EQ(sound.time_in_stream(0.8 + 0.64 + 0.16), 0.96);
  EXPECT_DOUBLE_EQ(sound.time_in_stream(100), 100 - 2 * 0.64);
  EXPECT_EQ(sound.time_in_stream(-1), 0);
}

TEST(SentSound, TimesStayRightAfterAnyNumberOfUtterances) {
  SentSound sound(48'000);
  for (int i = 0; i < 500; ++i) {
    sound.hear(Samples(frame_samples, 0.5F));
    sound.flush();
  }
  EXPECT_NEAR(sound.time_in_stream(500 * 9 * 0.08), 2 + 500 * 0.08, 1e-6);
}

TEST(SentSound, NothingIsSentOfNothing) {
  SentSound sound;
  EXPECT_THAT(sound.hear({}), IsEmpty());
  EXPECT_THAT(sound.hear(Samples(frame_samples - 1)), IsEmpty());
  EXPECT_EQ(sound.frames(), 0U);
}

}  // namespace
}  // namespace unmuted::kyutai
