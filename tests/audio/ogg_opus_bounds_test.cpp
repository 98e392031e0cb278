// Whatever comes as audio: what the reader keeps of it, and does for it, is bounded.
#include <ctime>
#include <random>

#include <malloc.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "ogg_opus_streams.hpp"

namespace unmuted::audio {
namespace {

using test::operator+;
using test::a_recording;
using test::Bytes;
using test::hear;
using test::Heard;
using test::Page;
using test::samples_of;
using test::to_bytes;
using testing::IsEmpty;
using testing::SizeIs;

std::size_t allocated() {
  return mallinfo2().uordblks;
}

/// How much more memory is in use at the most while all of `bytes` are read.
std::size_t memory_for(const Bytes& bytes) {
  const std::size_t before = allocated();
  std::size_t most = before;
  OggOpusReader reader;
  for (std::span<const std::byte> left = bytes; !left.empty();) {
    std::span<const std::byte> piece = left.first(std::min<std::size_t>(left.size(), 10'000));
    left = left.subspan(piece.size());
    while (reader.next(piece)) most = std::max(most, allocated());
    most = std::max(most, allocated());
  }
  return most - before;
}

TEST(OggOpusReaderBounds, KeepsLittleOfAPacketThatNeverEnds) {
  std::vector<Page> pages = a_recording(0.4);
  for (int i = 0; i < 100; ++i) {
    pages.push_back({i == 0 ? 0U : Page::continued,
                     -1,
                     1,
                     static_cast<std::uint32_t>(pages.size()),
                     {std::string(65'025, 'x')},
                     true});
  }
  const Bytes bytes = to_bytes(pages);
  EXPECT_LT(memory_for(bytes), 400'000U);
  EXPECT_THAT(hear(bytes).problems, SizeIs(1));
  // Neither of one that ends late, behind another one.
  pages.resize(24);
  const auto next = static_cast<std::uint32_t>(pages.size());
  pages.push_back({0, -1, 1, next, {"", std::string(253 * 255, 'x')}, true});
  pages.push_back({Page::continued, -1, 1, next + 1, {std::string(240 * 255, 'x')}, true});
  pages.push_back({Page::continued, 0, 1, next + 2, {std::string(254 * 255 + 7, 'x')}});
  EXPECT_LT(memory_for(to_bytes(pages)), 400'000U);
}

TEST(OggOpusReaderBounds, KeepsLittleOfGarbageAndDoesLittleForIt) {
  Bytes silence(10 << 20);
  EXPECT_LT(memory_for(silence), 400'000U);
  const Bytes captures = test::bytes_of("OggS");
  for (std::size_t i = 0; i < silence.size(); ++i) silence[i] = captures[i % 4];
  const auto began = std::clock();
  EXPECT_LT(memory_for(silence), 400'000U);
  EXPECT_THAT(hear(silence, 100'000).problems, SizeIs(1));
  EXPECT_LT(std::clock() - began, 10 * CLOCKS_PER_SEC) << "without a bound it would sum up 25 GB";
}

TEST(OggOpusReaderBounds, FindsAPageBehindAnyNumberOfCapturePatterns) {
  Bytes bytes;
  for (int i = 0; i < 300'000; ++i)
    bytes = i == 0 ? test::bytes_of("OggS") : std::move(bytes) + test::bytes_of("OggS");
  const std::vector<Page> pages = a_recording(4);
  const Heard heard = hear(to_bytes(a_recording(0.4)) + bytes + to_bytes(pages) + to_bytes(pages));
  EXPECT_GE(heard.samples.size(), samples_of(20) + samples_of(200));
  EXPECT_EQ(hear(to_bytes(a_recording(0.4)) + bytes + to_bytes(pages) + to_bytes(pages), 777), heard);
}

Bytes mutilated(Bytes bytes, std::mt19937& random) {
  const auto at = [&] { return bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size()); };
  for (int change = 0; change < 8 && bytes.size() > 1'000; ++change) {
    const auto place = at();
    const auto length = static_cast<std::ptrdiff_t>(
        random() % std::min<std::size_t>(400, static_cast<std::size_t>(bytes.end() - place)));
    const Bytes part(place, place + length);
    switch (random() % 4) {
      case 0:
        *place ^= static_cast<std::byte>(1U << random() % 8);
        break;
      case 1:
        bytes.erase(place, place + length);
        break;
      case 2:
        bytes.insert(at(), part.begin(), part.end());
        break;
      default:
        std::rotate(place, place + length / 2, place + length);
    }
  }
  return bytes;
}

/// Of streams that leave out all they can, nothing is heard, and all is decoded: a caller has to be asked.
TEST(OggOpusReaderBounds, DecodesNoMoreAtOnceThanAPacketAlsoOfWhatIsLeftOut) {
  const std::string packet = test::opus_packets(Samples(packet_samples)).front();
  Bytes bytes;
  for (std::uint32_t serial = 0; serial < 20; ++serial) {
    const std::vector<std::string> packets(68, packet);  // 1.36 of the 1.365 s
    bytes = std::move(bytes) + to_bytes(test::recorded(packets, {.pre_skip = 65'535}, serial));
  }
  OggOpusReader reader;
  std::span<const std::byte> rest(bytes);
  std::size_t decoded = 0;
  while (const auto heard = reader.next(rest)) {
    EXPECT_THAT(std::get<std::span<const float>>(*heard), IsEmpty());
    EXPECT_EQ(reader.decoded(), packet_samples);
    decoded += reader.decoded();
  }
  EXPECT_EQ(decoded, 20 * (1 + 68) * packet_samples);  // to begin is work, too
  EXPECT_EQ(reader.decoded(), 0U);
}

TEST(OggOpusReaderBounds, SurvivesWhateverComesOfAStream) {
  std::mt19937 random(8);
  const Bytes good = to_bytes(a_recording(2)) + to_bytes(a_recording(1, 2));
  for (int round = 0; round < 300; ++round) {
    const Bytes bytes = mutilated(good, random);
    const Heard heard = hear(bytes);
    ASSERT_LE(heard.samples.size(), 200U * packet_samples);
    ASSERT_LE(heard.problems.size(), 8U);
    ASSERT_EQ(hear(bytes, 1 + random() % 500), heard);
  }
}

TEST(OggOpusReaderBounds, SurvivesRandomPacketsInIntactPages) {
  std::mt19937 random(9);
  for (int round = 0; round < 100; ++round) {
    std::vector<Page> pages = a_recording(0.4);
    for (Page& page : pages) {
      if (page.number < 1) continue;
      page.flags = random() % 10 == 0 ? random() % 8 : 0;
      for (std::string& packet : page.packets) {
        if (random() % 2 == 0) packet.resize(random() % 300);
        for (char& byte : packet) byte = random() % 2 == 0 ? byte : static_cast<char>(random());
      }
      page.open = page.packets.back().size() % 255 == 0;
    }
    const Heard heard = hear(to_bytes(pages));
    ASSERT_LE(heard.samples.size(), 30U * 3 * 2'880);
    for (const float sample : heard.samples) ASSERT_TRUE(sample >= -1 && sample <= 1);
  }
}

TEST(OggOpusReaderBounds, SurvivesRandomBytes) {
  std::mt19937 random(10);
  Bytes bytes(1 << 20);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const Heard heard = hear(bytes);
  EXPECT_THAT(heard.samples, IsEmpty());
  EXPECT_THAT(heard.problems, SizeIs(1));
  EXPECT_THAT(hear(to_bytes(a_recording(0.4)) + bytes).samples, SizeIs(samples_of(20)));
}

}  // namespace
}  // namespace unmuted::audio
