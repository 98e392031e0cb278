#include "audio/ogg_opus_reader.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_writer.hpp"
#include "ogg_opus_streams.hpp"

namespace unmuted::audio {
namespace {

using test::operator+;
using test::a_recording;
using test::Bytes;
using test::Head;
using test::hear;
using test::Heard;
using test::opus_packets;
using test::Page;
using test::recorded;
using test::recorded_pre_skip;
using test::samples_of;
using test::to_bytes;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::span<const float> without_ends(const Samples& samples) {
  return std::span(samples).subspan(1'000, samples.size() - 2'000);
}

TEST(OggOpusReader, GivesBackWhatWasEncodedInLengthLoudnessAndTime) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const bool is_tone = seed % 2 == 0;
    const std::size_t packets = 50 + seed;
    const Samples said = is_tone ? test::tone(packets * packet_samples, 110.0 * seed)
                                 : test::murmur(packets * packet_samples, seed);
    OggOpusWriter writer(seed);
    const Heard heard = hear(writer.write(said));
    EXPECT_THAT(heard.problems, IsEmpty());
    ASSERT_EQ(heard.samples.size(), said.size() - 156);
    EXPECT_NEAR(test::level(without_ends(heard.samples)), test::level(without_ends(said)),
                is_tone ? 0.5 : 1.5);
    EXPECT_NEAR(test::delay(said, heard.samples), 0, is_tone ? 2 : 1) << seed;
  }
}

TEST(OggOpusReader, GivesTheSameForAnyPieces) {
  const Bytes bytes = test::bytes_of("of before") + to_bytes(a_recording(0.5)) +
                      test::bytes_of("OggS and OggO between ") + to_bytes(a_recording(0.3, 2));
  const Heard whole = hear(bytes);
  EXPECT_EQ(whole.samples.size(), samples_of(25) + samples_of(15));
  for (const std::size_t piece : {1U, 2U, 3U, 26U, 27U, 28U, 100U, 282U, 1'000U, 4'095U, 4'097U}) {
    EXPECT_EQ(hear(bytes, piece), whole) << piece;
  }
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    OggOpusReader reader;
    Heard heard;
    for (std::span<const std::byte> left = bytes; !left.empty();) {
      const std::size_t piece = std::min<std::size_t>(random() % 700, left.size());
      hear(reader, left.first(piece), heard);
      left = left.subspan(piece);
    }
    ASSERT_EQ(heard, whole);
  }
}

TEST(OggOpusReader, WaitsForAStreamToBeginAndSaysNothingOfPagesBefore) {
  const Bytes older = to_bytes(a_recording(0.4, 9));
  const Bytes newer = to_bytes(a_recording(0.4, 10));
  const Heard alone = hear(newer);
  EXPECT_THAT(alone.samples, SizeIs(samples_of(20)));
  // The older connection's pages, without its head, with and without an end, and cut in the middle of a page.
  std::vector<Page> stale = a_recording(0.4, 9);
  stale.erase(stale.begin());
  EXPECT_EQ(hear(to_bytes(stale) + newer), alone);
  stale.push_back({Page::end, -1, 9, 99, {}});
  EXPECT_EQ(hear(to_bytes(stale) + newer), alone);
  EXPECT_EQ(hear(Bytes(older.begin() + 100, older.end() - 50) + newer), alone);
}

TEST(OggOpusReader, BeginsAnewWithEveryHeadWhetherOrNotTheStreamBeforeHasEnded) {
  std::vector<Page> first = a_recording(0.4, 1);
  const std::vector<Page> second = a_recording(0.2, 1);  // with the same serial number, too
  const Heard heard = hear(to_bytes(first) + to_bytes(second));
  EXPECT_THAT(heard.problems, IsEmpty());
  EXPECT_EQ(heard.samples.size(), samples_of(20) + samples_of(10));
  const Heard alone = hear(to_bytes(second));
  EXPECT_TRUE(std::equal(alone.samples.rbegin(), alone.samples.rend(), heard.samples.rbegin()));
  first.push_back({Page::end, -1, 1, static_cast<std::uint32_t>(first.size()), {}});
  EXPECT_EQ(hear(to_bytes(first) + to_bytes(second)), heard);
}

