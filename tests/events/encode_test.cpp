#include "events/encode.hpp"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"
#include "events/parse.hpp"

namespace unmuted::events {
namespace {

using nlohmann::json;

/// What a client reads, without the event_id, which must be there and well-formed.
json sent(const ServerEvent& event, std::string_view request_id = {}) {
  json tree = json::parse(encode(event, request_id));
  EXPECT_THAT(tree.at("event_id").get<std::string>(), testing::MatchesRegex("event_[0-9A-Za-z]+"));
  EXPECT_EQ(tree.at("event_id").get<std::string>().size(), 27U);
  tree.erase("event_id");
  return tree;
}

const CharacterSummary full{.name = "Quiz show",
                            .good = true,
                            .comment = "fun",
                            .language = "en",
                            .voice = "voices/host.wav",
                            .tags = {"game", "fr"}};
const CharacterSummary bare{
    .name = "B", .good = {}, .comment = {}, .language = "fr", .voice = "b.wav", .tags = {}};
const json full_json = json::parse(
    R"({"name":"Quiz show","good":true,"comment":"fun","language":"en","voice":"voices/host.wav","tags":["game","fr"]})");
const json bare_json =
    json::parse(R"({"name":"B","good":null,"comment":null,"language":"fr","voice":"b.wav","tags":[]})");

TEST(Encode, EveryEventHasAnIdOfItsOwn) {
  const json a = json::parse(encode(ResponseAudioDone{}));
  const json b = json::parse(encode(ResponseAudioDone{}));
  EXPECT_NE(a.at("event_id"), b.at("event_id"));
}

TEST(Encode, AnswersCarryTheRequestId) {
  EXPECT_EQ(sent(ResponseAudioDone{}, "mine \"1\""),
            json::parse(R"({"type":"response.audio.done","request_id":"mine \"1\""})"));
  EXPECT_FALSE(sent(ResponseAudioDone{}).contains("request_id"));
}

TEST(Encode, Error) {
  EXPECT_EQ(sent(Error{.type = ErrorType::server_error,
                       .code = "directory_not_found",
                       .message = "Character directory not found: /a",
                       .param = "directory",
                       .details = json::array({1}),
                       .event_id = "mine"}),
            json::parse(R"({"type":"error","error":{"type":"server_error","code":"directory_not_found",
              "message":"Character directory not found: /a","param":"directory","details":[1],"event_id":"mine"}})"));
}

TEST(Encode, ErrorWithoutOptionalFields) {
  EXPECT_EQ(
      sent(Error{.type = ErrorType::warning,
                 .code = "c",
                 .message = "m",
                 .param = {},
                 .details = {},
                 .event_id = {}}),
      json::parse(R"({"type":"error","error":{"type":"warning","code":"c","message":"m","param":null}})"));
}

TEST(Encode, ErrorNamesTheRequestOnceMore) {
  const json tree = sent(
      Error{
          .type = ErrorType::fatal, .code = "c", .message = "m", .param = {}, .details = {}, .event_id = {}},
      "mine");
  EXPECT_EQ(tree.at("request_id"), "mine");
  EXPECT_EQ(tree.at("error").at("event_id"), "mine");
  EXPECT_EQ(tree.at("error").at("type"), "fatal");
}

TEST(Encode, SessionUpdated) {
  EXPECT_EQ(sent(SessionUpdated{.id = "abc", .voice = "v", .character = "C", .allow_recording = true}),
            json::parse(R"({"type":"session.updated",
              "session":{"id":"abc","voice":"v","character":"C","allow_recording":true}})"));
  EXPECT_EQ(sent(SessionUpdated{.id = "abc", .voice = {}, .character = {}, .allow_recording = false}),
            json::parse(R"({"type":"session.updated",
              "session":{"id":"abc","voice":null,"character":null,"allow_recording":false}})"));
}

TEST(Encode, SessionCharactersReloaded) {
  const SessionCharactersReloaded event{
      .directory = "/srv/cast",
      .characters = {full, bare},
      .errors = {{.file = "bad.lua", .line = 3, .code = "syntax-error", .message = "unexpected symbol"}},
      .warnings = {{.file = "b.lua", .line = 0, .code = "unknown-field", .message = "\"nane\""}}};
  EXPECT_EQ(sent(event, "r"),
            (json{{"type", "session.characters.reloaded"},
                  {"request_id", "r"},
                  {"directory", "/srv/cast"},
                  {"loaded_count", 2},
                  {"error_count", 1},
                  {"total_files", 3},
                  {"characters", {full_json, bare_json}},
                  {"errors", json::parse(R"([{"file":"bad.lua","line":3,"code":"syntax-error",
                                                                "message":"unexpected symbol"}])")},
                  {"warnings", json::parse(R"([{"file":"b.lua","line":0,"code":"unknown-field",
                                                                  "message":"\"nane\""}])")}}));
}

TEST(Encode, SessionCharactersReloadedWithoutTrouble) {
  const json tree =
      sent(SessionCharactersReloaded{.directory = "/d", .characters = {bare}, .errors = {}, .warnings = {}});
  EXPECT_EQ(tree.at("errors"), json::array());
  EXPECT_EQ(tree.at("warnings"), json::array());
}

TEST(Encode, ErrorsAreAllSentWarningsUpToALimit) {
  const std::vector<FileProblem> many(250,
                                      FileProblem{.file = "a.lua", .line = 1, .code = "c", .message = "m"});
  const json tree =
      sent(SessionCharactersReloaded{.directory = "/d", .characters = {}, .errors = many, .warnings = many});
  EXPECT_EQ(tree.at("errors").size(), 250U);
  EXPECT_EQ(tree.at("error_count"), 250);
  EXPECT_EQ(tree.at("warnings").size(), max_warnings);
}

TEST(Encode, MessagesOfProblemsAreCut) {
  std::string message;
  for (int i = 0; i < 200; ++i) message += "界";
  const FileProblem problem{.file = "a.lua", .line = 1, .code = "c", .message = message};
  const json tree = sent(SessionCharactersReloaded{
      .directory = "/d", .characters = {}, .errors = {problem}, .warnings = {problem}});
  for (const char* list : {"errors", "warnings"}) {
    const auto text = tree.at(list).at(0).at("message").get<std::string>();
    EXPECT_LE(text.size(), max_problem_message);
    EXPECT_GT(text.size(), max_problem_message - 6);
    EXPECT_TRUE(text.ends_with("..."));
  }
  EXPECT_LE(details_of({problem}).at(0).at("message").get<std::string>().size(), max_problem_message);
}

TEST(Encode, MessagesOfProblemsThatAreNotUtf8AreCutToo) {
  const FileProblem problem{
      .file = "a.lua", .line = 1, .code = "not-utf8", .message = std::string(1000, '\x80')};
  const json tree = sent(
      SessionCharactersReloaded{.directory = "/d", .characters = {}, .errors = {problem}, .warnings = {}});
  const auto text = tree.at("errors").at(0).at("message").get<std::string>();
  EXPECT_LE(text.size(), max_problem_message);
  EXPECT_TRUE(text.starts_with("\uFFFD"));
}

TEST(Encode, DetailsAreTheErrorsOfAReload) {
  const std::vector<FileProblem> problems{
      {.file = "a.lua", .line = 2, .code = "missing-field", .message = "no name"},
      {.file = "b.lua", .line = 0, .code = "unreadable", .message = "denied"}};
  const json reloaded = sent(
      SessionCharactersReloaded{.directory = "/d", .characters = {}, .errors = problems, .warnings = {}});
  EXPECT_EQ(details_of(problems), reloaded.at("errors"));
  EXPECT_EQ(details_of({}), json::array());
}

TEST(Encode, SessionCharactersListed) {
  EXPECT_EQ(sent(SessionCharactersListed{.directory = "/d", .characters = {full}, .active = "Quiz show"}),
            (json{{"type", "session.characters.listed"},
                  {"directory", "/d"},
                  {"character_count", 1},
                  {"characters", json::array({full_json})},
                  {"active", "Quiz show"}}));
  EXPECT_EQ(sent(SessionCharactersListed{.directory = "/d", .characters = {}, .active = {}}),
            json::parse(R"({"type":"session.characters.listed","directory":"/d","character_count":0,
              "characters":[],"active":null})"));
}

TEST(Encode, ResponseCreated) {
  EXPECT_EQ(sent(ResponseCreated{.voice = "v", .chat_history = {{.role = "user", .content = "Hi"}}}),
            json::parse(R"({"type":"response.created","response":{"object":"realtime.response",
              "status":"in_progress","voice":"v","chat_history":[{"role":"user","content":"Hi"}]}})"));
}

TEST(Encode, TextOfAReply) {
  EXPECT_EQ(sent(ResponseTextDeltaReady{.delta = " word"}),
            json::parse(R"({"type":"unmute.response.text.delta.ready","delta":" word"})"));
  EXPECT_EQ(sent(ResponseTextDelta{.delta = "word"}),
            json::parse(R"({"type":"response.text.delta","delta":"word"})"));
  EXPECT_EQ(sent(ResponseTextDone{.text = "a word"}),
            json::parse(R"({"type":"response.text.done","text":"a word"})"));
}

TEST(Encode, AudioOfAReply) {
  EXPECT_EQ(sent(ResponseAudioDelta{.delta = "T2dnUw=="}),
            json::parse(R"({"type":"response.audio.delta","delta":"T2dnUw=="})"));
  EXPECT_EQ(sent(ResponseAudioDeltaReady{.number_of_samples = 1920}),
            json::parse(R"({"type":"unmute.response.audio.delta.ready","number_of_samples":1920})"));
  EXPECT_EQ(sent(ResponseAudioDone{}), json::parse(R"({"type":"response.audio.done"})"));
}

TEST(Encode, WhatWasHeard) {
  EXPECT_EQ(sent(TranscriptionDelta{.delta = "hello", .start_time = 1.25}),
            json::parse(R"({"type":"conversation.item.input_audio_transcription.delta","delta":"hello",
              "start_time":1.25})"));
  EXPECT_EQ(sent(SpeechStarted{}), json::parse(R"({"type":"input_audio_buffer.speech_started"})"));
  EXPECT_EQ(sent(SpeechStopped{}), json::parse(R"({"type":"input_audio_buffer.speech_stopped"})"));
  EXPECT_EQ(sent(InterruptedByVad{}), json::parse(R"({"type":"unmute.interrupted_by_vad"})"));
}

TEST(Encode, NumbersComeBackAsTheyWere) {
  for (const double number : {0.0, -0.5, 0.1, 1e-9, 123456789.123, 1.7976931348623157e308, 5e-324}) {
    EXPECT_EQ(sent(TranscriptionDelta{.delta = "", .start_time = number}).at("start_time").get<double>(),
              number);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(sent(TranscriptionDelta{.delta = "", .start_time = infinity}).at("start_time").is_null());
}

TEST(Encode, ToolCalled) {
  EXPECT_EQ(sent(ToolCalled{.name = "record_answer", .arguments = {{"correct", true}}, .result = "Score: 1"}),
            json::parse(R"({"type":"unmute.tool_called","name":"record_answer","arguments":{"correct":true},
              "result":"Score: 1"})"));
}

TEST(Encode, ConversationOutputs) {
  EXPECT_EQ(sent(ConversationOutputs{.chat_history = {{.role = "assistant", .content = "Hi"}}}),
            json::parse(R"({"type":"unmute.additional_outputs",
              "args":{"chat_history":[{"role":"assistant","content":"Hi"}],"debug_dict":{}}})"));
}

TEST(Encode, EveryCharacterSurvives) {
  std::string text;
  for (int i = 0; i < 128; ++i) text += static_cast<char>(i);
  text += "\u0080\u07ff\u2028\u2029\ufeff\uffff\U0001F600\U0010FFFF";
  EXPECT_EQ(sent(ResponseTextDone{.text = text}).at("text").get<std::string>(), text);
}

TEST(Encode, ControlCharactersAreEscaped) {
  const std::string frame = encode(ResponseTextDone{.text = std::string("a\0b\n\x1f\"\\", 7)});
  EXPECT_THAT(frame, testing::HasSubstr(R"("text":"a\u0000b\n\u001f\"\\")"));
}

TEST(Encode, AnyBytesGiveValidJson) {
  const std::string bytes = "a\xff\xc3(\xed\xa0\x80\"z";
  const std::string frame = encode(ToolCalled{.name = bytes, .arguments = bytes, .result = bytes}, bytes);
  EXPECT_TRUE(is_utf8(frame));
  const json tree = json::parse(frame);
  for (const char* key : {"name", "arguments", "result", "request_id"}) {
    const auto text = tree.at(key).get<std::string>();
    EXPECT_TRUE(text.starts_with("a\uFFFD")) << key;
    EXPECT_TRUE(text.ends_with("\"z")) << key;
  }
}

TEST(Encode, ARefusalReadsBack) {
  auto message =
      parse(R"({"type":"session.update","event_id":"é\n","session":{"voice":3,"allow_recording":1}})");
  ASSERT_FALSE(message);
  const std::string id = message.error().event_id;
  const json tree = sent(to_error(std::move(message.error())), id);
  EXPECT_EQ(tree, json::parse(R"({"type":"error","request_id":"é\n","error":{"type":"invalid_request_error",
    "code":"invalid_event","param":"session.voice","event_id":"é\n",
    "message":"session.voice: expected a string, got 3; session.allow_recording: expected true or false, got 1",
    "details":[{"path":"session.voice","message":"expected a string, got 3"},
               {"path":"session.allow_recording","message":"expected true or false, got 1"}]}})"));
}

}  // namespace
}  // namespace unmuted::events
