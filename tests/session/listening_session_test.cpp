#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/ogg_opus_streams.hpp"
#include "audio/ogg_opus_writer.hpp"
#include "core/base64.hpp"
#include "session/dialogue_fixture.hpp"
#include "session/listener.hpp"
#include "support/fake_hearing.hpp"
#include "support/fake_speech.hpp"
#include "support/room.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::character;
using test::count_of;
using test::first_of;
using test::Room;
using test::types_of;
using test::fake::FakeEar;
using test::fake::FakeHearing;
using test::fake::FakeSpeech;
using testing::ElementsAre;
using testing::HasSubstr;

/// A user who speaks, heard by a service that says what the test makes it say.
class ListeningSessionTest : public test::DialogueFixture {
 protected:
  void listen(bool hears_everything) {
    auto made = std::make_unique<FakeHearing>(hears_everything);
    hearing = made.get();
    host.use(std::unique_ptr<SpeechToText>(std::move(made)));
  }
  void speak_aloud(std::size_t samples_a_word = 2'400) {
    auto made = std::make_unique<FakeSpeech>();
    made->speaks(samples_a_word);
    host.use(std::unique_ptr<TextToSpeech>(std::move(made)));
  }

  /// A session with Ann, who has said what she says first.
  void open_with_ann() {
    cast.write("ann.lua", character("Ann", "greeting = 'Hello.'"));
    open();
    begin_with("Ann");
    told.clear();
  }
  /// A session in which Ann begins to speak for long, with the begin of her sound long ago.
  void open_with_long_speech() {
    std::string greeting = "Well,";
    for (int i = 0; i < 80; ++i) greeting += " word" + std::to_string(i);
    cast.write("ann.lua", character("Ann", "greeting = '" + greeting + ".'"));
    speak_aloud();
    open();
    select("Ann");
    wait_for_sound(3.3);
  }

  // ---- What the user does.

  void sound(const Room& room) {
    const audio::Samples& all = room.samples();
    for (std::size_t at = 0; at < all.size(); at += 960) {
      const std::span<const float> piece(&all[at], std::min<std::size_t>(960, all.size() - at));
      send_pages(writer.write(piece));
    }
  }
  void send_pages(const std::vector<std::byte>& pages) {
    send({{"type", "input_audio_buffer.append"}, {"audio", base64_encode(pages)}});
  }
  void utterance() { sound(Room().quiet(600).voice(800).quiet(700)); }

  // ---- What is heard of the reply.

  [[nodiscard]] double seconds_sent() const {
    double samples = 0;
    for (const json& event : told) {
      if (event["type"] == "unmute.response.audio.delta.ready")
        samples += event["number_of_samples"].get<int>();
    }
    return samples / audio::sample_rate;
  }
  void wait_for_sound(double length) {
    run_until([&] { return seconds_sent() >= length; });
  }
  void wait_for(const std::string& type) {
    run_until([&] { return count_of(told, type) > 0; });
  }
  /// Of what was told, without sound and words of the reply, and what only developers see.
  std::vector<std::string> turns() {
    std::vector<std::string> types;
    for (const std::string& type : types_of(told)) {
      if (type.find("delta") == std::string::npos || type.find("transcription") != std::string::npos) {
        types.push_back(type);
      }
    }
    std::erase(types, "unmute.additional_outputs");
    return types;
  }

  FakeEar& ear(std::size_t number = 0) { return hearing->stream(number); }

  FakeHearing* hearing = nullptr;  ///< the host's
  audio::OggOpusWriter writer{7};
};

TEST_F(ListeningSessionTest, AnUtteranceIsRecognisedAndAnswered) {
  listen(false);
  open_with_ann();
  utterance();
  ASSERT_EQ(hearing->streams(), 1U);
  EXPECT_EQ(ear().choice.language, "en");
  ASSERT_EQ(ear().ends.size(), 1U);
  // From some 500 ms before it was noticed to the silence after it.
  EXPECT_NEAR(static_cast<double>(ear().sound.size()) / audio::sample_rate, 0.45 + 0.8 + 0.5, 0.15);
  wait_for("input_audio_buffer.speech_started");
  ear().word("good", 0.5);
  ear().word("morning", 0.9);
  ear().heard();
  wait_for("response.created");
  EXPECT_THAT(turns(), ElementsAre("input_audio_buffer.speech_started",
                                   "conversation.item.input_audio_transcription.delta",
                                   "conversation.item.input_audio_transcription.delta",
                                   "input_audio_buffer.speech_stopped", "response.created"));
  const json word = first_of(told, "conversation.item.input_audio_transcription.delta");
  EXPECT_EQ(word["delta"], "good");
  EXPECT_NEAR(word["start_time"].get<double>(), 0.65, 0.12);  // in all sound that was received
  EXPECT_EQ(test::lines_of(first_of(told, "response.created")["response"]["chat_history"]).back(),
            "user: good morning");
}

