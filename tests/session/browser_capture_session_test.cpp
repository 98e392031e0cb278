// What a real browser sends, as a session hears it.
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "session/dialogue_fixture.hpp"
#include "support/browser_capture.hpp"
#include "support/fake_hearing.hpp"

namespace unmuted {
namespace {

class BrowserCaptureSessionTest : public test::DialogueFixture {
 protected:
  BrowserCaptureSessionTest() {
    auto made = std::make_unique<test::fake::FakeHearing>(true);
    hearing = made.get();
    host.use(std::unique_ptr<SpeechToText>(std::move(made)));
    cast.write("listener.lua", test::character("listener", "greeting = 'Hello.'"));
  }

  /// A whole connection. Returns how many pages came after the selection had been carried out.
  std::size_t receive(const std::string& connection) {
    std::size_t pages = 0;
    for (const std::string& frame : test::browser_frames(connection)) {
      session->receive(frame);
      ++pages;
      if (frame.find("session.update") == std::string::npos) continue;
      const std::vector<test::json> greeting = reply();
      EXPECT_EQ(test::first_of(greeting, "response.text.done")["text"], "Hello.");
      EXPECT_EQ(test::count_of(greeting, "error"), 0U);
      pages = 0;
    }
    return pages;
  }

  test::fake::FakeHearing* hearing = nullptr;  ///< the host's
};

TEST_F(BrowserCaptureSessionTest, AllSoundOfAConversationIsHeard) {
  open();
  EXPECT_EQ(receive("first-connection"), 65U);
  EXPECT_EQ(test::count_of(told, "error"), 0U);
  ASSERT_EQ(hearing->streams(), 1U);
  const audio::Samples& sound = hearing->stream(0).sound;
  EXPECT_EQ(sound.size(), std::size_t{65} * 2 * audio::packet_samples);
  double sum = 0;
  for (const float sample : sound) sum += double{sample} * double{sample};
  EXPECT_NEAR(std::sqrt(sum / static_cast<double>(sound.size())), test::first_browser_stream.loudness, 0.03);
}

TEST_F(BrowserCaptureSessionTest, WhatIsLeftOfAnOlderStreamIsNotHeard) {
  open();
  EXPECT_EQ(receive("second-connection"), 66U);
  EXPECT_EQ(test::count_of(told, "error"), 0U);
  ASSERT_EQ(hearing->streams(), 1U);
  EXPECT_EQ(hearing->stream(0).sound.size(), (std::size_t{65} * 2 + 1) * audio::packet_samples);
}

}  // namespace
}  // namespace unmuted
