#include "audio/ogg_opus_writer.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ogg_opus_streams.hpp"

namespace unmuted::audio {
namespace {

using test::operator+;
using test::Bytes;
using test::Page;
using test::to_pages;
using testing::IsEmpty;
using testing::SizeIs;

/// What the decoder of Unmute's page needs of each delta, and what RFC 7845 wants of all of them.
class PageListener {
 public:
  void take(const Bytes& delta) {
    if (delta.empty()) return;
    const auto pages = to_pages(delta);
    ASSERT_TRUE(pages) << "not whole pages";
    for (const Page& page : *pages) ASSERT_NO_FATAL_FAILURE(take(page));
    if (pages->front().number == 0) {
      EXPECT_EQ(delta.at(26), std::byte{1}) << "the head has one segment";
      EXPECT_EQ(delta.at(37), std::byte{1}) << "where the number of channels is read";
    }
  }

  std::size_t packets() const { return packets_; }

 private:
  void take(const Page& page) {
    EXPECT_EQ(page.number, next_++);
    EXPECT_EQ(page.serial, 0xFEDCBA98U);
    EXPECT_EQ(page.flags, page.number == 0 ? Page::begin : 0U)
        << "no page ends the stream or goes on with a packet";
    EXPECT_FALSE(page.open);
    if (page.number < 2) {
      EXPECT_THAT(page.packets, SizeIs(1));
      EXPECT_EQ(page.granule, 0);
      EXPECT_TRUE(page.packets.at(0).starts_with(page.number == 0 ? "OpusHead" : "OpusTags"));
      return;
    }
    ASSERT_THAT(page.packets, SizeIs(testing::AllOf(testing::Ge(1U), testing::Le(4U))));
    for (const std::string& packet : page.packets) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(packet.data());
      EXPECT_LE(packet.size(), 4'000U);
      EXPECT_EQ(opus_packet_get_nb_samples(bytes, static_cast<int>(packet.size()), sample_rate), 480);
      EXPECT_EQ(opus_packet_get_nb_channels(bytes), 1);
    }
    packets_ += page.packets.size();
    EXPECT_EQ(page.granule, static_cast<std::int64_t>(packets_) * 960);
  }

