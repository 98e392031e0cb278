#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "services/measured_speech.hpp"
#include "support/fake_hearing.hpp"

namespace unmuted {
namespace {

using test::fake::FakeHearing;

class MeasuredHearingTest : public testing::Test {
 protected:
  std::unique_ptr<HearingStream> listen() { return service->start(io.get_executor(), {"en", {}}); }
  void pull_heard(HearingStream& stream, int events) {
    for (int i = 0; i < events; ++i) {
      net::asio::co_spawn(io, stream.next(), net::asio::detached);
      io.restart();
      io.run();
    }
  }

  net::asio::io_context io;
  Metrics metrics;
  FakeHearing* fake = new FakeHearing(true);
  std::unique_ptr<SpeechToText> service = measured(std::unique_ptr<SpeechToText>(fake), metrics);
};

TEST_F(MeasuredHearingTest, AStreamIsCounted) {
  EXPECT_TRUE(service->hears_everything());
  auto stream = listen();
  EXPECT_EQ(metrics.stt_active_sessions.Value(), 1);
  stream->hear(audio::Samples(24'000));
  stream->hear(audio::Samples(24'000));
  stream->end_utterance();
  EXPECT_EQ(fake->stream(0).ends.size(), 1U);
  fake->stream(0).word("good");
  fake->stream(0).pause(0.7);
  fake->stream(0).word("morning");
  fake->stream(0).heard();
  pull_heard(*stream, 4);
  stream.reset();
  EXPECT_EQ(metrics.stt_sessions.Value(), 1);
  EXPECT_EQ(metrics.stt_active_sessions.Value(), 0);
  EXPECT_EQ(metrics.stt_sent_frames.Value(), 2);
  EXPECT_EQ(metrics.stt_received_frames.Value(), 4);
  EXPECT_EQ(metrics.stt_received_words.Value(), 2);
  EXPECT_EQ(metrics.stt_ttft.Collect().histogram.sample_count, 1U);
  EXPECT_EQ(metrics.stt_audio_duration.Collect().histogram.sample_sum, 2);
  EXPECT_EQ(metrics.stt_num_words.Collect().histogram.sample_sum, 2);
  EXPECT_EQ(metrics.stt_hard_misses.Value(), 0);
}

TEST_F(MeasuredHearingTest, FailuresAreToldApart) {
  for (const char* code : {"service_at_capacity", "service_unavailable", "service_unavailable"}) {
    const auto stream = listen();
    fake->stream(fake->streams() - 1).fail(code, "No.");
    pull_heard(*stream, 1);
    EXPECT_EQ(metrics.stt_active_sessions.Value(), 0);
  }
  EXPECT_EQ(metrics.stt_misses.Value(), 1);
  EXPECT_EQ(metrics.stt_hard_misses.Value(), 2);
}

}  // namespace
}  // namespace unmuted
