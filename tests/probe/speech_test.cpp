// What sessions say: read from scenarios, made of texts and files.
#include "probe/speech.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audio/ogg_opus_streams.hpp"
#include "audio/wav.hpp"
#include "probe/run_until_done.hpp"
#include "probe/runner.hpp"
#include "probe/scenario.hpp"
#include "probe/sound_files.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::probe {
namespace {

using testing::HasSubstr;

std::string one_step(const std::string& step) {
  return "name: n\nsessions: {a: {}}\nsteps: [{a: open}, " + step + "]\n";
}

Action action_of(const std::string& step) {
  const auto scenario = parse_scenario(one_step("{a: {" + step + "}}"), "s.yaml");
  if (!scenario) throw std::runtime_error(scenario.error().message);
  return std::get<SessionStep>(scenario->steps.at(1).what).action;
}

TEST(SpeechSteps, AreRead) {
  const auto said = std::get<Speak>(action_of("say: \"Hello there\""));
  EXPECT_EQ(std::get<SpokenText>(said.what).text, "Hello there");
  EXPECT_EQ(std::get<SpokenText>(said.what).voice, default_voice);
  EXPECT_EQ(said.then_silence, Milliseconds(0));
  const auto more =
      std::get<Speak>(action_of("say: {text: Bonjour, voice: \"espeak:fr\", then_silence: 600ms}"));
  EXPECT_EQ(std::get<SpokenText>(more.what).voice, "espeak:fr");
  EXPECT_EQ(more.then_silence, Milliseconds(600));
  EXPECT_EQ(
      std::get<SpokenText>(std::get<Speak>(action_of("say: {text: \"${t}\", voice: \"${v}\"}")).what).voice,
      "${v}");
  const auto file = std::get<Speak>(action_of("audio: {file: x.wav, then_silence: 1s}"));
  EXPECT_EQ(std::get<AudioFile>(file.what).path, "x.wav");
  EXPECT_EQ(file.then_silence, Milliseconds(1'000));
  EXPECT_EQ(std::get<AudioFile>(std::get<Speak>(action_of("audio: x.wav")).what).path, "x.wav");
  const auto after =
      std::get<SendAfter>(action_of("send_after: {event: {type: x}, delay: 300ms, say: stop}"));
  EXPECT_EQ(after.delay, Milliseconds(300));
  EXPECT_EQ(std::get<SpokenText>(std::get<Speak>(after.then).what).text, "stop");
  const auto sent = std::get<SendAfter>(action_of("send_after: {event: {type: x}, send: {type: y}}"));
  EXPECT_EQ(std::get<Send>(sent.then).event.at("type"), "y");
  EXPECT_EQ(std::get<ExpectAll>(action_of("expect_all: [{type: x}, {type: y}]")).events.size(), 2U);
}

TEST(SpeechSteps, SessionsAndServersHaveTheirSettings) {
  const auto scenario = parse_scenario(
      "name: n\nsessions: {a: {microphone: on, decoder_rules: off}, b: {}}\nserver: {tts: embedded, stt: "
      "\"off\", "
      "audio_lead: 80ms}\nsteps: [{a: open}]\n",
      "s.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_TRUE(scenario->sessions.at("a").microphone);
  EXPECT_FALSE(scenario->sessions.at("a").decoder_rules);
  EXPECT_FALSE(scenario->sessions.at("b").microphone);
  EXPECT_TRUE(scenario->sessions.at("b").decoder_rules);
  EXPECT_EQ(scenario->server->tts, "embedded");
  EXPECT_EQ(scenario->server->stt, "off");
  EXPECT_EQ(scenario->server->audio_lead, Milliseconds(80));
}

TEST(SpeechSteps, ATimeMayCountFromAnotherStep) {
  const auto scenario = parse_scenario(
      one_step("{a: {say: x, label: said}}, {a: {expect: {type: y}, within: {of: said, at_most: 900ms}}}"),
      "s.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->steps[1].label, "said");
  const Step& step = scenario->steps[2];
  ASSERT_TRUE(step.limit);
  EXPECT_EQ(step.limit->of, "said");
  EXPECT_EQ(step.limit->at_most, Milliseconds(900));
  EXPECT_EQ(step.patience(), Milliseconds(10'000));
}

TEST(SpeechSteps, MistakesHaveTheirPlace) {
  const struct {
    std::string step;
    const char* place;
    const char* message;
  } cases[] = {
      {"{a: {say: \"\"}}", "3:30", "nothing to say"},
      {"{a: {say: \"" + std::string(4'097, 'x') + "\"}}", "3:30", "longer than 4 KiB"},
      {"{a: {say: {voice: \"flite:slt\"}}}", "3:30", "needs the key 'text'"},
      {"{a: {say: {text: x, voice: bob}}}", "3:47", "names no embedded voice"},
      {"{a: {say: {text: x, then_silence: soon}}}", "3:54", "a time"},
      {"{a: {say: {text: x, silence: 1s}}}", "3:40", "no key 'silence'"},
      {"{a: {say: [x]}}", "3:30", "'say'"},
      {"{a: {audio: {}}}", "3:32", "needs the key 'file'"},
      {"{a: {audio: x.wav, capture: {n: m}}}", "3:39", "'capture'"},
      {"{a: {send_after: {event: {type: x}}}}", "3:37", "one of send, say, audio"},
      {"{a: {send_after: {event: {}, say: x, audio: y}}}", "3:37", "one of send, say, audio"},
      {"{a: {send_after: {say: x}}}", "3:37", "needs the key 'event'"},
      {"{a: {expect_all: []}}", "3:37", "a list of patterns"},
      {"{a: {expect_all: {type: x}}}", "3:37", "a list of patterns"},
      {"{a: {send: {type: x}, within: {of: y, at_most: 1s}}}", "3:50", "a time"},
      {"{a: {expect: {}, within: {of: y}}}", "3:45", "needs the key 'at_most'"},
      {"{assert: [\"heard(b).seconds > 1\"]}", "3:30", "no session 'b'"},
      {"{assert: [\"difference(a, b) < 0\"]}", "3:30", "no session 'b'"},
      {"{assert: [\"heard(a).loudness > 1\"]}", "3:30", "one of seconds, level, pitch, replies"},
      {"{assert: [\"gaps(a) > 1\"]}", "3:30", ".p99"},
  };
  for (const auto& each : cases) {
    const auto scenario = parse_scenario(one_step(each.step), "s.yaml");
    ASSERT_FALSE(scenario) << each.step;
    EXPECT_EQ(scenario.error().where, "s.yaml:" + std::string(each.place)) << each.message;
    EXPECT_THAT(scenario.error().message, HasSubstr(each.message));
  }
  const auto scenario =
      parse_scenario("name: n\nsessions: {a: {microphone: yes}}\nsteps: [{a: open}]\n", "s.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().where, "s.yaml:2:28");
}

TEST(SpeechSteps, WhatOnlySaysChecksNothing) {
  const auto read = [](const std::string& steps) {
    return parse_scenario("name: n\nsessions: {a: {}}\nsteps: [" + steps + "]\n", "s.yaml").has_value();
  };
  EXPECT_FALSE(read("{a: {say: x}}, {a: {audio: x.wav}}"));
  EXPECT_TRUE(read("{a: {expect_all: [{}]}}"));
  EXPECT_TRUE(read("{a: {send_after: {event: {}, say: x}}}"));
}

TEST(Speech, SpeaksATextOnceInEachVoice) {
  net::asio::io_context io{1};
  Speech speech(io.get_executor());
  const auto sound_of = [&](const char* text, const char* voice) {
    return run_until_done(io, speech.sound_of(text, voice));
  };
  const auto hello = sound_of("Hello there, how are you?", "flite:slt");
  ASSERT_TRUE(hello) << hello.error().message;
  const double seconds = static_cast<double>((*hello)->size()) / audio::sample_rate;
  EXPECT_GT(seconds, 0.8);
  EXPECT_LT(seconds, 4);
  EXPECT_GT(audio::test::level(**hello), -40);
  EXPECT_EQ(*sound_of("Hello there, how are you?", "flite:slt"), *hello) << "the same sound";
  EXPECT_NE(**sound_of("Hello there, how are you?", "flite:rms"), **hello);
  const auto wrong = sound_of("x", "nobody");
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().environment);
  EXPECT_THAT(wrong.error().message, HasSubstr("'nobody' names no embedded voice"));
  EXPECT_FALSE(sound_of("   ", "flite:slt"));
}

TEST(SoundFiles, AreReadAtAnyRate) {
  const test::TemporaryFolder folder;
  for (const int rate : {8'000, 24'000, 48'000}) {
    const auto tone = audio::test::tone(static_cast<std::size_t>(rate), 440, 0.3, rate);
    const auto bytes = audio::write_wav(tone, rate);
    const std::string path = folder.path("tone.wav");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const auto read = read_sound(path);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_NEAR(static_cast<double>(read->size()), audio::sample_rate, 2);
    EXPECT_NEAR(audio::test::level(*read), audio::test::level(tone), 0.3);
  }
}

TEST(SoundFiles, ThatCannotBeUsedAreSaidSo) {
  const test::TemporaryFolder folder;
  const auto fault_of = [](const std::string& path) {
    const auto read = read_sound(path);
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(fault_of("/nowhere/x.wav"), HasSubstr("/nowhere/x.wav cannot be read: No such file"));
  EXPECT_THAT(fault_of(folder.path()), HasSubstr("no regular file"));
  EXPECT_THAT(fault_of("/dev/zero"), HasSubstr("no regular file"));
  std::ofstream(folder.path("x.wav")) << "OggS";
  EXPECT_THAT(fault_of(folder.path("x.wav")), HasSubstr("x.wav is no WAV file"));
  std::filesystem::resize_file(folder.path("x.wav"), (64U << 20U) + 1);
  EXPECT_THAT(fault_of(folder.path("x.wav")), HasSubstr("larger than 64 MiB"));
  ASSERT_TRUE(write_sound(folder.path("long.wav"), audio::Samples(10)));
  EXPECT_FALSE(write_sound("/nowhere/x.wav", audio::Samples(10)));
  const auto slow = audio::write_wav(audio::Samples(4'000 * 601), 4'000);
  std::ofstream(folder.path("x.wav"), std::ios::binary)
      .write(reinterpret_cast<const char*>(slow.data()), static_cast<std::streamsize>(slow.size()));
  EXPECT_THAT(fault_of(folder.path("x.wav")), HasSubstr("longer than ten minutes"));
}

RunResult run_voice(const std::string& rest, const std::string& audio_directory = "") {
  const auto scenario =
      parse_scenario("name: n\nserver: {characters: \"" UNMUTED_SOURCE_DIR
                     "/tests/casts/alpha\", tts: embedded}\nsessions: {a: {}, many: {count: 2, "
                     "microphone: on}}\n" +
                         rest,
                     "s.yaml");
  if (!scenario) throw std::runtime_error(scenario.error().where + ": " + scenario.error().message);
  RunOptions options;
  options.in_process = true;
  options.audio_directory = audio_directory;
  options.audio_prefix = "s";
  return run_scenario(*scenario, options);
}

std::string problem_of(const RunResult& result) {
  return result.failure ? result.failure->message : std::string();
}

TEST(SpeechRun, SoundTakesTheTimeThatItLasts) {
  const RunResult result = run_voice(
      "steps: [{a: open}, {many: open}, {parallel: [[{a: {say: {text: one, then_silence: 200ms}}}], [{many: "
      "{say: "
      "two}}]]}]\n");
  EXPECT_EQ(problem_of(result), "");
  EXPECT_GT(result.elapsed, std::chrono::milliseconds(400));
}

TEST(SpeechRun, WhatIsHeardIsSaved) {
  const test::TemporaryFolder folder;
  const RunResult result = run_voice(R"(
steps:
  - many: open
  - many: {send: {type: session.update, session: {voice: Anna}}}
  - many: {expect: {type: response.audio.done}, within: 60s, label: greeting}
  - assert: [heard(many).seconds > 0.5, heard(many).replies == 1, latency(greeting).count == 2]
)",
                                     folder.path());
  EXPECT_EQ(problem_of(result), "");
  for (const char* name : {"s.many-0.wav", "s.many-1.wav"}) {
    const auto sound = read_sound(folder.path(name));
    ASSERT_TRUE(sound) << sound.error().message;
    EXPECT_GT(sound->size(), 12'000U);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path("s.a.wav"))) << "it has heard nothing";
}

TEST(SpeechRun, SaysWhatItCannotSay) {
  const struct {
    const char* step;
    const char* problem;
    bool environment;
  } cases[] = {
      {"{a: {audio: nowhere.wav}}", "nowhere.wav cannot be read: No such file", true},
      {"{a: {audio: \"${SCENARIO_DIR}/none.wav\"}}", "none.wav cannot be read", true},
      {"{a: {say: \"${unknown}\"}}", "unknown", true},
      {"{a: {expect_all: [{type: x}, {type: y}], within: 50ms}}", "no event like {type: \"x\"} and 1 more",
       false},
      {"{a: {send_after: {event: {type: x}, say: y}, within: 50ms}}", "no event like", false},
      {"{many: {say: x}}", "'open' comes first", false},
      {"{a: vanish}, {a: {say: x}}", "connection", false},
  };
  for (const auto& each : cases) {
    const RunResult result = run_voice("steps: [{a: open}, " + std::string(each.step) + "]\n");
    EXPECT_THAT(problem_of(result), HasSubstr(each.problem)) << each.step;
    EXPECT_EQ(result.failure && result.failure->environment, each.environment) << each.step;
  }
}

TEST(SpeechRun, ATimeCountsFromAnotherStep) {
  const std::string begin = "steps: [{a: open}, {a: {send: {type: session.characters.list}}}, ";
  const std::string ask =
      "{a: {expect: {type: session.characters.listed}, label: first}}, {sleep: 30ms}, "
      "{a: {send: {type: session.characters.list}}}, ";
  const auto outcome = [&](const std::string& limit) {
    return problem_of(run_voice(
        begin + ask + "{a: {expect: {type: session.characters.listed}, within: {of: " + limit + "}}}]\n"));
  };
  EXPECT_EQ(outcome("first, at_most: 10m"), "");
  EXPECT_THAT(outcome("first, at_most: 10ms"), HasSubstr("after 'first', and should within 10 ms"));
  EXPECT_THAT(outcome("second, at_most: 10s"), HasSubstr("no step with the label 'second'"));
}

}  // namespace
}  // namespace unmuted::probe
