#include "support/browser_decoder_rules.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_writer.hpp"

namespace unmuted::audio {
namespace {

using test::Bytes;
using test::Page;
using testing::HasSubstr;
using unmuted::test::BrowserDecoderRules;

/// What a server may send: its pages, one a delta, up to the first that breaks a rule.
std::string verdict(const std::vector<Page>& pages) {
  BrowserDecoderRules rules;
  for (const Page& page : pages) {
    if (std::string wrong = rules.check(test::to_bytes(page)); !wrong.empty()) return wrong;
  }
  return {};
}

template <class Change>
std::string verdict_with(Change change) {
  std::vector<Page> pages = test::a_recording();
  change(pages);
  return verdict(pages);
}

TEST(BrowserDecoderRules, TakeWhatTheWriterGives) {
  OggOpusWriter writer(7);
  BrowserDecoderRules rules;
  const Samples sound = test::murmur(3 * frame_samples, 1);
  EXPECT_EQ(rules.check(writer.write(sound)), "");
  EXPECT_EQ(rules.check(writer.write(sound)), "");
  EXPECT_EQ(rules.check(writer.flush()), "");
  EXPECT_EQ(rules.samples(), 7 * frame_samples);
  EXPECT_EQ(verdict(test::a_recording()), "");
}

TEST(BrowserDecoderRules, NameWhatItsDecoderCannotDo) {
  const Bytes page = test::to_bytes(test::a_recording().front());
  EXPECT_THAT(BrowserDecoderRules().check(std::span(page).first(20)), HasSubstr("not whole pages"));
  EXPECT_THAT(BrowserDecoderRules().check(Bytes()), HasSubstr("not whole pages"));

  EXPECT_THAT(verdict_with([](auto& pages) { pages.erase(pages.begin() + 5); }), HasSubstr("next one is 5"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages.erase(pages.begin() + 1); }), HasSubstr("next one is 1"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].serial = 9; }), HasSubstr("another stream"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].flags = Page::end; }), HasSubstr("ends the stream"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].flags = Page::begin; }), HasSubstr("begins a stream"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].flags = Page::continued; }), HasSubstr("not whole"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].packets.clear(); }), HasSubstr("no sound"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].packets[0].resize(4'001, '\1'); }),
              HasSubstr("4001 bytes"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].packets[0] = "\x7"; }), HasSubstr("no Opus"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[4].packets[0] += "OggS"; }), HasSubstr("like a page"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[0].packets[0][9] = 2; }), HasSubstr("not mono"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[0].packets[0] += "."; }), HasSubstr("not one segment"));
  EXPECT_THAT(verdict_with([](auto& pages) { pages[1].packets.emplace_back("more"); }), HasSubstr("tags"));
  EXPECT_THAT(verdict_with(
                  [](auto& pages) { pages[4].packets = test::opus_packets(Samples(4 * packet_samples), 2); }),
              HasSubstr("stereo"));
}

}  // namespace
}  // namespace unmuted::audio