TEST(OggOpusReader, HearsNothingAfterAnEnd) {
  std::vector<Page> pages = a_recording(0.4);
  pages.back().flags = Page::end;
  const Heard ended = hear(to_bytes(pages));
  EXPECT_THAT(ended.samples, SizeIs(samples_of(20)));
  std::vector<Page> more = a_recording(0.4);
  more.erase(more.begin(), more.begin() + 2);
  EXPECT_EQ(hear(to_bytes(pages) + to_bytes(more)), ended);
}

TEST(OggOpusReader, LooksAtNoPosition) {
  std::vector<Page> pages = a_recording(0.4);
  const Heard heard = hear(to_bytes(pages));
  for (Page& page : pages) page.granule = -1;
  EXPECT_EQ(hear(to_bytes(pages)), heard);
}

TEST(OggOpusReader, IgnoresPagesOfOtherStreams) {
  const std::vector<Page> pages = a_recording(0.4);
  std::vector<Page> mixed;
  for (const Page& page : pages) {
    mixed.push_back(page);
    mixed.push_back({0, 0, 77, 5, {"of video"}});
  }
  EXPECT_EQ(hear(to_bytes(mixed)), hear(to_bytes(pages)));
}

// What is lost and broken.

TEST(OggOpusReader, ConcealsMissingPagesForAsLongAsThreePackets) {
  const std::vector<Page> pages = a_recording(1);
  for (const std::size_t lost : {1U, 2U, 10U}) {
    std::vector<Page> fewer = pages;
    fewer.erase(fewer.begin() + 10, fewer.begin() + 10 + static_cast<std::ptrdiff_t>(lost));
    const Heard heard = hear(to_bytes(fewer));
    EXPECT_THAT(heard.problems, IsEmpty());
    EXPECT_EQ(heard.samples.size(), samples_of(50 - 2 * lost + (lost == 1 ? 2 : 3))) << lost;
  }
}

TEST(OggOpusReader, ConcealsNothingAgainBeforeAPacketComes) {
  std::vector<Page> pages = a_recording(0.4);
  for (std::uint32_t number = 100; number < 200; number += 5) pages.push_back({0, -1, 1, number, {}});
  EXPECT_THAT(hear(to_bytes(pages)).samples, SizeIs(samples_of(20 + 3)));
}

TEST(OggOpusReader, GoesOnWhereNumbersBeginAnew) {
  std::vector<Page> pages = a_recording(0.4);
  for (std::size_t i = 6; i < pages.size(); ++i) pages[i].number -= 4;
  const Heard heard = hear(to_bytes(pages));
  EXPECT_THAT(heard.problems, IsEmpty());
  EXPECT_THAT(heard.samples, SizeIs(samples_of(20)));
}

TEST(OggOpusReader, CountsAPageThatComesTwiceOnce) {
  const std::vector<Page> pages = a_recording(0.4);
  std::vector<Page> doubled;
  for (const Page& page : pages) doubled.insert(doubled.end(), page.number < 2 ? 1 : 2, page);
  EXPECT_EQ(hear(to_bytes(doubled)), hear(to_bytes(pages)));
}

TEST(OggOpusReader, LeavesOutABrokenPageAndSaysSoOnce) {
  const std::vector<Page> pages = a_recording(1);
  Bytes bytes;
  for (const Page& page : pages) {
    Bytes one = to_bytes(page);
    if (page.number == 6 || page.number == 15) one[one.size() / 2] ^= std::byte{0x10};
    bytes = std::move(bytes) + one;
  }
  const Heard heard = hear(bytes);
  EXPECT_THAT(
      heard.problems,
      ElementsAre("invalid_audio: The audio has bytes that are no intact page of Ogg; they are left out."));
  EXPECT_THAT(heard.samples, SizeIs(samples_of(50))) << "two packets are concealed for each page";
  EXPECT_THAT(hear(bytes + bytes).problems, SizeIs(2)) << "once a stream";
}

