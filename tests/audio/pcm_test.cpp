#include "audio/pcm.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::audio {
namespace {

using testing::ElementsAre;

TEST(Pcm, SixteenBitsComeBackAsTheyWere) {
  std::vector<std::int16_t> all;
  for (int value = -32'768; value <= 32'767; ++value) all.push_back(static_cast<std::int16_t>(value));
  EXPECT_EQ(to_pcm16(from_pcm16(all)), all);
}

TEST(Pcm, WhatIsTooLoudIsClippedAndWhatIsNoNumberIsSilent) {
  const std::vector<float> samples{1.0F,
                                   7.0F,
                                   -1.0F,
                                   -7.0F,
                                   std::numeric_limits<float>::infinity(),
                                   std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THAT(to_pcm16(samples), ElementsAre(32'767, 32'767, -32'768, -32'768, 32'767, 0));
}

}  // namespace
}  // namespace unmuted::audio
