#include "services/measured_speech.hpp"

#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "support/fake_speech.hpp"

namespace unmuted {
namespace {

using test::fake::FakeSpeech;

std::uint64_t observed(const prometheus::Histogram& histogram) {
  return histogram.Collect().histogram.sample_count;
}

class MeasuredSpeechTest : public testing::Test {
 protected:
  std::unique_ptr<SpeechStream> start() { return service->start(io.get_executor(), {"voice.wav", {}, "en"}); }

  /// All events there are.
  void pull(SpeechStream& stream, std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      net::asio::co_spawn(io, stream.next(), net::asio::detached);
      io.restart();
      io.run();
    }
  }

  net::asio::io_context io;
  Metrics metrics;
  FakeSpeech* fake = new FakeSpeech;
  std::unique_ptr<TextToSpeech> service = measured(std::unique_ptr<TextToSpeech>(fake), metrics);
};

TEST_F(MeasuredSpeechTest, AReplyThatIsSpokenIsCounted) {
  const auto stream = start();
  EXPECT_EQ(metrics.tts_sessions.Value(), 1);
  EXPECT_EQ(metrics.tts_active_sessions.Value(), 1);
  stream->say("Good");
  stream->say(" evening.");
  stream->complete();
  fake->stream(0).begin_words(2);
  fake->stream(0).sound(12'000);
  fake->stream(0).sound(12'000);
  fake->stream(0).end();
  pull(*stream, 4);
  EXPECT_EQ(metrics.tts_sent_frames.Value(), 2);
  EXPECT_EQ(metrics.tts_received_words.Value(), 2);
  EXPECT_EQ(metrics.tts_received_frames.Value(), 2);
  EXPECT_EQ(metrics.tts_active_sessions.Value(), 0);
  EXPECT_EQ(observed(metrics.tts_ttft), 1U);
  EXPECT_EQ(observed(metrics.tts_gen_duration), 1U);
  EXPECT_EQ(metrics.tts_audio_duration.Collect().histogram.sample_sum, 1.0);
  stream->abort();
  EXPECT_EQ(metrics.tts_interrupts.Value(), 0);
}

TEST_F(MeasuredSpeechTest, WhatIsCutShortIsAnInterruptOnce) {
  auto stream = start();
  stream->say("Good");
  stream->abort();
  stream->abort();
  stream.reset();
  EXPECT_EQ(metrics.tts_interrupts.Value(), 1);
  EXPECT_EQ(metrics.tts_active_sessions.Value(), 0);
}

TEST_F(MeasuredSpeechTest, FailuresAreToldApart) {
  for (const char* code : {"service_at_capacity", "service_unavailable", "service_unavailable"}) {
    const auto stream = start();
    fake->stream(fake->streams() - 1).fail(code, "No.");
    pull(*stream, 1);
  }
  EXPECT_EQ(metrics.tts_misses.Value(), 1);
  EXPECT_EQ(metrics.tts_hard_misses.Value(), 2);
  EXPECT_EQ(metrics.tts_interrupts.Value(), 0);
  EXPECT_EQ(metrics.tts_active_sessions.Value(), 0);
}

}  // namespace
}  // namespace unmuted