TEST(OggOpusReader, FindsThePagesBetweenGarbage) {
  const std::vector<Page> pages = a_recording(1);
  const Heard whole = hear(to_bytes(pages));
  std::mt19937 random(4);
  Bytes bytes;
  for (const Page& page : pages) {
    Bytes garbage(random() % 300);
    for (std::byte& byte : garbage) byte = static_cast<std::byte>(random() % 3 == 0 ? 'O' : random());
    bytes = std::move(bytes) + garbage + to_bytes(page);
  }
  const Heard heard = hear(bytes);
  EXPECT_EQ(heard.samples, whole.samples);
  EXPECT_THAT(heard.problems, SizeIs(1));
}

TEST(OggOpusReader, HearsWhatFollowsAPageThatWasCut) {
  const std::vector<Page> pages = a_recording(1);
  Bytes bytes;
  for (const Page& page : pages) {
    Bytes one = to_bytes(page);
    if (page.number == 8) one.erase(one.end() - 20, one.end());
    bytes = std::move(bytes) + one;
  }
  const Heard heard = hear(bytes);
  EXPECT_THAT(heard.problems, SizeIs(1));
  EXPECT_THAT(heard.samples, SizeIs(samples_of(50)));
}

TEST(OggOpusReader, LeavesOutPacketsThatAreNoOpusAndSaysSoOnce) {
  std::vector<Page> pages = a_recording(0.4);
  pages[4].packets[0] = "";
  pages[5].packets[0] = "\xFF\xFF";  // 63 frames of 20 ms
  pages[6].packets[0] = std::string("\x03\x00", 2);
  pages[7].packets[0] = std::string(61'441, 'x');
  pages[7].packets.pop_back();
  const Heard heard = hear(to_bytes(pages));
  EXPECT_THAT(heard.problems,
              ElementsAre(HasSubstr("packets that are no Opus, or are longer than 120 ms or 61,440 bytes")));
  EXPECT_THAT(heard.samples, SizeIs(samples_of(20 - 5)));
}

TEST(OggOpusReader, ReadsPacketsThatGoOnFromPageToPage) {
  const std::vector<std::string> packets = opus_packets(test::murmur(sample_rate, 1), 1, 60);
  std::vector<Page> pages{{Page::begin, 0, 1, 0, {test::opus_head()}}, {0, 0, 1, 1, {test::opus_tags()}}};
  for (const std::string& packet : packets) {
    const std::string padded = packet;
    const auto number = static_cast<std::uint32_t>(pages.size());
    if (padded.size() > 255) {
      pages.push_back({0, -1, 1, number, {padded.substr(0, 255)}, true});
      pages.push_back({Page::continued, 0, 1, number + 1, {padded.substr(255)}});
    } else {
      pages.push_back({0, 0, 1, number, {padded}});
    }
  }
  const Heard heard = hear(to_bytes(pages));
  EXPECT_THAT(heard.problems, IsEmpty());
  EXPECT_EQ(heard.samples.size(), packets.size() * 1'440 - recorded_pre_skip);
}

// Headers.

TEST(OggOpusReader, SkipsTagsOfAnyLength) {
  const Heard whole = hear(to_bytes(a_recording(0.4)));
  for (const std::size_t length : {1'000U, 65'025U, 65'026U, 200'000U, 3'000'000U}) {
    const std::string tags = test::opus_tags(std::string(length, 'v'));
    std::vector<Page> pages = {a_recording(0.4).front()};
    for (std::size_t at = 0; at < tags.size(); at += 65'025) {
      const std::string part = tags.substr(at, 65'025);
      const bool open = part.size() == 65'025;
      pages.push_back({at == 0 ? 0U : Page::continued,
                       open ? -1 : 0,
                       1,
                       static_cast<std::uint32_t>(pages.size()),
                       {part},
                       open});
    }
    if (pages.back().open)
      pages.push_back({Page::continued, 0, 1, static_cast<std::uint32_t>(pages.size()), {""}});
    for (const Page& page : a_recording(0.4)) {
      if (page.number < 2) continue;
      pages.push_back(page);
      pages.back().number = static_cast<std::uint32_t>(pages.size() - 1);
    }
    EXPECT_EQ(hear(to_bytes(pages)), whole) << length;
  }
}

TEST(OggOpusReader, DoesWithoutTags) {
  std::vector<Page> pages = a_recording(0.4);
  const Heard whole = hear(to_bytes(pages));
  pages.erase(pages.begin() + 1);
  EXPECT_EQ(hear(to_bytes(pages)), whole);
}

TEST(OggOpusReader, MixesTwoChannelsIntoOne) {
  const Samples left = test::tone(sample_rate, 440);
  Samples both;
  for (const float sample : left) both.insert(both.end(), {sample, 0.0F});
  const Heard heard = hear(to_bytes(recorded(opus_packets(both, 2), {.channels = 2})));
  EXPECT_THAT(heard.problems, IsEmpty());
  ASSERT_THAT(heard.samples, SizeIs(samples_of(50)));
  EXPECT_NEAR(test::level(without_ends(heard.samples)), test::level(left) - 6, 1);
}

TEST(OggOpusReader, LeavesOutWhatIsToBeSkippedAndAppliesTheGain) {
  const std::vector<std::string> packets = opus_packets(test::tone(sample_rate, 440, 0.1));
  const Heard plain = hear(to_bytes(recorded(packets, {.pre_skip = 0})));
  EXPECT_THAT(plain.samples, SizeIs(sample_rate));
  EXPECT_THAT(hear(to_bytes(recorded(packets, {.pre_skip = 1'001}))).samples, SizeIs(sample_rate - 500));
  EXPECT_THAT(hear(to_bytes(recorded(packets, {.pre_skip = 65'535}))).samples, IsEmpty());
  const Heard louder = hear(to_bytes(recorded(packets, {.pre_skip = 0, .gain = 6 * 256})));
  EXPECT_NEAR(test::level(without_ends(louder.samples)), test::level(without_ends(plain.samples)) + 6, 0.1);
  const Heard far_louder = hear(to_bytes(recorded(packets, {.gain = 32'767})));
  EXPECT_THAT(far_louder.samples, Each(AllOf(testing::Ge(-1.0F), testing::Le(1.0F))));
}

TEST(OggOpusReader, TakesAnyRateAndVersionThatADecoderMayTake) {
  const std::vector<std::string> packets = opus_packets(test::murmur(sample_rate, 1));
  const Heard heard = hear(to_bytes(recorded(packets)));
  EXPECT_EQ(hear(to_bytes(recorded(packets, {.rate = 44'100}))), heard);
  EXPECT_EQ(hear(to_bytes(recorded(packets, {.version = 15, .rate = 0}))), heard);
  EXPECT_EQ(hear(to_bytes(recorded(packets, {.family = 1, .more = std::string("\x01\x00\x00", 3)}))), heard);
}

TEST(OggOpusReader, SaysWhatStreamItCannotTake) {
  const struct {
    std::string head;
    std::string problem;
  } cases[] = {
      {"\x01vorbis and more of it", "The audio holds Vorbis in Ogg; Ogg Opus is expected."},
      {"\x7F"
       "FLAC\x01",
       "The audio holds FLAC in Ogg; Ogg Opus is expected."},
      {"Speex   1.2", "The audio holds Speex in Ogg; Ogg Opus is expected."},
      {"something", "The audio is Ogg, and not of Opus; Ogg Opus is expected."},
      {"", "The audio is Ogg, and not of Opus; Ogg Opus is expected."},
      {"OpusHead\x01", "The audio's OpusHead has 9 bytes; 19 at least are expected."},
      {test::opus_head({.version = 16}), "The audio's OpusHead has version 16; 1 is expected."},
      {test::opus_head({.channels = 0}), "The audio has 0 channels; one or two are expected."},
      {test::opus_head(
           {.channels = 6, .family = 1, .more = std::string("\x04\x02\0\x04\x01\x02\x03\x05", 8)}),
       "The audio has 6 channels; one or two are expected."},
      {test::opus_head({.channels = 2, .family = 1, .more = std::string("\x02\0\0\x01", 4)}),
       "The audio has its channels in several streams of Opus; a single one is expected."},
      {test::opus_head({.channels = 2, .family = 255}),
       "The audio has its channels in several streams of Opus; a single one is expected."},
  };
  for (const auto& [head, problem] : cases) {
    std::vector<Page> pages = a_recording(0.4);
    pages[0].packets[0] = head;
    const Heard heard = hear(to_bytes(pages));
    EXPECT_THAT(heard.problems, ElementsAre("invalid_audio: " + problem));
    EXPECT_THAT(heard.samples, IsEmpty());
    const Heard after = hear(to_bytes(pages) + to_bytes(a_recording(0.4)));
    EXPECT_THAT(after.problems, SizeIs(1));
    EXPECT_THAT(after.samples, SizeIs(samples_of(20))) << "the next stream is heard";
  }
}

TEST(OggOpusReader, TakesNoHeadThatGoesOnOnTheNextPage) {
  std::vector<Page> pages = a_recording(0.4);
  pages[0].packets[0] = test::opus_head({.more = std::string(255 - 19, 'm')});
  pages[0].open = true;
  EXPECT_THAT(hear(to_bytes(pages)).problems, SizeIs(1));
}

// What is no Ogg.

TEST(OggOpusReader, SaysAtOnceWhatOtherFormatItSeemsToBe) {
  const struct {
    std::string beginning;
    std::string format;
  } cases[] = {{std::string("RIFF\x24\x08\0\0WAVEfmt ", 16), "WAV"},
               {"ID3\x04", "MP3"},
               {"fLaC", "FLAC"},
               {"\x1A\x45\xDF\xA3", "WebM"},
               {std::string("\0\0\0\x18", 4) + "ftypmp42", "MP4"},
               {"T2dnUwACAAAA", "Ogg that was encoded as base64 twice"}};
  for (const auto& [beginning, format] : cases) {
    const Bytes bytes = test::bytes_of(beginning + std::string(40, '\0'));
    const std::string problem = "invalid_audio: The audio seems to be " + format + "; Ogg Opus is expected.";
    EXPECT_THAT(hear(bytes).problems, ElementsAre(problem));
    EXPECT_THAT(hear(bytes, 1).problems, ElementsAre(problem));
    EXPECT_THAT(hear(bytes + Bytes(100'000)).problems, ElementsAre(problem)) << "once";
    const Heard followed = hear(bytes + to_bytes(a_recording(0.4)));
    EXPECT_THAT(followed.samples, SizeIs(samples_of(20)));
    EXPECT_THAT(followed.problems, ElementsAre(problem));
    EXPECT_EQ(hear(bytes + to_bytes(a_recording(0.4)), 5), followed);
  }
}

TEST(OggOpusReader, SaysOnceThatItFindsNoPage) {
  OggOpusReader reader;
  Heard heard;
  const Bytes words = test::bytes_of("Is this audio? Or is it not? ");
  for (int i = 0; i < 500; ++i) hear(reader, words, heard);
  EXPECT_THAT(heard.problems, IsEmpty());
  for (int i = 0; i < 5'000; ++i) hear(reader, words, heard);
  EXPECT_THAT(heard.problems,
              ElementsAre("invalid_audio: No page of Ogg is found in the audio; Ogg Opus is expected."));
  hear(reader, to_bytes(a_recording(0.4)), heard);
  EXPECT_THAT(heard.problems, SizeIs(1));
  EXPECT_THAT(heard.samples, SizeIs(samples_of(20)));
}

TEST(OggOpusReader, GoesOnInTheMiddleOfAPageForWhoAsksLater) {
  const Bytes bytes = to_bytes(a_recording(0.4));
  OggOpusReader reader;
  std::span<const std::byte> left = bytes;
  Heard heard;
  for (int i = 0; i < 3; ++i) {
    const auto next = reader.next(left);
    ASSERT_TRUE(next);
    const auto sound = std::get<std::span<const float>>(*next);
    heard.samples.insert(heard.samples.end(), sound.begin(), sound.end());
  }
  hear(reader, left, heard);
  EXPECT_EQ(heard, hear(bytes));
}

}  // namespace
}  // namespace unmuted::audio
