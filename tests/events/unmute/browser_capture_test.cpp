// What a real browser sends, byte for byte, as a session takes it: read by the dialect, decoded by the
// reader.
#include "support/browser_capture.hpp"

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "audio/ogg_opus_reader.hpp"
#include "audio/ogg_opus_streams.hpp"
#include "core/base64.hpp"
#include "events/unmute/dialect.hpp"

namespace unmuted::events {
namespace {

using audio::test::Heard;
using audio::test::Page;
using test::browser_frames;
using test::BrowserStream;

/// A connection as the server sees it.
struct Received {
  std::vector<std::vector<std::byte>> pages;    ///< an event each
  std::optional<std::size_t> configured_after;  ///< so many of them
  Configure configured;
};

Received received(const std::string& connection) {
  Received all;
  const auto dialect = unmute_dialect();
  for (const std::string& frame : browser_frames(connection)) {
    auto read = dialect->read(frame);
    if (!read) {
      ADD_FAILURE() << read.error().code << ": " << read.error().message;
      continue;
    }
    if (const auto* append = std::get_if<AppendAudio>(&read->request)) {
      const auto bytes = base64_decode(append->audio);
      EXPECT_TRUE(bytes);
      all.pages.push_back(bytes.value_or(std::vector<std::byte>()));
    } else if (auto* configure = std::get_if<Configure>(&read->request)) {
      all.configured_after = all.pages.size();
      all.configured = std::move(*configure);
    } else {
      ADD_FAILURE() << "another event: " << frame;
    }
  }
  return all;
}

void expect_like(const Heard& heard, const BrowserStream& stream) {
  EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
  EXPECT_EQ(heard.samples.size(), stream.samples);
  EXPECT_NEAR(audio::test::level(heard.samples), 20 * std::log10(stream.loudness), 0.2);
}

std::vector<Page> pages_of(const Received& connection, std::size_t first = 0) {
  std::vector<Page> pages;
  for (std::size_t i = first; i < connection.pages.size(); ++i) {
    const auto page = audio::test::to_pages(connection.pages[i]);
    if (page && page->size() == 1) pages.push_back(page->front());
  }
  EXPECT_EQ(pages.size(), connection.pages.size() - first) << "an event is one page, whole";
  return pages;
}

TEST(BrowserCapture, SoundComesBeforeTheSelection) {
  const Received first = received("first-connection");
  EXPECT_EQ(first.configured_after, 13U);
  EXPECT_EQ(first.configured.voice, "voices/listener.wav");
  ASSERT_TRUE(first.configured.instructions);
  EXPECT_EQ(first.configured.instructions->kind, Instructions::Kind::theme);
  EXPECT_EQ(first.configured.allow_recording, false);
  const std::vector<Page> pages = pages_of(first);
  EXPECT_EQ(pages.front().flags, Page::begin);
  EXPECT_EQ(pages.back().flags, 0U) << "the stream has no end in this connection";
}

TEST(BrowserCapture, ASecondConnectionBeginsWithTheEndOfTheFirstOnesStream) {
  const std::vector<Page> before = pages_of(received("first-connection"));
  const std::vector<Page> pages = pages_of(received("second-connection"));
  EXPECT_EQ(pages[0].serial, before.front().serial);
  EXPECT_EQ(pages[0].number, before.back().number + 1);
  EXPECT_EQ(pages[3].flags, Page::end);
  EXPECT_TRUE(pages[3].packets.empty());
  EXPECT_EQ(pages[3].granule, -1);
  EXPECT_EQ(pages[4].flags, Page::begin);
  EXPECT_NE(pages[4].serial, before.front().serial);
  EXPECT_EQ(pages.back().flags, Page::end);
}

TEST(BrowserCapture, EachConnectionIsHeardWhole) {
  for (const auto& [connection, stream] : {std::pair{"first-connection", test::first_browser_stream},
                                           std::pair{"second-connection", test::second_browser_stream}}) {
    audio::OggOpusReader reader;
    Heard heard;
    for (const auto& page : received(connection).pages) audio::test::hear(reader, page, heard);
    SCOPED_TRACE(connection);
    expect_like(heard, stream);
  }
}

TEST(BrowserCapture, OneReaderHearsBothStreamsAndTheLastPagesBetweenThem) {
  audio::OggOpusReader reader;
  Heard heard;
  for (const auto& page : received("first-connection").pages) audio::test::hear(reader, page, heard);
  for (const auto& page : received("second-connection").pages) audio::test::hear(reader, page, heard);
  const std::size_t between = std::size_t{3} * 2 * audio::packet_samples;
  EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
  EXPECT_EQ(heard.samples.size(),
            test::first_browser_stream.samples + between + test::second_browser_stream.samples);
}

TEST(BrowserCapture, SomePagesThatNeverCameAreConcealed) {
  audio::OggOpusReader reader;
  Heard heard;
  const Received first = received("first-connection");
  for (std::size_t i = 0; i < first.pages.size(); ++i) {
    if (i != 30 && i != 50) audio::test::hear(reader, first.pages[i], heard);
  }
  EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
  EXPECT_EQ(heard.samples.size(), test::first_browser_stream.samples);
}

}  // namespace
}  // namespace unmuted::events
