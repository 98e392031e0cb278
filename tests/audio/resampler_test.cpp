#include "audio/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::audio {
namespace {

using testing::IsEmpty;

constexpr double amplitude = 0.5;

Samples tone_of(double hertz, int rate, std::size_t count) {
  Samples samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    samples[i] = static_cast<float>(amplitude * std::sin(phase));
  }
  return samples;
}

Samples resampled(Resampler& resampler, const Samples& samples) {
  Samples result = resampler.feed(samples);
  const Samples rest = resampler.finish();
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

/// Without the ends, where a tone that is cut off is none.
std::span<const float> middle_of(const Samples& samples) {
  return std::span(samples).subspan(samples.size() / 8, samples.size() * 3 / 4);
}

double level_of(std::span<const float> samples) {
  double energy = 0;
  for (const float sample : samples) energy += sample * sample;
  return std::sqrt(energy / static_cast<double>(samples.size()));
}

struct RatePair {
  int from, to;
};

const RatePair rate_pairs[] = {{16'000, 24'000}, {24'000, 16'000}, {22'050, 24'000}, {24'000, 8'000},
                               {8'000, 24'000},  {48'000, 24'000}, {17'920, 24'000}, {14'080, 24'000},
                               {17'807, 24'000}, {192'000, 4'000}, {4'000, 192'000}, {24'000, 24'000}};

TEST(Resampler, KeepsLengthLevelAndPlaceOfATone) {
  for (const auto& [from, to] : rate_pairs) {
    SCOPED_TRACE(testing::Message() << from << " -> " << to);
    constexpr double hertz = 440;
    const auto count = static_cast<std::size_t>(from) / 2 + 7;
    Resampler resampler(from, to);
    const Samples result = resampled(resampler, tone_of(hertz, from, count));
    const double length = static_cast<double>(count) * to / from;
    EXPECT_NEAR(static_cast<double>(result.size()), length, 1);
    // The same tone, from its first sample on: neither louder, nor later, nor higher.
    const Samples expected = tone_of(hertz, to, result.size());
    Samples difference(result.size());
    for (std::size_t i = 0; i < result.size(); ++i) difference[i] = result[i] - expected[i];
    EXPECT_NEAR(level_of(middle_of(result)), amplitude / std::numbers::sqrt2, 0.005);
    EXPECT_LT(level_of(middle_of(difference)), 0.005);
  }
}

TEST(Resampler, LeavesOutWhatTheLowerRateCannotHave) {
  Resampler resampler(24'000, 16'000);
  const Samples result = resampled(resampler, tone_of(10'000, 24'000, 12'000));
  EXPECT_LT(level_of(middle_of(result)), 0.01);
}

TEST(Resampler, GivesTheSameWhateverThePieces) {
  std::mt19937 random(1);
  for (const auto& [from, to] : rate_pairs) {
    SCOPED_TRACE(testing::Message() << from << " -> " << to);
    const Samples sound = tone_of(300, from, 9'001);
    Resampler whole(from, to);
    const Samples expected = resampled(whole, sound);
    Resampler pieces(from, to);
    for (int round = 0; round < 3; ++round) {  // and the next sound knows nothing of the one before
      Samples result;
      std::span<const float> rest(sound);
      while (!rest.empty()) {
        const auto piece = rest.first(std::min<std::size_t>(random() % 700, rest.size()));
        const Samples given = pieces.feed(piece);
        result.insert(result.end(), given.begin(), given.end());
        rest = rest.subspan(piece.size());
      }
      const Samples given = pieces.finish();
      result.insert(result.end(), given.begin(), given.end());
      ASSERT_EQ(result, expected);
    }
  }
}

TEST(Resampler, HoldsBackMilliseconds) {
  Resampler resampler(16'000, 24'000);
  const Samples first = resampler.feed(tone_of(300, 16'000, 1'600));
  EXPECT_GE(first.size(), 2'400U - 60U);  // 2.5 ms
  EXPECT_LE(first.size(), 2'400U);
}

TEST(Resampler, NothingStaysNothing) {
  for (const auto& [from, to] : rate_pairs) {
    Resampler resampler(from, to);
    EXPECT_THAT(resampler.feed({}), IsEmpty());
    EXPECT_THAT(resampler.finish(), IsEmpty());
    EXPECT_THAT(resampler.finish(), IsEmpty());
  }
}

TEST(Resampler, TakesAMinuteAtOnce) {
  Resampler resampler(16'000, 24'000);
  const Samples result = resampled(resampler, Samples(60 * 16'000));
  EXPECT_EQ(result.size(), 60U * 24'000U);
}

}  // namespace
}  // namespace unmuted::audio