TEST_F(ListeningSessionTest, AServiceThatHearsEverythingIsGivenEverything) {
  listen(true);
  open_with_ann();
  utterance();
  ASSERT_EQ(hearing->streams(), 1U);
  EXPECT_NEAR(static_cast<double>(ear().sound.size()) / audio::sample_rate, 2.1, 0.1);
  ear().word("hello", 1);
  ear().pause(0.3);
  ear().pause(0.8);
  run_until([&] { return !ear().ends.empty(); });
  EXPECT_EQ(count_of(told, "response.created"), 0U);
  ear().heard();
  wait_for("response.created");
  EXPECT_NEAR(first_of(told, "conversation.item.input_audio_transcription.delta")["start_time"].get<double>(),
              1, 0.01);
}

TEST_F(ListeningSessionTest, SoundBeforeACharacterIsSelectedIsNoReasonToListen) {
  listen(true);
  cast.write("ann.lua", character("Ann", "greeting = 'Hello.'"));
  open();
  utterance();
  EXPECT_EQ(hearing->streams(), 0U);
  begin_with("Ann");
  utterance();  // the stream whose head came before
  EXPECT_EQ(hearing->streams(), 1U);
  EXPECT_GT(ear().sound.size(), 48'000U);
}

TEST_F(ListeningSessionTest, WhereNobodyListensSoundIsAccepted) {
  open_with_ann();
  utterance();
  send({{"type", "session.characters.list"}});
  wait_for("session.characters.listed");
  EXPECT_EQ(count_of(told, "error"), 0U);
}

TEST_F(ListeningSessionTest, ASilenceOfSevenSecondsOfSoundMakesTheCharacterReact) {
  listen(false);
  open_with_ann();
  sound(Room().quiet(6'900));
  EXPECT_EQ(count_of(told, "response.created"), 0U);
  sound(Room().quiet(200));
  wait_for("response.created");
  EXPECT_EQ(test::lines_of(first_of(told, "response.created")["response"]["chat_history"]).back(),
            "user: ...");
}

// ---- Over a reply -------------------------------------------------------------------------------------

TEST_F(ListeningSessionTest, ACoughHoldsTheReplyAndNothingOfItIsLost) {
  listen(true);
  open_with_long_speech();
  sound(Room().voice(200));
  const double sent = seconds_sent();
  const TimePoint held = Clock::now();
  run_until([&] { return Clock::now() > held + std::chrono::milliseconds(600); });
  EXPECT_EQ(seconds_sent(), sent);  // not even what was due already
  EXPECT_EQ(host.metrics.barge_in_hold.Collect().histogram.sample_count, 1U);
  wait_for("response.text.done");
  EXPECT_EQ(host.metrics.turn_server_delay.Collect().histogram.sample_count, 1U);
  EXPECT_NEAR(seconds_sent(), 8.1, 0.001);
  EXPECT_EQ(count_of(told, "response.text.delta"), 81U);
  EXPECT_EQ(count_of(told, "unmute.interrupted_by_vad"), 0U);
  EXPECT_EQ(count_of(told, "input_audio_buffer.speech_started"), 0U);
}

TEST_F(ListeningSessionTest, AWordEndsTheReplyThatIsHeld) {
  listen(true);
  open_with_long_speech();
  sound(Room().voice(200));
  const double sent = seconds_sent();
  ear().word("stop");
  wait_for("response.audio.done");
  EXPECT_EQ(seconds_sent(), sent);
  EXPECT_EQ(count_of(told, "unmute.interrupted_by_vad"), 1U);
  const std::string spoken = first_of(told, "response.text.done")["text"];
  EXPECT_THAT(spoken, HasSubstr("word20"));
  EXPECT_THAT(spoken, testing::Not(HasSubstr("word60")));
  wait_for("conversation.item.input_audio_transcription.delta");
  ear().pause(0.9);
  run_until([&] { return !ear().ends.empty(); });
  ear().heard();
  run_until([&] { return count_of(told, "response.created") == 2; });
}

TEST_F(ListeningSessionTest, OfUtterancesTheReplyWaitsForTheWords) {
  listen(false);
  open_with_long_speech();
  sound(Room().voice(600).quiet(600));
  ASSERT_EQ(ear().ends.size(), 1U);
  const double sent = seconds_sent();
  ear().word("okay");
  ear().heard();
  wait_for_sound(sent + 0.3);
  sound(Room().voice(600).quiet(600));
  ear().word("wait");
  ear().heard();
  run_until([&] { return count_of(told, "response.created") == 2; });
  EXPECT_EQ(count_of(told, "unmute.interrupted_by_vad"), 1U);
  // Who has just said "okay" goes on with it.
  EXPECT_EQ(count_of(told, "conversation.item.input_audio_transcription.delta"), 2U);
}

TEST_F(ListeningSessionTest, AReloadEndsAReplyThatIsHeld) {
  listen(true);
  open_with_long_speech();
  sound(Room().voice(200));
  reload();
  wait_for("session.characters.reloaded");
  EXPECT_EQ(count_of(told, "response.audio.done"), 1U);
  EXPECT_TRUE(ear().aborted);
  told.clear();
  select("Ann");
  wait_for_sound(0.5);  // the next one is not held
}

// ---- Faults -------------------------------------------------------------------------------------------

TEST_F(ListeningSessionTest, WhatIsNoSoundIsAnErrorAndTheSessionLives) {
  listen(false);
  open_with_ann();
  const std::string wav = "RIFF\x24\x08WAVEfmt " + std::string(2'000, 'x');
  const auto bytes = std::as_bytes(std::span(wav));
  send_pages({bytes.begin(), bytes.end()});
  send_pages({bytes.begin(), bytes.end()});
  wait_for("error");
  EXPECT_EQ(first_of(told, "error")["error"]["type"], "invalid_request_error");
  EXPECT_EQ(first_of(told, "error")["error"]["code"], "invalid_audio");
  utterance();
  wait_for("input_audio_buffer.speech_started");
  EXPECT_EQ(count_of(told, "error"), 1U);  // told once
  EXPECT_EQ(ear().ends.size(), 1U);
}

TEST_F(ListeningSessionTest, AServiceThatFailsIsToldOfAndTriedAgain) {
  for (const bool everything : {true, false}) {
    SCOPED_TRACE(everything);
    close();
    told.clear();
    listen(everything);
    writer = audio::OggOpusWriter(8);
    open_with_ann();
    sound(Room().quiet(600).voice(800));
    ear().fail("service_unavailable", "The ear fell off");
    wait_for("error");
    EXPECT_EQ(first_of(told, "error")["error"]["type"], "warning");
    EXPECT_EQ(first_of(told, "error")["error"]["code"], "service_unavailable");
    wait_for("input_audio_buffer.speech_stopped");
    sound(Room().quiet(700));
    EXPECT_EQ(hearing->streams(), 1U);  // nobody speaks
    sound(Room().voice(800).quiet(600));
    ASSERT_EQ(hearing->streams(), 2U);
    EXPECT_GT(ear(1).sound.size(), 24'000U);
    ear(1).word("hello");
    if (everything) ear(1).pause(0.9);
    ear(1).heard();
    if (everything) {
      run_until([&] { return !ear(1).ends.empty(); });
      ear(1).heard();
    }
    wait_for("response.created");
  }
}

TEST_F(ListeningSessionTest, SoundThatComesMuchTooFastIsDroppedWithAWarning) {
  listen(true);
  open_with_ann();
  sound(Room().quiet(30'000));
  wait_for("error");
  EXPECT_EQ(count_of(told, "error"), 1U);
  EXPECT_EQ(first_of(told, "error")["error"]["code"], "audio_too_fast");
  EXPECT_NEAR(static_cast<double>(ear().sound.size()) / audio::sample_rate, 10, 1);
}

TEST_F(ListeningSessionTest, WhatIsDecodedWithoutBeingHeardCountsAsSound) {
  listen(true);
  open_with_ann();
  const std::vector<std::string> packets(68, audio::test::opus_packets(audio::Samples(480)).front());
  const auto skipped = audio::test::to_bytes(audio::test::recorded(packets, {.pre_skip = 65'535}));
  for (int i = 0; i < 9; ++i) send_pages(skipped);  // 1.36 s each
  wait_for("error");
  EXPECT_EQ(first_of(told, "error")["error"]["code"], "audio_too_fast");
}

TEST_F(ListeningSessionTest, StreamsThatOnlyBeginAreSoundThatComesTooFast) {
  listen(true);
  open_with_ann();
  const audio::test::Page vorbis{audio::test::Page::begin, 0, 1, 0, {"\1vorbis"}};
  const auto begins = audio::test::to_bytes(std::vector(1'000, vorbis));
  send_pages(begins);
  wait_for("error");
  sound(Room().quiet(100));
  run_until([&] { return told.back()["error"]["code"] == "audio_too_fast"; });
  EXPECT_NEAR(static_cast<double>(count_of(told, "error")), 500, 50);  // 20 ms each, ten seconds in all
}

TEST_F(ListeningSessionTest, AClientThatStopsSendingIsSilent) {
  listen(false);
  open_with_ann();
  sound(Room().quiet(300).voice(500));
  run_until([&] { return !ear().ends.empty(); });
  ear().word("hello");
  ear().heard();
  wait_for("response.created");
}

TEST_F(ListeningSessionTest, TheEndOfASessionLetsGoOfTheService) {
  listen(true);
  open_with_ann();
  sound(Room().voice(300));
  ASSERT_EQ(hearing->streams(), 1U);
  EXPECT_FALSE(ear().aborted);
  session->end();
  EXPECT_TRUE(ear().aborted);
}

TEST_F(ListeningSessionTest, SoundAfterTheEndIsNobodys) {
  listen(true);
  open_with_ann();
  session->end();
  utterance();
  EXPECT_EQ(hearing->streams(), 0U);
}

}  // namespace
}  // namespace unmuted