  std::uint32_t next_ = 0;
  std::size_t packets_ = 0;
};

TEST(OggOpusWriter, GivesWhatTheDecoderOfWebPagesNeedsWhateverItIsGiven) {
  std::mt19937 random(16);
  for (int round = 0; round < 20; ++round) {
    OggOpusWriter writer(0xFEDCBA98U);
    PageListener listener;
    std::size_t rest = 0;  // samples that fill no packet yet
    std::size_t packets = 0;
    bool said = false;
    for (int call = 0; call < 40; ++call) {
      if (random() % 5 == 0) {
        ASSERT_NO_FATAL_FAILURE(listener.take(writer.flush()));
        packets += said ? 4 : 0;
        if (said) rest = 0;
        said = false;
      } else {
        const Samples sound = test::murmur(1 + random() % (random() % 7 == 0 ? 9'000 : 600), random());
        ASSERT_NO_FATAL_FAILURE(listener.take(writer.write(sound)));
        rest += sound.size();
        packets += rest / 480;
        rest %= 480;
        said = true;
      }
      ASSERT_EQ(listener.packets(), packets);
    }
  }
}

TEST(OggOpusWriter, BeginsWithItsHeadersOnceAPacketIsFull) {
  OggOpusWriter writer(7);
  EXPECT_THAT(writer.write({}), IsEmpty());
  EXPECT_THAT(writer.write(Samples(479)), IsEmpty());
  const auto pages = to_pages(writer.write(Samples(1)));
  ASSERT_TRUE(pages);
  ASSERT_THAT(*pages, SizeIs(3));
  EXPECT_EQ(pages->at(0).packets.at(0),
            test::opus_head({.version = 1, .channels = 1, .pre_skip = 312, .rate = 24'000}));
  EXPECT_EQ(pages->at(1).packets.at(0), test::opus_tags("unmuted"));
  EXPECT_THAT(pages->at(2).packets, SizeIs(1));
}

TEST(OggOpusWriter, PutsAFrameIntoOnePage) {
  OggOpusWriter writer(7);
  writer.write(Samples(480));
  for (int frame = 0; frame < 5; ++frame) {
    const auto pages = to_pages(writer.write(test::tone(frame_samples, 440)));
    ASSERT_TRUE(pages);
    ASSERT_THAT(*pages, SizeIs(1));
    EXPECT_THAT(pages->at(0).packets, SizeIs(4));
  }
}

TEST(OggOpusWriter, KeepsWhatFillsNoPacketForTheNextCall) {
  OggOpusWriter writer(7);
  std::size_t given = 0;
  std::size_t packets = 0;
  for (std::size_t size = 1; size < 700; size += 7) {
    given += size;
    const auto pages = to_pages(writer.write(test::tone(size, 440)));
    ASSERT_TRUE(pages);
    for (const Page& page : *pages) packets += page.number < 2 ? 0 : page.packets.size();
    ASSERT_EQ(packets, given / 480);
  }
}

TEST(OggOpusWriter, FlushesInOnePageWhichIsSilentAtItsEnd) {
  for (const std::size_t rest : {0U, 1U, 240U, 479U}) {
    OggOpusWriter writer(7);
    writer.write(Samples(960 + rest));
    const auto pages = to_pages(writer.flush());
    ASSERT_TRUE(pages);
    ASSERT_THAT(*pages, SizeIs(1));
    EXPECT_THAT(pages->at(0).packets, SizeIs(4)) << rest;
    EXPECT_THAT(writer.flush(), IsEmpty()) << "nothing was said since";
    EXPECT_THAT(writer.write({}), IsEmpty());
    EXPECT_THAT(writer.flush(), IsEmpty());
  }
}

TEST(OggOpusWriter, FlushesNothingWhenNothingWasSaid) {
  EXPECT_THAT(OggOpusWriter(7).flush(), IsEmpty());
}

TEST(OggOpusWriter, FlushesAlsoWhatFillsNoPacket) {
  OggOpusWriter writer(7);
  EXPECT_THAT(writer.write(Samples(100)), IsEmpty());
  const auto pages = to_pages(writer.flush());
  ASSERT_TRUE(pages);
  EXPECT_THAT(*pages, SizeIs(3));
}

TEST(OggOpusWriter, TheLastThingSaidIsOutAfterAFlushThoughADecoderHoldsBack40Milliseconds) {
  for (const std::size_t rest : {0U, 1U, 300U, 479U}) {
    OggOpusWriter writer(7);
    Samples said(4'800 + rest);
    const Samples end = test::tone(240, 1'000, 0.8);
    std::copy(end.begin(), end.end(), said.end() - 240);
    const Bytes written = writer.write(said);
    const test::Heard heard = test::hear(written + writer.flush());
    const std::size_t handed_on = (heard.samples.size() + 156 - 1) / 960 * 960 - 156;
    ASSERT_GE(handed_on, said.size()) << rest;
    const std::span<const float> ending(heard.samples.data() + said.size() - 240, 240);
    EXPECT_NEAR(test::level(ending), test::level(end), 3) << rest;
  }
}

TEST(OggOpusWriter, GoesOnAfterAFlush) {
  OggOpusWriter writer(7);
  Bytes bytes;
  for (int turn = 0; turn < 3; ++turn) {
    bytes = std::move(bytes) + writer.write(test::tone(10'000, 440));
    bytes = std::move(bytes) + writer.flush();
  }
  const test::Heard heard = test::hear(bytes);
  EXPECT_THAT(heard.problems, IsEmpty());
  EXPECT_EQ(heard.samples.size(), 3 * (20 + 4) * 480 - 156U);
}

TEST(OggOpusWriter, KeepsToItsRate) {
  for (const int rate : {24'000, 32'000}) {
    OggOpusWriter writer(7, rate);
    std::size_t bytes = 0;
    const auto pages = to_pages(writer.write(test::murmur(10 * sample_rate, 3)));
    ASSERT_TRUE(pages);
    for (const Page& page : *pages) {
      for (const std::string& packet : page.packets) bytes += packet.size();
    }
    EXPECT_NEAR(static_cast<double>(bytes) * 8 / 10, rate, 0.2 * rate);
  }
}

TEST(OggOpusWriter, SurvivesWhatIsNoSound) {
  OggOpusWriter writer(0xFEDCBA98U);
  PageListener listener;
  std::mt19937 random(5);
  const float strange[] = {std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::infinity(),
                           1e30F,
                           -1e30F,
                           7,
                           1e-40F};
  for (int call = 0; call < 50; ++call) {
    Samples sound = test::tone(1'000, 300);
    for (int i = 0; i < 20; ++i) sound[random() % sound.size()] = strange[random() % std::size(strange)];
    ASSERT_NO_FATAL_FAILURE(listener.take(writer.write(sound)));
  }
  const Bytes after = writer.write(test::tone(4'800, 300));
  ASSERT_NO_FATAL_FAILURE(listener.take(after));
}

}  // namespace
}  // namespace unmuted::audio
