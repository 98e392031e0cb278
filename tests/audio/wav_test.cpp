#include "audio/wav.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ogg_opus_streams.hpp"

namespace unmuted::audio {
namespace {

using test::bytes_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A file as programs write it, of which any number can be a lie.
struct WavFile {
  std::uint64_t coding = 1;
  std::uint64_t channels = 1;
  std::uint64_t rate = 24'000;
  std::uint64_t bits = 16;
  std::string more_format = {};
  std::string before = {};  ///< chunks before the format
  std::string data = std::string("\x00\x40\x00\xC0", 4);
  std::uint64_t length = 4;
  std::string after = {};

  [[nodiscard]] std::string text() const {
    std::string file = "RIFF????WAVE" + before + "fmt ";
    test::put(file, 16 + more_format.size(), 4);
    test::put(file, coding, 2);
    test::put(file, channels, 2);
    test::put(file, rate, 4);
    test::put(file, rate * channels * bits / 8, 4);
    test::put(file, channels * bits / 8, 2);
    test::put(file, bits, 2);
    file += more_format + "data";
    test::put(file, length, 4);
    return file + data + after;
  }
};

Result<Wav> read(const WavFile& file) {
  return read_wav(bytes_of(file.text()));
}

std::string fault_of(const WavFile& file) {
  const auto wav = read(file);
  return wav ? "" : wav.error().code + ": " + wav.error().message;
}

std::string floats(const std::vector<float>& values) {
  std::string text(values.size() * sizeof(float), '\0');
  std::memcpy(text.data(), values.data(), text.size());
  return text;
}

TEST(Wav, ReadsWhatItWrites) {
  const Samples sound = test::murmur(5'000, 1);
  for (const int rate : {8'000, 24'000, 44'100}) {
    const auto wav = read_wav(write_wav(sound, rate));
    ASSERT_TRUE(wav) << wav.error().message;
    EXPECT_EQ(wav->rate, rate);
    EXPECT_EQ(to_pcm16(wav->samples), to_pcm16(sound));
  }
  const auto nothing = read_wav(write_wav({}));
  ASSERT_TRUE(nothing);
  EXPECT_THAT(nothing->samples, IsEmpty());
}

TEST(Wav, ReadsTheFormsThatProgramsWrite) {
  EXPECT_THAT(read({}).value().samples, ElementsAre(0.5F, -0.5F));
  EXPECT_THAT(read({.channels = 2}).value().samples, ElementsAre(0.0F));
  EXPECT_THAT(read({.more_format = std::string(2, '\0')}).value().samples, SizeIs(2));
  EXPECT_THAT(read({.before = std::string("LIST\x03\0\0\0abc\0", 12)}).value().samples, SizeIs(2));
  EXPECT_THAT(read({.after = "LIST????"}).value().samples, SizeIs(2));
  const std::string subtype = std::string("\x16\0\x20\0\x04\0\0\0\x03\0", 10) + std::string(14, 'x');
  const float none = std::numeric_limits<float>::quiet_NaN();
  const float endless = std::numeric_limits<float>::infinity();
  const WavFile wide{.coding = 0xFFFE,
                     .channels = 1,
                     .rate = 48'000,
                     .bits = 32,
                     .more_format = subtype,
                     .data = floats({0.25F, 7.0F, -endless, none}),
                     .length = 16};
  EXPECT_THAT(read(wide).value().samples, ElementsAre(0.25F, 1.0F, -1.0F, 0.0F));
}

TEST(Wav, WhatThereIsCountsWhateverTheLengthSays) {
  for (const std::uint64_t length : {5ULL, 1'000ULL, 0x7FFFFFFFULL, 0xFFFFFFFFULL}) {
    EXPECT_THAT(read({.length = length}).value().samples, SizeIs(2)) << length;
  }
  EXPECT_THAT(read({.length = 3}).value().samples, SizeIs(1));
  EXPECT_THAT(read({.length = 0}).value().samples, IsEmpty());
}

TEST(Wav, SaysWhatItCannotRead) {
  EXPECT_EQ(read_wav(bytes_of("OggS")).error().message, "is no WAV file");
  EXPECT_EQ(read_wav({}).error().message, "is no WAV file");
  EXPECT_EQ(read_wav(bytes_of("RIFF????WAVE")).error().message, "does not say which form its sound has");
  EXPECT_THAT(fault_of({.coding = 7, .bits = 8}),
              HasSubstr("invalid_audio: has sound of form 7 with 8 bits"));
  EXPECT_THAT(fault_of({.bits = 24}), HasSubstr("form 1 with 24 bits"));
  EXPECT_THAT(fault_of({.coding = 3}), HasSubstr("form 3 with 16 bits"));
  EXPECT_THAT(fault_of({.coding = 0xFFFE}), HasSubstr("form 65534"));
  EXPECT_THAT(fault_of({.channels = 0}), HasSubstr("0 channels"));
  EXPECT_THAT(fault_of({.channels = 65}), HasSubstr("65 channels"));
  for (const std::uint64_t rate : {0ULL, 3'999ULL, 192'001ULL, 0xFFFFFFFFULL}) {
    EXPECT_THAT(fault_of({.rate = rate}), HasSubstr(std::to_string(rate) + " samples a second")) << rate;
  }
  std::string without_sound = WavFile{}.text();
  without_sound.resize(without_sound.find("data"));
  EXPECT_EQ(read_wav(bytes_of(without_sound)).error().message, "has no sound in it");
}

TEST(Wav, AHeadThatIsNotAllThereIsWaitedFor) {
  const auto file = write_wav(test::murmur(100, 1), 16'000);
  for (std::size_t bytes = 0; bytes < 44; ++bytes) {
    const auto head = read_wav_head(std::span(file).first(bytes));
    ASSERT_TRUE(head) << bytes;
    EXPECT_FALSE(*head) << bytes;
  }
  const auto head = read_wav_head(std::span(file).first(44));
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->rate, 16'000);
  EXPECT_EQ((*head)->form.channels, 1U);
  EXPECT_FALSE((*head)->form.floats);
  EXPECT_EQ((*head)->sound_at, 44U);
  EXPECT_EQ((*head)->sound_bytes, 200U);
  EXPECT_EQ(read_wav_head(bytes_of("OggS12345678")).error().message, "is no WAV file");
}

TEST(Wav, AHeadMayBeOfAStream) {
  const auto head = write_wav_head(unknown_length, 8'000);
  ASSERT_THAT(head, SizeIs(44));
  EXPECT_EQ(read_wav_head(head).value()->sound_bytes, unknown_length);
  EXPECT_EQ(test::text_of(head).substr(4, 4), "\xFF\xFF\xFF\xFF");
}

TEST(Wav, SurvivesAnyBytes) {
  std::mt19937 random(7);
  const std::string whole = WavFile{.before = std::string("LIST\x04\0\0\0abcd", 12)}.text();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto wav = read_wav(bytes_of(whole.substr(0, size)));
    EXPECT_TRUE(wav || wav.error().code == "invalid_audio");
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string broken = whole;
    for (int changes = 0; changes < 3; ++changes) {
      broken[random() % broken.size()] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
    }
    (void)read_wav_head(bytes_of(broken));
    if (const auto wav = read_wav(bytes_of(broken))) {
      EXPECT_LE(wav->samples.size(), whole.size() / 2);
      EXPECT_GE(wav->rate, 4'000);
    }
  }
}

TEST(Wav, WritesTheHeadThatPlayersExpect) {
  const auto file = test::text_of(write_wav(Samples{0.5F, -1.0F}));
  EXPECT_EQ(file,
            std::string("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xC0\x5D\0\0\x80\xBB\0\0\x02\0\x10\0"
                        "data\x04\0\0\0\0\x40\0\x80",
                        48));
}

}  // namespace
}  // namespace unmuted::audio
