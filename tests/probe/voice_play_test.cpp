// Sessions that speak and listen, against a server that does as a test says.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/runner.hpp"
#include "probe/scenario.hpp"
#include "talking_server.hpp"

namespace unmuted::probe {
namespace {

using test::TalkingServer;
using test::TalkingVoice;
using testing::HasSubstr;
using testing::IsEmpty;
using Events = std::vector<nlohmann::json>;

std::string run_against(const TalkingServer& server, const std::string& session, const std::string& steps) {
  const auto scenario =
      parse_scenario("name: n\nsessions: {a: {" + session + "}}\nsteps:\n  - a: open\n" + steps, "s.yaml");
  if (!scenario) throw std::runtime_error(scenario.error().where + ": " + scenario.error().message);
  RunOptions options;
  options.url = server.url();
  const RunResult result = run_scenario(*scenario, options);
  return result.failure ? result.failure->message : "";
}

TEST(VoicePlay, WhatIsSaidIsHeardInTheShapeOfBrowsers) {
  TalkingServer server([](const TalkingServer&) { return Events{}; });
  EXPECT_EQ(run_against(server, "",
                        "  - a: {say: one two three}\n  - a: {say: {text: four, then_silence: 80ms}}\n"),
            "");
  server.join();
  ASSERT_GT(server.pages.size(), 20U);
  for (std::size_t i = 0; i < server.pages.size(); ++i) {
    EXPECT_EQ(server.pages[i].number, i) << "one stream";
    EXPECT_EQ(server.pages[i].packets.size(), i < 2 ? 1U : 2U);
  }
  EXPECT_EQ(server.messages, server.pages.size());
  EXPECT_THAT(server.heard.problems, IsEmpty());
  EXPECT_GT(audio::test::level(server.heard.samples), -35);
}

TEST(VoicePlay, AnOpenMicrophoneSendsSilenceInRealTime) {
  // It answers the 25th page, which is recorded after a second.
  TalkingServer server([](const TalkingServer& so_far) {
    return so_far.pages.size() == 27 ? Events{{{"type", "enough"}}} : Events{};
  });
  const auto began = Clock::now();
  EXPECT_EQ(run_against(server, "microphone: on", "  - a: {expect: {type: enough}, within: 60s}\n"), "");
  EXPECT_GE(Clock::now() - began, std::chrono::seconds(1));
  server.join();
  EXPECT_THAT(server.heard.problems, IsEmpty());
  EXPECT_LT(audio::test::level(server.heard.samples), -60);
}

TEST(VoicePlay, AVoiceInterruptsAndIsMeasured) {
  // Speaks until it hears something, then some more; at the end of that it answers.
  TalkingVoice voice;
  bool interrupted = false;
  bool answered = false;
  TalkingServer server([&](const TalkingServer& so_far) -> Events {
    const auto& sound = so_far.heard.samples;
    const auto last = std::span(sound).last(std::min<std::size_t>(sound.size(), 960));
    const bool voiced = audio::test::level(last) > -50;
    if (so_far.pages.size() < 3) return {};
    if (!interrupted && so_far.pages.size() == 3)
      return {{{"type", "response.created"}}, voice.next(), voice.next()};
    if (!interrupted && !voiced) return {voice.next()};
    if (!interrupted) {
      interrupted = true;
      return {{{"type", "input_audio_buffer.speech_started"}},
              voice.next(),
              {{"type", "conversation.item.input_audio_transcription.delta"}, {"delta", "Stop,"}},
              {{"type", "unmute.interrupted_by_vad"}},
              {{"type", "response.audio.done"}}};
    }
    if (!answered && !voiced) {
      answered = true;
      return {{{"type", "conversation.item.input_audio_transcription.delta"}, {"delta", "now"}},
              {{"type", "response.created"}},
              {{"type", "response.text.delta"}, {"delta", "Yes"}},
              voice.next(),
              {{"type", "response.audio.done"}}};
    }
    return {};
  });
  EXPECT_EQ(run_against(server, "microphone: on", R"(
  - a: {send_after: {event: {type: response.audio.delta}, delay: 100ms, say: {text: "stop now", voice: "flite:rms"}}, label: said}
  - a: {expect_all: [{type: unmute.interrupted_by_vad}, {type: response.text.delta}], within: 60s}
  - assert: [heard(a).replies == 2, likeness(a) == 1, "likeness(a, 'stop') == 0"]
    within: 20s
  - assert: [after_interruption(a).count == 1, after_interruption(a).max == 80ms]
  - assert: [transcript_delay(a).count == 1, word_delay(a).count == 1, audio_delay(a).count == 1]
  - assert: [heard(a).seconds > 300ms, heard(a).level > -20dB, heard(a).level < -10dB]
)"),
            "");
  server.join();
}

}  // namespace
}  // namespace unmuted::probe
