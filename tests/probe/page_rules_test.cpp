#include "probe/page_rules.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_streams.hpp"
#include "audio/ogg_opus_writer.hpp"

namespace unmuted::probe {
namespace {

using audio::test::a_recording;
using audio::test::Page;
using audio::test::to_bytes;
using testing::HasSubstr;
using testing::Optional;

using Pages = std::vector<Page>;

/// Each page in an event of its own.
std::optional<std::string> first_broken(const Pages& pages) {
  PageRules rules;
  for (const Page& page : pages) {
    if (auto broken = rules.broken_by(to_bytes(page))) return broken;
  }
  return std::nullopt;
}

TEST(PageRules, ABrowserPlaysWhatBrowsersAndTheServerSend) {
  EXPECT_EQ(first_broken(a_recording(0.5)), std::nullopt);
  PageRules rules;
  audio::OggOpusWriter writer(7);
  for (int i = 0; i < 20; ++i) {
    const auto pages = writer.write(audio::test::murmur(audio::frame_samples, 3));
    EXPECT_EQ(rules.broken_by(pages), std::nullopt);
  }
  EXPECT_EQ(rules.broken_by(writer.flush()), std::nullopt);
  EXPECT_EQ(rules.broken_by(to_bytes(a_recording(0.2, 9))), std::nullopt) << "another stream";
}

TEST(PageRules, SaysWhatABrowserCouldNotPlay) {
  const struct {
    const char* broken;
    std::function<void(Pages&)> change;
  } cases[] = {
      {"does not begin with a page that begins", [](Pages& pages) { pages.erase(pages.begin()); }},
      {"page 3 comes where 2", [](Pages& pages) { pages.erase(pages.begin() + 2); }},
      {"page 2 comes where 3", [](Pages& pages) { pages[3].number = 2; }},
      {"page 2 is of a stream that has not begun", [](Pages& pages) { pages[2].serial = 9; }},
      {"page 1 begins a stream", [](Pages& pages) { pages[0].number = 1; }},
      {"has 2 segments", [](Pages& pages) { pages[0].packets.emplace_back("x"); }},
      {"holds no OpusHead", [](Pages& pages) { pages[0].packets = {"OpusTags, which is long enough"}; }},
      {"2 channels", [](Pages& pages) { pages[0].packets = {audio::test::opus_head({.channels = 2})}; }},
      {"page 1 holds no OpusTags", [](Pages& pages) { pages[1].packets = {"x"}; }},
      {"page 1 holds other things", [](Pages& pages) { pages[1].packets.emplace_back("x"); }},
      {"page 1 holds other things",
       [](Pages& pages) {
         pages[1].packets = {audio::test::opus_tags() + std::string(255 - 26, 'x')};
         pages[1].open = true;
       }},
      {"page 2 has a packet of more than 4,000",
       [](Pages& pages) { pages[2].packets = {std::string(4'001, 'x')}; }},
      {"page 3 has a packet of more than 4,000",
       [](Pages& pages) {
         pages[2].packets = {std::string(255 * 10, 'x')};
         pages[2].open = true;
         pages[3].packets = {std::string(2'000, 'x')};
       }},
  };
  for (const auto& each : cases) {
    Pages pages = a_recording(0.4);
    each.change(pages);
    EXPECT_THAT(first_broken(pages), Optional(HasSubstr(each.broken)));
  }
  Pages pages = a_recording(0.4);
  pages[2].packets = {std::string(4'000, 'x')};
  EXPECT_EQ(first_broken(pages), std::nullopt);
}

TEST(PageRules, AnEventHasWholePages) {
  const auto bytes = to_bytes(a_recording(0.4));
  const auto head = to_bytes(a_recording(0.4)[0]);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto broken = PageRules().broken_by(std::span(bytes).first(size));
    EXPECT_THAT(broken.value_or("whole pages"), HasSubstr("whole pages"));
    EXPECT_TRUE(broken || size >= head.size()) << size;
  }
  EXPECT_EQ(PageRules().broken_by(bytes), std::nullopt);
  auto garbled = bytes;
  garbled.insert(garbled.begin(), std::byte{0});
  EXPECT_THAT(PageRules().broken_by(garbled), Optional(HasSubstr("whole pages")));
}

}  // namespace
}  // namespace unmuted::probe
