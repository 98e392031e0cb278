#include "audio/g711.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::audio {
namespace {

using testing::ElementsAre;

std::vector<std::byte> all_codes() {
  std::vector<std::byte> codes;
  for (int code = 0; code < 256; ++code) codes.push_back(static_cast<std::byte>(code));
  return codes;
}

std::vector<std::int16_t> all_samples() {
  std::vector<std::int16_t> samples;
  for (int sample = -32'768; sample <= 32'767; ++sample) samples.push_back(static_cast<std::int16_t>(sample));
  return samples;
}

std::vector<std::byte> codes(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(G711, ReadsMuLawAsTheStandardsTableHasIt) {
  // The ends of the eight segments of table 2b, y from 8,031 down to 0, four times as large in 16 bits.
  EXPECT_THAT(
      from_mu_law(codes({0x80, 0x8F, 0x9F, 0xAF, 0xBF, 0xCF, 0xDF, 0xEF, 0xFE, 0xFF})),
      ElementsAre(8'031 * 4, 4'191 * 4, 2'079 * 4, 1'023 * 4, 495 * 4, 231 * 4, 99 * 4, 33 * 4, 2 * 4, 0));
  EXPECT_THAT(from_mu_law(codes({0x00, 0x0F, 0x1F, 0x2F, 0x3F, 0x4F, 0x5F, 0x6F, 0x7E, 0x7F})),
              ElementsAre(-8'031 * 4, -4'191 * 4, -2'079 * 4, -1'023 * 4, -495 * 4, -231 * 4, -99 * 4,
                          -33 * 4, -2 * 4, 0));
  const std::vector<std::int16_t> samples = from_mu_law(all_codes());
  for (int code = 0; code < 256; ++code) {
    // Sixteen equal steps a segment, each twice as large as in the one below.
    const int step = 7 - code / 16 % 8;
    const int within = 15 - code % 16;
    const int size = (((33 + 2 * within) << step) - 33) * 4;
    EXPECT_EQ(samples[static_cast<std::size_t>(code)], code < 128 ? -size : size) << code;
  }
}

TEST(G711, ReadsALawAsTheStandardsTableHasIt) {
  // The ends of the segments of table 1b, y from 4,032 down to 1, eight times as large in 16 bits.
  // large.
  EXPECT_THAT(from_a_law(codes({0xAA, 0xA5, 0xBA, 0x8A, 0x9A, 0xEA, 0xFA, 0xCA, 0xC5, 0xDA, 0xD5})),
              ElementsAre(32'256, 16'896, 16'128, 8'064, 4'032, 2'016, 1'008, 504, 264, 248, 8));
  EXPECT_THAT(from_a_law(codes({0x2A, 0x25, 0x5A, 0x55})), ElementsAre(-32'256, -16'896, -248, -8));
  const std::vector<std::int16_t> samples = from_a_law(all_codes());
  for (int code = 0; code < 256; ++code) {
    const int plain = code ^ 0x55;
    const int segment = plain / 16 % 8;
    const int within = plain % 16;
    const int size = segment == 0 ? 16 * within + 8 : (16 * within + 8 + 256) << (segment - 1);
    EXPECT_EQ(samples[static_cast<std::size_t>(code)], plain < 128 ? -size : size) << code;
  }
}

TEST(G711, CodesComeBackAsTheyWere) {
  EXPECT_EQ(to_a_law(from_a_law(all_codes())), all_codes());
  std::vector<std::byte> expected = all_codes();
  expected[0x7F] = std::byte{0xFF};  // the other zero
  EXPECT_EQ(to_mu_law(from_mu_law(all_codes())), expected);
}

TEST(G711, WritesWhatIsSilentAndWhatIsTooLoud) {
  EXPECT_EQ(to_mu_law(std::vector<std::int16_t>{0, -1, 32'767, -32'768}), codes({0xFF, 0x7F, 0x80, 0x00}));
  EXPECT_EQ(to_a_law(std::vector<std::int16_t>{0, -1, 32'767, -32'768}), codes({0xD5, 0x55, 0xAA, 0x2A}));
}

/// Every sample is written as the code in whose step it lies, half a step around what is read; so their order
/// stays.
void expect_within_step(const std::vector<std::byte>& written, const std::vector<std::int16_t>& heard,
                        int loudest, const std::function<int(int)>& half_step) {
  const std::vector<std::int16_t> said = all_samples();
  for (std::size_t i = 0; i < said.size(); ++i) {
    ASSERT_GE(heard[i], heard[i == 0 ? i : i - 1]) << said[i];
    const int wanted = std::clamp<int>(said[i], -loudest, loudest);
    ASSERT_LE(std::abs(heard[i] - wanted), half_step(std::to_integer<int>(written[i]))) << said[i];
  }
}

TEST(G711, WritesEverySampleWithinHalfAStep) {
  const std::vector<std::byte> mu_law = to_mu_law(all_samples());
  expect_within_step(mu_law, from_mu_law(mu_law), 32'635, [](int code) { return 4 << (7 - code / 16 % 8); });
  const std::vector<std::byte> a_law = to_a_law(all_samples());
  expect_within_step(a_law, from_a_law(a_law), 32'768,
                     [](int code) { return 8 << std::max((code ^ 0x55) / 16 % 8 - 1, 0); });
}

}  // namespace
}  // namespace unmuted::audio
