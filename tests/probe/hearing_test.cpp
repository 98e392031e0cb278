#include "probe/hearing.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/ogg_opus_streams.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "core/base64.hpp"

namespace unmuted::probe {
namespace {

namespace ogg = audio::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TimePoint instant(int ms) {
  return TimePoint{} + std::chrono::seconds(100) + std::chrono::milliseconds(ms);
}

Json delta(std::span<const std::byte> audio) {
  return {{"type", "response.audio.delta"}, {"delta", base64_encode(audio)}};
}

struct Ear {
  explicit Ear(bool strict = true) : hearing(log, strict) {}

  std::shared_ptr<VoiceLog> log = std::make_shared<VoiceLog>();
  Hearing hearing;
};

TEST(Hearing, WritesDownWhatCameWhen) {
  Ear ear;
  audio::OggOpusWriter writer(1);
  const auto sound = ogg::murmur(3 * audio::frame_samples, 2);
  const auto pages = [&](std::size_t i) {
    return writer.write(std::span(sound).subspan(i * audio::frame_samples, audio::frame_samples));
  };
  ear.hearing.take({{"type", "response.created"}}, instant(1));
  ear.hearing.take({{"type", "response.text.delta"}, {"delta", "Hello"}}, instant(2));
  ear.hearing.take(delta(pages(0)), instant(3));
  ear.hearing.take(delta(pages(1)), instant(80));
  ear.hearing.take({{"type", "input_audio_buffer.speech_started"}}, instant(90));
  ear.hearing.take({{"type", "unmute.interrupted_by_vad"}}, instant(95));
  ear.hearing.take({{"type", "response.audio.done"}}, instant(100));
  ear.hearing.take({{"type", "conversation.item.input_audio_transcription.delta"}, {"delta", "yes"}},
                   instant(101));
  ear.hearing.take({{"type", "response.created"}}, instant(102));
  ear.hearing.take(delta(pages(2)), instant(200));
  const VoiceLog& log = *ear.log;
  EXPECT_THAT(log.faults, IsEmpty());
  ASSERT_THAT(log.replies, SizeIs(2));
  EXPECT_EQ(log.replies[0].created, instant(1));
  EXPECT_THAT(log.replies[0].words, ElementsAre(instant(2)));
  ASSERT_THAT(log.replies[0].pieces, SizeIs(2));
  EXPECT_EQ(log.replies[0].pieces[1].arrived, instant(80));
  EXPECT_EQ(log.replies[0].pieces[1].samples, audio::frame_samples);
  EXPECT_EQ(log.replies[0].pcm.size(), log.replies[0].pieces[0].samples + audio::frame_samples);
  EXPECT_THAT(log.replies[1].pieces, SizeIs(1));
  EXPECT_THAT(log.speech_started, ElementsAre(instant(90)));
  ASSERT_THAT(log.interruptions, SizeIs(1));
  EXPECT_EQ(log.interruptions[0].replies, 1U);
  ASSERT_THAT(log.transcript, SizeIs(1));
  EXPECT_EQ(log.transcript[0].text, "yes");
}

TEST(Hearing, WhatABrowserCannotPlayIsAFaultOnce) {
  const auto pages = ogg::a_recording(0.4);
  auto broken = ogg::to_bytes(pages[4]);
  broken.back() ^= std::byte{1};
  const struct {
    Json event;
    const char* fault;
  } cases[] = {
      {{{"type", "response.audio.delta"}, {"delta", "?"}}, "not base64"},
      {{{"type", "response.audio.delta"}}, "whole pages"},
      {{{"type", "response.audio.delta"}, {"delta", 7}}, "whole pages"},
      {delta(ogg::bytes_of("RIFF")), "whole pages"},
      {delta(ogg::to_bytes(pages[5])), "page 5 comes where 4"},
      {delta(broken), "no intact page"},
  };
  for (const auto& each : cases) {
    Ear ear;
    for (int i = 0; i < 4; ++i)
      ear.hearing.take(delta(ogg::to_bytes(pages[static_cast<std::size_t>(i)])), instant(i));
    EXPECT_THAT(ear.log->faults, IsEmpty());
    ear.hearing.take(each.event, instant(5));
    // What is no intact page may be noticed only by what follows.
    ear.hearing.take(delta(ogg::to_bytes(pages[5])), instant(5));
    EXPECT_THAT(ear.log->faults, ElementsAre(HasSubstr(each.fault))) << each.event;
    ear.hearing.take(each.event, instant(6));
    EXPECT_THAT(ear.log->faults, SizeIs(1));
    Ear tolerant(false);
    tolerant.hearing.take(each.event, instant(5));
    EXPECT_THAT(tolerant.log->faults, IsEmpty());
  }
}

TEST(Hearing, OtherEventsAreNotItsBusiness) {
  Ear ear;
  for (const Json& event :
       {Json{{"type", 7}}, Json::object(), Json{{"type", "error"}}, Json::array(), Json()}) {
    ear.hearing.take(event, instant(0));
  }
  EXPECT_THAT(ear.log->faults, IsEmpty());
  EXPECT_THAT(ear.log->replies, IsEmpty());
}

TEST(Hearing, SoundWithoutAReplyIsHeard) {
  Ear ear;
  ear.hearing.take(delta(ogg::to_bytes(ogg::a_recording(0.4))), instant(0));
  ASSERT_THAT(ear.log->replies, SizeIs(1));
  EXPECT_THAT(ear.log->replies[0].pieces, SizeIs(1));
}

}  // namespace
}  // namespace unmuted::probe
