// Whole sequences of what a client of OpenAI's Realtime API is told, held to its rules.
#include "events/realtime/dialect.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base64.hpp"
#include "support/realtime_rules.hpp"

namespace unmuted::events {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using test::RealtimeRules;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TurnId turn{1};

class RealtimeDialectTest : public testing::Test {
 protected:
  ~RealtimeDialectTest() override { EXPECT_THAT(rules.finish(), IsEmpty()); }

  /// What is said of it, each event held to the rules.
  std::vector<json> told(const Notice& notice, std::string_view answers = {}) {
    std::vector<std::string> frames;
    dialect->write(notice, answers, frames);
    std::vector<json> events;
    for (const std::string& frame : frames) {
      events.push_back(json::parse(frame));
      EXPECT_THAT(rules.check(events.back()), IsEmpty()) << frame;
    }
    return events;
  }
  std::vector<std::string> types(const Notice& notice) {
    std::vector<std::string> all;
    for (const json& event : told(notice)) all.push_back(event["type"]);
    return all;
  }

  void begin() { told(SessionBegan{"abc"}); }
  void begin_reply(bool written = false) {
    ReplyStarted reply{turn, "v", {}, "item_a"};
    reply.options.written = written;
    reply.noted = {{"client_event_id", "x"}};
    const json response = told(reply).at(0)["response"];
    EXPECT_EQ(response["metadata"], json({{"client_event_id", "x"}}));
    EXPECT_EQ(response["status"], "in_progress");
  }
  void say(const std::string& word, bool first = false) {
    told(WordReady{turn, word, {first, ""}});
    told(WordSpoken{turn, word});
  }
  json end(Ending how, std::string reason = "stop") {
    ReplyEnded reply{turn, "", how, {}, {}, std::move(reason)};
    reply.tokens = {10, 2, 5};
    for (const json& event : told(reply)) {
      if (event["type"] == "response.done") return event["response"];
    }
    ADD_FAILURE() << "no response.done";
    return {};
  }
  json read(const json& event) {
    const auto request = dialect->read(event.dump());
    EXPECT_TRUE(request) << request.error().message;
    return {};
  }

