// Sessions of clients of OpenAI's Realtime API that speak and listen.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/realtime_fixture.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::first_of;
using test::Room;
using test::steps_of;
using test::text_of;
using testing::ElementsAre;
using testing::IsEmpty;
namespace fake = test::fake;

class RealtimeVoiceTest : public test::RealtimeFixture {
 protected:
  fake::FakeEar& ear(std::size_t number = 0) { return hearing->stream(number); }

  void turns(const json& detection) { update({{"audio", {{"input", {{"turn_detection", detection}}}}}}); }
  void utterance() { sound(Room().quiet(600).voice(800).quiet(700)); }
  void says(std::initializer_list<const char*> words) {
    for (const char* word : words) ear().word(word, 1);
    ear().heard();
  }
  /// The seconds of sound among these, as pcm16.
  static double seconds_in(const std::vector<json>& events) {
    std::size_t bytes = 0;
    for (const json& event : events) {
      if (event["type"] == "response.output_audio.delta")
        bytes += base64_decode(event["delta"].get<std::string>())->size();
    }
    return static_cast<double>(bytes) / 2 / audio::sample_rate;
  }
  void long_reply() {
    std::string text;
    for (int i = 0; i < 80; ++i) text += "word" + std::to_string(i) + ' ';
    model->reply({fake::text(text), fake::finish()});
  }
  /// Until so many seconds of the reply were sent: all that was told.
  std::vector<json> until_sounded(double length) {
    std::vector<json> seen;
    while (seconds_in(seen) < length && !HasFailure()) seen.push_back(next());
    return seen;
  }
};

TEST_F(RealtimeVoiceTest, ATurnThatIsSpokenGoesInTheOrderThatClientsDependOn) {
  listen();
  speak_aloud();
  begin();
  utterance();
  model->reply({fake::text("Good morning."), fake::finish()});
  run_until([&] { return hearing->streams() > 0; });
  says({"hello", "there"});
  const auto events = until("response.done");
  EXPECT_THAT(steps_of(events),
              ElementsAre("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
                          "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done",
                          "conversation.item.input_audio_transcription.delta",
                          "conversation.item.input_audio_transcription.completed", "response.created",
                          "response.output_item.added", "conversation.item.added",
                          "response.content_part.added", "response.output_audio.done",
                          "response.output_audio_transcript.done", "response.content_part.done",
                          "response.output_item.done", "conversation.item.done", "response.done"));
  EXPECT_EQ(events[0]["item_id"], events[2]["item_id"]);
  EXPECT_TRUE(events[3]["item"]["content"][0]["transcript"].is_null());
  EXPECT_NEAR(seconds_in(events), 0.2, 0.001);
  EXPECT_EQ(text_of(retrieve(events[0]["item_id"])), "hello there");
  EXPECT_EQ(asked(0).back(), "user: hello there");
}

TEST_F(RealtimeVoiceTest, ABargeInCutsTheItemToWhatWasHeard) {
  listen(true);
  speak_aloud();
  begin();
  write("Tell me something.");
  long_reply();
  respond();
  const auto before = until_sounded(1);
  const std::string item = first_of(before, "response.output_item.added")["item"]["id"];
  sound(Room().quiet(100).voice(300));
  run_until([&] { return hearing->streams() > 0; });
  ear().word("stop", 0.1);
  const auto events = until("conversation.item.truncated");
  EXPECT_EQ(events.back()["item_id"], item);
  const json done = first_of(events, "response.done")["response"];
  EXPECT_EQ(done["status_details"], json({{"type", "cancelled"}, {"reason", "turn_detected"}}));
  EXPECT_EQ(done["output"][0]["status"], "incomplete");
  EXPECT_EQ(test::types_of(events)[test::types_of(events).size() - 1], "conversation.item.truncated");
  EXPECT_NEAR(events.back()["audio_end_ms"].get<double>() / 1000, seconds_in(before) + seconds_in(events),
              0.001);
  const std::string heard = text_of(retrieve(item));
  EXPECT_THAT(heard, testing::StartsWith("word0 word1"));
  EXPECT_EQ(heard, text_of(done["output"][0]));
}

TEST_F(RealtimeVoiceTest, AClientCutsAnItemToWhatItPlayed) {
  speak_aloud(2'400);  // 100 ms a word
  begin();
  write("Hi");
  model->reply({fake::text("one two three four five"), fake::finish()});
  respond();
  const std::string item = response()["output"][0]["id"];
  const auto cut = [&](int ms) {
    send({{"type", "conversation.item.truncate"},
          {"item_id", item},
          {"content_index", 0},
          {"audio_end_ms", ms}});
    return until("conversation.item.truncated").back()["audio_end_ms"].get<int>();
  };
  EXPECT_EQ(cut(1'000'000), 500);  // there is no more
  EXPECT_EQ(text_of(retrieve(item)), "one two three four five");
  EXPECT_EQ(cut(250), 250);
  const json now = retrieve(item);
  EXPECT_EQ(text_of(now), "one two three");
  EXPECT_EQ(now["status"], "incomplete");
  write("And?");
  respond();
  response();
  EXPECT_THAT(asked(1), testing::Contains("assistant: one two three"));
}

TEST_F(RealtimeVoiceTest, OnlyWhatWasSaidAloudCanBeCut) {
  begin();
  const std::string item = write("Hi")["id"];
  for (const std::string& id : {item, std::string("nobody")}) {
    send(
        {{"type", "conversation.item.truncate"}, {"item_id", id}, {"content_index", 0}, {"audio_end_ms", 1}});
    EXPECT_EQ(error()["code"], "item_not_found");
  }
}

// ---- Turns by the client ------------------------------------------------------------------------------

TEST_F(RealtimeVoiceTest, WhereTurnsAreTheClientsItCommitsAndAsks) {
  for (const bool hears_everything : {false, true}) {
    listen(hears_everything);
    begin();
    turns(nullptr);
    sound(Room().quiet(200).voice(600).quiet(900));
    send({{"type", "input_audio_buffer.commit"}});
    respond();  // without waiting for the words
    EXPECT_THAT(
        test::types_of(until("conversation.item.done")),
        ElementsAre("input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"));
    run_until([&] { return !ear().ends.empty(); });
    EXPECT_NEAR(static_cast<double>(ear().sound.size()) / audio::sample_rate, 1.7, 0.05);
    says({"good", "day"});
    const auto events = until("response.done");
    EXPECT_THAT(steps_of(events), testing::Contains("response.created"));
    EXPECT_EQ(test::types_of(events).at(1), "conversation.item.input_audio_transcription.completed");
    EXPECT_EQ(asked(model->requests().size() - 1).back(), "user: good day");
    close();
    told.clear();
    rules = {};
  }
}

TEST_F(RealtimeVoiceTest, ACommitOfNothingIsRefused) {
  listen();
  begin();
  turns(nullptr);
  sound(Room().quiet(50));
  send({{"type", "input_audio_buffer.commit"}, {"event_id", "commit"}});
  const json refused = error();
  EXPECT_EQ(refused["code"], "input_audio_buffer_commit_empty");
  EXPECT_EQ(refused["event_id"], "commit");
}

TEST_F(RealtimeVoiceTest, WhatIsClearedIsNotHeard) {
  listen();
  begin();
  turns(nullptr);
  sound(Room().voice(600));
  send({{"type", "input_audio_buffer.clear"}});
  until("input_audio_buffer.cleared");
  send({{"type", "input_audio_buffer.commit"}});
  EXPECT_EQ(error()["code"], "input_audio_buffer_commit_empty");
  sound(Room().voice(400));
  send({{"type", "input_audio_buffer.commit"}});
  until("conversation.item.done");
  EXPECT_TRUE(ear(0).aborted);
  EXPECT_NEAR(static_cast<double>(ear(1).sound.size()) / audio::sample_rate, 0.4, 0.05);
}

TEST_F(RealtimeVoiceTest, WhatCouldNotBeHeardIsToldOfItsItem) {
  listen();
  begin();
  turns(nullptr);
  sound(Room().voice(600));
  send({{"type", "input_audio_buffer.commit"}});
  until("conversation.item.done");
  ear().fail("service_unavailable", "It is gone");
  const auto events = until("conversation.item.input_audio_transcription.failed");
  EXPECT_EQ(events.back()["error"]["code"], "service_unavailable");
  expect_nothing_more();
}

TEST_F(RealtimeVoiceTest, WithoutRecognitionACommitSaysSo) {
  begin();
  send({{"type", "input_audio_buffer.commit"}});
  EXPECT_EQ(error()["code"], "service_unavailable");
}

// ---- The client's rules -------------------------------------------------------------------------------

TEST_F(RealtimeVoiceTest, NoReplyFollowsByItselfWhereTheClientWantsNone) {
  listen();
  begin();
  turns({{"type", "server_vad"}, {"create_response", false}});
  utterance();
  run_until([&] { return hearing->streams() > 0; });
  says({"hello"});
  until("conversation.item.input_audio_transcription.completed");
  expect_nothing_more();
  respond();
  response();
  EXPECT_EQ(asked(0).back(), "user: hello");
}

TEST_F(RealtimeVoiceTest, VoiceDoesNotInterruptWhereTheClientWantsItSo) {
  listen(true);
  speak_aloud(1'200);
  begin();
  turns({{"type", "server_vad"}, {"interrupt_response", false}});
  write("Hi");
  model->reply({fake::text("one two three four five six seven eight nine ten"), fake::finish()});
  respond();
  until("response.output_audio.delta");
  sound(Room().quiet(50).voice(200));
  run_until([&] { return hearing->streams() > 0; });
  ear().word("wait", 0.1);
  EXPECT_EQ(response()["status"], "completed");
}

TEST_F(RealtimeVoiceTest, SilenceIsLeftAloneUnlessTheClientSetsItsLimit) {
  listen();
  begin();
  write("Hi");
  sound(Room().quiet(8'000));
  expect_nothing_more();
}

TEST_F(RealtimeVoiceTest, ASilenceThatTheClientLimitsIsAnswered) {
  listen();
  begin();
  turns({{"type", "server_vad"}, {"idle_timeout_ms", 5'000}});
  write("Hi");
  sound(Room().quiet(5'100));
  const auto events = until("response.created");
  EXPECT_EQ(test::types_of(events).front(), "input_audio_buffer.timeout_triggered");
}

TEST_F(RealtimeVoiceTest, ASessionOfTranscriptionOnlyListens) {
  options.transcribes = true;
  listen();
  begin();
  utterance();
  run_until([&] { return hearing->streams() > 0; });
  says({"hello"});
  until("conversation.item.input_audio_transcription.completed");
  expect_nothing_more();
  respond();
  EXPECT_EQ(error()["event_id"], "respond");
}

TEST_F(RealtimeVoiceTest, TheLanguageIsTheClients) {
  listen();
  begin();
  update({{"audio", {{"input", {{"transcription", {{"model", "m"}, {"language", "fr"}}}}}}}});
  utterance();
  run_until([&] { return hearing->streams() > 0; });
  EXPECT_EQ(ear().choice.language, "fr");
}

TEST_F(RealtimeVoiceTest, WhatAClientSendsInOneGoIsDoneInItsOrder) {
  listen();
  cast.write("ann.lua", test::character("Ann"));
  open();
  send({{"type", "session.update"}, {"session", {{"audio", {{"input", {{"turn_detection", nullptr}}}}}}}});
  sound(Room().voice(400));
  send({{"type", "input_audio_buffer.commit"}});
  sound(Room().voice(600));
  send({{"type", "input_audio_buffer.commit"}});
  until("input_audio_buffer.committed");
  until("input_audio_buffer.committed");
  run_until([&] { return ear().ends.size() == 2; });
  EXPECT_NEAR(static_cast<double>(ear().ends[0]) / audio::sample_rate, 0.4, 0.01);
  EXPECT_NEAR(static_cast<double>(ear().ends[1]) / audio::sample_rate, 1.0, 0.01);
}

TEST_F(RealtimeVoiceTest, SoundComesAsG711AsWell) {
  listen();
  begin();
  update({{"audio", {{"input", {{"format", {{"type", "audio/pcmu"}}}, {"turn_detection", nullptr}}}}}});
  sound(Room().voice(600), audio::SoundForm::mu_law);
  send({{"type", "input_audio_buffer.commit"}});
  until("conversation.item.done");
  EXPECT_NEAR(static_cast<double>(ear().sound.size()) / audio::sample_rate, 0.6, 0.05);
}

}  // namespace
}  // namespace unmuted