  std::shared_ptr<Dialect> dialect = realtime_dialect({.model = "gpt-realtime"});
  RealtimeRules rules;
};

TEST_F(RealtimeDialectTest, TheSessionIsTheFirstThatIsTold) {
  const auto opening = dialect->opening();
  ASSERT_TRUE(opening);
  EXPECT_EQ(std::get<Configure>(*opening).name, "gpt-realtime");
  EXPECT_FALSE(std::get<Configure>(*opening).asked);
  const json session = told(SessionBegan{"abc"}).at(0)["session"];
  EXPECT_EQ(session["id"], "sess_abc");
  EXPECT_EQ(session["model"], "gpt-realtime");
  EXPECT_EQ(session["audio"]["input"]["turn_detection"]["interrupt_response"], true);
  EXPECT_EQ(session["audio"]["input"]["format"], json({{"type", "audio/pcm"}, {"rate", 24000}}));
}

TEST_F(RealtimeDialectTest, AnUpdateIsAnsweredWithTheWholeSession) {
  begin();
  Configured now{"abc", "v", "Anna", false};
  now.settings.turns.by = TurnRules::By::meaning;
  now.settings.reply.instructions = "Be brief.";
  const json session = told(now).at(0)["session"];
  EXPECT_EQ(session["instructions"], "Be brief.");
  EXPECT_EQ(session["audio"]["output"]["voice"], "Anna");
  EXPECT_EQ(session["audio"]["input"]["turn_detection"]["type"], "semantic_vad");
  now.asked = false;
  EXPECT_THAT(told(now), IsEmpty());
}

TEST_F(RealtimeDialectTest, ASpokenReply) {
  begin();
  begin_reply();
  EXPECT_THAT(
      types(WordReady{turn, "Good", {true, ""}}),
      ElementsAre("response.output_item.added", "conversation.item.added", "response.content_part.added"));
  EXPECT_THAT(types(WordSpoken{turn, "Good"}), ElementsAre("response.output_audio_transcript.delta"));
  const auto sound = told(AudioSpoken{turn, audio::Samples(audio::frame_samples, 0.5F)});
  ASSERT_EQ(sound.size(), 1U);
  EXPECT_EQ(base64_decode(sound[0]["delta"].get<std::string>())->size(), audio::frame_samples * 2);
  EXPECT_THAT(types(WordReady{turn, " day.", {}}), IsEmpty());
  EXPECT_EQ(told(WordSpoken{turn, "day."}).at(0)["delta"], " day.");
  ReplyEnded ended{turn, "Good day.", Ending::finished, {}, {10, 2, 5}, "stop"};
  EXPECT_THAT(types(ended), ElementsAre("response.output_audio.done", "response.output_audio_transcript.done",
                                        "response.content_part.done", "response.output_item.done",
                                        "conversation.item.done", "response.done"));
  EXPECT_THAT(rules.order(), ElementsAre("item_a"));
}

TEST_F(RealtimeDialectTest, ItsEndHasStatusUsageAndOutput) {
  begin();
  begin_reply();
  say("Hello", true);
  const json response = end(Ending::finished);
  EXPECT_EQ(response["status"], "completed");
  EXPECT_TRUE(response["status_details"].is_null());
  EXPECT_EQ(response["usage"]["total_tokens"], 15);
  EXPECT_EQ(response["usage"]["input_token_details"]["cached_tokens"], 2);
  EXPECT_EQ(response["output"][0]["content"][0], json({{"type", "output_audio"}, {"transcript", "Hello"}}));
}

TEST_F(RealtimeDialectTest, AWrittenReply) {
  begin();
  begin_reply(true);
  told(TextWritten{turn, "{\"a\":", {true, ""}});
  told(TextWritten{turn, " 1}", {}});
  const json response = end(Ending::finished);
  EXPECT_EQ(response["output"][0]["content"][0], json({{"type", "output_text"}, {"text", "{\"a\": 1}"}}));
  EXPECT_EQ(response["output_modalities"], json{"text"});
}

TEST_F(RealtimeDialectTest, HowItEndsIsItsStatus) {
  struct Row {
    Ending how;
    const char* reason;
    const char* status;
    const char* details;
  };
  begin();
  for (const Row& row : {Row{Ending::finished, "stop", "completed", ""},
                         Row{Ending::finished, "length", "incomplete", "max_output_tokens"},
                         Row{Ending::finished, "content_filter", "incomplete", "content_filter"},
                         Row{Ending::interrupted, "", "cancelled", "client_cancelled"},
                         Row{Ending::interrupted_by_voice, "", "cancelled", "turn_detected"},
                         Row{Ending::failed, "", "failed", ""}}) {
    begin_reply();
    const json response = end(row.how, row.reason);
    EXPECT_EQ(response["status"], row.status);
    EXPECT_EQ(response["status_details"].is_null() ? "" : response["status_details"].value("reason", ""),
              row.details);
  }
}

TEST_F(RealtimeDialectTest, WhatItFailsWithIsToldAtItsEndAlone) {
  begin();
  begin_reply();
  Failure failure{Failure::Kind::warning, "service_unavailable", "The model is gone"};
  failure.turn = turn;
  EXPECT_THAT(told(failure), IsEmpty());
  const json response = end(Ending::failed);
  EXPECT_EQ(response["status_details"]["error"]["code"], "service_unavailable");
}

TEST_F(RealtimeDialectTest, ABargeInSaysHowMuchWasSent) {
  begin();
  told(UserSpeechStarted{"item_0", milliseconds(0)});
  told(UserWord{"Hi", 0});
  told(UserSpeechStopped{"item_0", "", milliseconds(900)});
  ReplyStarted reply{turn, "v", {}, "item_a"};
  told(reply);
  told(WordReady{turn, "Well", {true, "item_0"}});
  told(AudioSpoken{turn, audio::Samples(12'000)});
  told(UserSpeechStarted{"item_b", milliseconds(5'000)});
  const auto events = told(ReplyEnded{turn, "", Ending::interrupted_by_voice, {}});
  EXPECT_EQ(events.back()["type"], "conversation.item.truncated");
  EXPECT_EQ(events.back()["audio_end_ms"], 500);
  told(UserSpeechStopped{"", "", milliseconds(6'000)});
}

TEST_F(RealtimeDialectTest, ACallOfTheClientsFollowsWhatWasSaid) {
  begin();
  begin_reply();
  say("Wait", true);
  const Item call{.id = "item_c",
                  .kind = Item::Kind::call,
                  .role = Item::Role::assistant,
                  .call_id = "call_1",
                  .name = "roll",
                  .arguments = "{\"n\":6}"};
  EXPECT_THAT(types(CallHandedOut{turn, call, "item_a"}),
              ElementsAre("response.output_audio.done", "response.output_audio_transcript.done",
                          "response.content_part.done", "response.output_item.done", "conversation.item.done",
                          "response.output_item.added", "conversation.item.added",
                          "response.function_call_arguments.delta", "response.function_call_arguments.done",
                          "response.output_item.done", "conversation.item.done"));
  EXPECT_EQ(end(Ending::finished)["output"][1]["call_id"], "call_1");
}

TEST_F(RealtimeDialectTest, AReplyBesideTheConversationAddsNothingToIt) {
  begin();
  ReplyStarted reply{turn, "v", {}, "item_a"};
  reply.aside = true;
  EXPECT_TRUE(told(reply).at(0)["response"]["conversation_id"].is_null());
  say("Hello", true);
  end(Ending::finished);
  EXPECT_THAT(rules.order(), IsEmpty());
}

TEST_F(RealtimeDialectTest, AUserWhoSpoke) {
  begin();
  EXPECT_THAT(types(UserSpeechStarted{"item_u", milliseconds(100)}),
              ElementsAre("input_audio_buffer.speech_started"));
  told(UserWord{"Hello", 0.1});
  told(UserWord{"there", 0.4});
  const auto events = told(UserSpeechStopped{"item_u", "", milliseconds(1'100)});
  std::vector<std::string> all;
  for (const json& event : events) all.push_back(event["type"]);
  EXPECT_THAT(all, ElementsAre("input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
                               "conversation.item.added", "conversation.item.done",
                               "conversation.item.input_audio_transcription.delta",
                               "conversation.item.input_audio_transcription.completed"));
  EXPECT_TRUE(events[2]["item"]["content"][0]["transcript"].is_null());
  EXPECT_EQ(events.back()["transcript"], "Hello there");
  EXPECT_EQ(events.back()["usage"]["seconds"], 1.0);
}

TEST_F(RealtimeDialectTest, ACoughIsNoItem) {
  begin();
  told(UserSpeechStarted{"item_u", {}});
  EXPECT_THAT(types(UserSpeechStopped{}), ElementsAre("input_audio_buffer.speech_stopped"));
}

TEST_F(RealtimeDialectTest, TurnsOfTheClients) {
  begin();
  EXPECT_THAT(
      types(UserTurnEnded{"item_u", ""}),
      ElementsAre("input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"));
  EXPECT_THAT(types(UserTurnHeard{"item_u", "Hi"}),
              ElementsAre("conversation.item.input_audio_transcription.delta",
                          "conversation.item.input_audio_transcription.completed"));
  told(UserTurnEnded{"item_v", "item_u"});
  EXPECT_THAT(types(UserTurnHeard{"item_v", "", Failure{Failure::Kind::warning, "service_unavailable", "x"}}),
              ElementsAre("conversation.item.input_audio_transcription.failed"));
  EXPECT_THAT(types(UserSoundDropped{}), ElementsAre("input_audio_buffer.cleared"));
  EXPECT_THAT(types(UserSilent{"item_s", "item_v", milliseconds(0), milliseconds(5)}),
              ElementsAre("input_audio_buffer.timeout_triggered", "input_audio_buffer.committed",
                          "conversation.item.added", "conversation.item.done"));
}

TEST_F(RealtimeDialectTest, ItemsAreToldOf) {
  begin();
  EXPECT_THAT(types(ItemAdded{{.id = "a", .text = "Hi"}, ""}),
              ElementsAre("conversation.item.added", "conversation.item.done"));
  told(ItemAdded{{.id = "b", .role = Item::Role::assistant, .text = "Yes", .spoken = true}, "a"});
  told(ItemAdded{{.id = "c", .kind = Item::Kind::result, .text = "4", .call_id = "x"}, "a"});
  EXPECT_THAT(rules.order(), ElementsAre("a", "c", "b"));
  EXPECT_EQ(told(ItemFound{{.id = "a", .text = "Hi", .spoken = true}}).at(0)["item"]["content"][0],
            json({{"type", "input_audio"}, {"transcript", "Hi"}}));
  EXPECT_EQ(told(ItemCut{"b", milliseconds(70)}).at(0)["audio_end_ms"], 70);
  told(ItemRemoved{"a"});
  EXPECT_THAT(rules.order(), ElementsAre("c", "b"));
}

TEST_F(RealtimeDialectTest, ErrorsHaveTheClientsEventAndTheWordsItKnows) {
  begin();
  const auto error = [&](const char* code) {
    return told(Failure{Failure::Kind::invalid_request, code, "m"}, "mine").at(0)["error"];
  };
  EXPECT_EQ(error("response_not_active")["code"], "response_cancel_not_active");
  EXPECT_EQ(error("response_already_active")["code"], "conversation_already_has_active_response");
  EXPECT_EQ(error("no_sound_to_commit")["code"], "input_audio_buffer_commit_empty");
  EXPECT_EQ(error("item_not_found")["event_id"], "mine");
  EXPECT_EQ(error("item_not_found")["type"], "invalid_request_error");
  EXPECT_THAT(told(Failure{Failure::Kind::warning, "input_too_fast", ""}), IsEmpty());
  EXPECT_EQ(told(Failure{Failure::Kind::warning, "audio_too_fast", ""}).size(), 1U);
}

TEST_F(RealtimeDialectTest, SoundIsInTheFormThatTheSessionHas) {
  begin();
  for (const char* type : {"audio/pcmu", "audio/pcma"}) {
    Configured now{"abc", "v", {}, false};
    now.settings.noted["audio.output.format"] = {{"type", type}};
    EXPECT_EQ(told(now).at(0)["session"]["audio"]["output"]["format"]["type"], type);
    ReplyStarted reply{turn, "v", {}, std::string("item_") + type};
    told(reply);
    told(WordReady{turn, "Hello", {true, rules.order().empty() ? "" : rules.order().back()}});
    std::size_t bytes = 0;
    const auto count = [&](const std::vector<json>& events) {
      for (const json& event : events) {
        if (event["type"] == "response.output_audio.delta")
          bytes += base64_decode(event["delta"].get<std::string>())->size();
      }
    };
    for (int i = 0; i < 10; ++i) count(told(AudioSpoken{turn, audio::Samples(audio::frame_samples, 0.1F)}));
    count(told(ReplyEnded{turn, "", Ending::finished, {}}));
    EXPECT_NEAR(static_cast<double>(bytes), 10.0 * audio::frame_samples / 3, 2);
  }
}

TEST_F(RealtimeDialectTest, WhatComesBehindAnUpdateIsReadInItsForm) {
  read(json::parse(
      R"({"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/pcmu"}}}}})"));
  const auto append = dialect->read(R"({"type":"input_audio_buffer.append","audio":"AAAA"})");
  ASSERT_TRUE(append);
  EXPECT_EQ(std::get<AppendAudio>(append->request).form, audio::SoundForm::mu_law);
}

TEST_F(RealtimeDialectTest, NothingForeignIsTold) {
  begin();
  begin_reply();
  EXPECT_THAT(told(ToolCalled{turn, "roll", "{}", "4"}), IsEmpty());
  EXPECT_THAT(told(AudioReady{turn, 4}), IsEmpty());
  EXPECT_THAT(told(UserSoundComes{}), IsEmpty());
  end(Ending::finished);
}

// ---- The first event decides

TEST(DialectOfFirstEvent, IsUnmutesUnlessItSaysOtherwise) {
  const auto dialect = dialect_of_first_event();
  std::vector<std::string> frames;
  dialect->write(SessionBegan{"abc"}, {}, frames);
  EXPECT_THAT(frames, IsEmpty());
  ASSERT_TRUE(dialect->read(R"({"type":"session.update","session":{"voice":"Anna"}})"));
  dialect->write(Configured{"abc", "v", "Anna", false}, {}, frames);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(json::parse(frames[0])["session"]["character"], "Anna");
  // Too late.
  const auto update = dialect->read(R"({"type":"session.update","session":{"type":"realtime"}})");
  ASSERT_TRUE(update);
  EXPECT_FALSE(std::get<Configure>(update->request).stand_in);
}

TEST(DialectOfFirstEvent, TellsTheSessionFirstWhereItIsTheOther) {
  const auto dialect = dialect_of_first_event();
  std::vector<std::string> frames;
  dialect->write(SessionBegan{"abc"}, {}, frames);
  ASSERT_TRUE(dialect->read(R"({"type":"session.update","session":{"type":"realtime"}})"));
  dialect->write(Configured{"abc", "v", "Anna", false}, {}, frames);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(json::parse(frames[0])["type"], "session.created");
  EXPECT_EQ(json::parse(frames[1])["type"], "session.updated");
}

// ---- A session object by itself

TEST(RealtimeSession, IsToldInFull) {
  const auto session = realtime_session({{"type", "realtime"}, {"instructions", "x"}});
  ASSERT_TRUE(session);
  EXPECT_EQ((*session)["instructions"], "x");
  EXPECT_EQ(realtime_session({{"instructions", 4}}).error().param, "session.instructions");
  EXPECT_FALSE(realtime_session(3));
}

}  // namespace
}  // namespace unmuted::events
