#include "events/unmute/write.hpp"

#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"
#include "events/unmute/dialect.hpp"
#include "events/unmute/read.hpp"

namespace unmuted::events::unmute {
namespace {

using nlohmann::json;

/// What a client reads, without the event_id, which must be there and well-formed.
json read_frame(const std::string& frame) {
  json tree = json::parse(frame);
  EXPECT_THAT(tree.at("event_id").get<std::string>(), testing::MatchesRegex("event_[0-9A-Za-z]+"));
  EXPECT_EQ(tree.at("event_id").get<std::string>().size(), 27U);
  tree.erase("event_id");
  return tree;
}

std::vector<std::string> frames_of(const Notice& notice, std::string_view answers = {}) {
  std::vector<std::string> frames;
  write(notice, answers, frames);
  return frames;
}

/// The frames of a notice, as a client reads them.
std::vector<json> all_sent(const Notice& notice, std::string_view answers = {}) {
  std::vector<json> trees;
  for (const std::string& frame : frames_of(notice, answers)) trees.push_back(read_frame(frame));
  return trees;
}

/// The only frame of a notice.
std::string frame_of(const Notice& notice, std::string_view answers = {}) {
  const std::vector<std::string> frames = frames_of(notice, answers);
  EXPECT_EQ(frames.size(), 1U);
  return frames.at(0);
}

json sent(const Notice& notice, std::string_view answers = {}) {
  return read_frame(frame_of(notice, answers));
}

constexpr TurnId turn{7};

Failure failure(Failure::Kind kind) {
  return {kind, "c", "m"};
}

/// The text of a reply that has ended.
std::string written_and_read(const std::string& text) {
  return all_sent(ReplyEnded{turn, text, Ending::finished, {}}).at(0).at("text").get<std::string>();
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
  const json a = json::parse(frame_of(UserSpeechStarted{}));
  const json b = json::parse(frame_of(UserSpeechStarted{}));
  EXPECT_NE(a.at("event_id"), b.at("event_id"));
}

TEST(Encode, AnswersCarryTheRequestId) {
  EXPECT_EQ(sent(CastListed{"/d", {}, {}}, "mine \"1\"").at("request_id"), "mine \"1\"");
  EXPECT_FALSE(sent(CastListed{"/d", {}, {}}).contains("request_id"));
}

TEST(Encode, WhatOnlyComesWithAReplyAnswersNothing) {
  EXPECT_FALSE(sent(WordSpoken{turn, "word"}, "mine").contains("request_id"));
  EXPECT_FALSE(sent(WordReady{turn, "word"}, "mine").contains("request_id"));
}

TEST(Encode, Error) {
  Failure told = failure(Failure::Kind::invalid_request);
  told.param = "session.voice";
  told.faults = {{"session.voice", "expected a string, got 3"}};
  EXPECT_EQ(sent(told, "mine"), json::parse(R"({"type":"error","request_id":"mine","error":{
    "type":"invalid_request_error","code":"c","message":"m","param":"session.voice","event_id":"mine",
    "details":[{"path":"session.voice","message":"expected a string, got 3"}]}})"));
}

TEST(Encode, ErrorWithoutOptionalFields) {
  EXPECT_EQ(
      sent(failure(Failure::Kind::warning)),
      json::parse(R"({"type":"error","error":{"type":"warning","code":"c","message":"m","param":null}})"));
}

TEST(Encode, WhatToDoNextIsSaidInEventsOfTheWire) {
  const auto message = [](std::string code) {
    const json tree = sent(Failure{Failure::Kind::invalid_request, std::move(code), "in other words"});
    return tree.at("error").at("message").get<std::string>();
  };
  EXPECT_EQ(message("no_active_character"), "Select a character with session.update first");
  EXPECT_EQ(message("response_already_active"),
            "A reply is already in progress: wait for its response.audio.done, or end it with "
            "response.cancel.");
  EXPECT_EQ(message("response_not_active"), "in other words");
}

TEST(Encode, ErrorNamesTheRequestOnceMore) {
  const json tree = sent(failure(Failure::Kind::fatal), "mine");
  EXPECT_EQ(tree.at("request_id"), "mine");
  EXPECT_EQ(tree.at("error").at("event_id"), "mine");
  EXPECT_EQ(tree.at("error").at("type"), "fatal");
}

TEST(Encode, SessionUpdated) {
  EXPECT_EQ(sent(Configured{.id = "abc", .voice = "v", .character = "C", .allow_recording = true}),
            json::parse(R"({"type":"session.updated",
              "session":{"id":"abc","voice":"v","character":"C","allow_recording":true}})"));
  EXPECT_EQ(sent(Configured{.id = "abc", .voice = {}, .character = {}, .allow_recording = false}),
            json::parse(R"({"type":"session.updated",
              "session":{"id":"abc","voice":null,"character":null,"allow_recording":false}})"));
}

TEST(Encode, SessionCharactersReloaded) {
  const CastLoaded event{
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
  const json tree = sent(CastLoaded{.directory = "/d", .characters = {bare}, .errors = {}, .warnings = {}});
  EXPECT_EQ(tree.at("errors"), json::array());
  EXPECT_EQ(tree.at("warnings"), json::array());
}

TEST(Encode, ErrorsAreAllSentWarningsUpToALimit) {
  const std::vector<FileProblem> many(250,
                                      FileProblem{.file = "a.lua", .line = 1, .code = "c", .message = "m"});
  const json tree = sent(CastLoaded{.directory = "/d", .characters = {}, .errors = many, .warnings = many});
  EXPECT_EQ(tree.at("errors").size(), 250U);
  EXPECT_EQ(tree.at("error_count"), 250);
  EXPECT_EQ(tree.at("warnings").size(), max_warnings);
}

TEST(Encode, MessagesOfProblemsAreCut) {
  std::string message;
  for (int i = 0; i < 200; ++i) message += "界";
  const FileProblem problem{.file = "a.lua", .line = 1, .code = "c", .message = message};
  const json tree =
      sent(CastLoaded{.directory = "/d", .characters = {}, .errors = {problem}, .warnings = {problem}});
  for (const char* list : {"errors", "warnings"}) {
    const auto text = tree.at(list).at(0).at("message").get<std::string>();
    EXPECT_LE(text.size(), max_problem_message);
    EXPECT_GT(text.size(), max_problem_message - 6);
    EXPECT_TRUE(text.ends_with("..."));
  }
  Failure none = failure(Failure::Kind::server_error);
  none.problems = {problem};
  const json details = sent(none).at("error").at("details");
  EXPECT_LE(details.at(0).at("message").get<std::string>().size(), max_problem_message);
}

TEST(Encode, MessagesOfProblemsThatAreNotUtf8AreCutToo) {
  const FileProblem problem{
      .file = "a.lua", .line = 1, .code = "not-utf8", .message = std::string(1000, '\x80')};
  const json tree =
      sent(CastLoaded{.directory = "/d", .characters = {}, .errors = {problem}, .warnings = {}});
  const auto text = tree.at("errors").at(0).at("message").get<std::string>();
  EXPECT_LE(text.size(), max_problem_message);
  EXPECT_TRUE(text.starts_with("\uFFFD"));
}

TEST(Encode, DetailsAreTheErrorsOfAReload) {
  const std::vector<FileProblem> problems{
      {.file = "a.lua", .line = 2, .code = "missing-field", .message = "no name"},
      {.file = "b.lua", .line = 0, .code = "unreadable", .message = "denied"}};
  const json reloaded =
      sent(CastLoaded{.directory = "/d", .characters = {}, .errors = problems, .warnings = {}});
  Failure none = failure(Failure::Kind::server_error);
  none.problems = problems;
  EXPECT_EQ(sent(none).at("error").at("details"), reloaded.at("errors"));
  none.problems.emplace();
  EXPECT_EQ(sent(none).at("error").at("details"), json::array());
}

TEST(Encode, SessionCharactersListed) {
  EXPECT_EQ(sent(CastListed{.directory = "/d", .characters = {full}, .active = "Quiz show"}),
            (json{{"type", "session.characters.listed"},
                  {"directory", "/d"},
                  {"character_count", 1},
                  {"characters", json::array({full_json})},
                  {"active", "Quiz show"}}));
  EXPECT_EQ(sent(CastListed{.directory = "/d", .characters = {}, .active = {}}),
            json::parse(R"({"type":"session.characters.listed","directory":"/d","character_count":0,
              "characters":[],"active":null})"));
}

TEST(Encode, ResponseCreated) {
  EXPECT_EQ(sent(ReplyStarted{turn, "v", {{.role = "user", .content = "Hi"}}}),
            json::parse(R"({"type":"response.created","response":{"object":"realtime.response",
              "status":"in_progress","voice":"v","chat_history":[{"role":"user","content":"Hi"}]}})"));
}

TEST(Encode, WordsOfAReply) {
  EXPECT_EQ(sent(WordReady{turn, " word"}),
            json::parse(R"({"type":"unmute.response.text.delta.ready","delta":" word"})"));
  EXPECT_EQ(sent(WordSpoken{turn, "word"}), json::parse(R"({"type":"response.text.delta","delta":"word"})"));
}

TEST(Encode, AudioOfAReply) {
  std::vector<std::string> frames;
  write_audio("T2dnUw==", frames);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(read_frame(frames[0]), json::parse(R"({"type":"response.audio.delta","delta":"T2dnUw=="})"));
  EXPECT_EQ(sent(AudioReady{turn, 1920}),
            json::parse(R"({"type":"unmute.response.audio.delta.ready","number_of_samples":1920})"));
}

TEST(Encode, TheEndOfAReply) {
  const ReplyEnded ended{turn, "a word", Ending::finished, {{.role = "assistant", .content = "a word"}}};
  EXPECT_THAT(all_sent(ended, "mine"),
              testing::ElementsAre(
                  json::parse(R"({"type":"response.text.done","request_id":"mine","text":"a word"})"),
                  json::parse(R"({"type":"response.audio.done","request_id":"mine"})"),
                  json::parse(R"({"type":"unmute.additional_outputs","args":{
                    "chat_history":[{"role":"assistant","content":"a word"}],"debug_dict":{}}})")));
}

TEST(Encode, AReplyThatWasInterruptedByVoiceSaysSoFirst) {
  for (const Ending how : {Ending::interrupted, Ending::failed}) {
    EXPECT_EQ(all_sent(ReplyEnded{turn, "", how, {}}).at(0).at("type"), "response.text.done");
  }
  const std::vector<json> frames = all_sent(ReplyEnded{turn, "", Ending::interrupted_by_voice, {}}, "mine");
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_EQ(frames[0], json::parse(R"({"type":"unmute.interrupted_by_vad"})"));
  EXPECT_EQ(frames[1].at("type"), "response.text.done");
}

TEST(Encode, WhatWasHeard) {
  EXPECT_EQ(sent(UserWord{.text = "hello", .start_time = 1.25}),
            json::parse(R"({"type":"conversation.item.input_audio_transcription.delta","delta":"hello",
              "start_time":1.25})"));
  EXPECT_EQ(sent(UserSpeechStarted{}), json::parse(R"({"type":"input_audio_buffer.speech_started"})"));
  EXPECT_EQ(sent(UserSoundComes{{{"user", "Hi."}}}), json::parse(R"({"type":"unmute.additional_outputs",
      "args":{"chat_history":[{"role":"user","content":"Hi."}],"debug_dict":{}}})"));
  EXPECT_EQ(sent(UserSpeechStopped{}), json::parse(R"({"type":"input_audio_buffer.speech_stopped"})"));
}

TEST(Encode, NumbersComeBackAsTheyWere) {
  for (const double number : {0.0, -0.5, 0.1, 1e-9, 123456789.123, 1.7976931348623157e308, 5e-324}) {
    EXPECT_EQ(sent(UserWord{.text = "", .start_time = number}).at("start_time").get<double>(), number);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(sent(UserWord{.text = "", .start_time = infinity}).at("start_time").is_null());
}

TEST(Encode, ToolCalled) {
  EXPECT_EQ(sent(ToolCalled{turn, "record_answer", R"({"correct": true})", "Score: 1"}),
            json::parse(R"({"type":"unmute.tool_called","name":"record_answer","arguments":{"correct":true},
              "result":"Score: 1"})"));
}

TEST(Encode, ArgumentsThatAreNoJsonAreAText) {
  EXPECT_EQ(sent(ToolCalled{turn, "f", R"({"correct": tru)", ""}).at("arguments"), R"({"correct": tru)");
}

TEST(Encode, ItsTypesAreThoseThatAreListed) {
  const Notice notices[] = {
      failure(Failure::Kind::fatal), Configured{}, CastLoaded{}, CastListed{}, ReplyStarted{}, WordReady{},
      WordSpoken{}, AudioReady{}, AudioSpoken{turn, audio::Samples(audio::frame_samples)}, ToolCalled{},
      ReplyEnded{turn, "", Ending::interrupted_by_voice, {}}, UserSpeechStarted{}, UserSoundComes{},
      UserSpeechStopped{}, UserWord{},
      // For clients that know items, and not for this one.
      SessionBegan{}, TextWritten{}, CallHandedOut{}, UserTurnEnded{}, UserTurnHeard{}, UserSoundDropped{},
      UserSilent{}, ItemAdded{}, ItemFound{}, ItemCut{}, ItemRemoved{}};
  ASSERT_EQ(std::size(notices), std::variant_size_v<Notice>);
  std::set<std::string> types;
  const auto dialect = unmute_dialect();  // which alone can tell sound
  for (const Notice& notice : notices) {
    std::vector<std::string> frames;
    dialect->write(notice, {}, frames);
    for (const std::string& frame : frames) types.insert(read_frame(frame).at("type").get<std::string>());
  }
  EXPECT_EQ(types, std::set<std::string>(server_event_types.begin(), server_event_types.end()));
}

TEST(Encode, EveryCharacterSurvives) {
  std::string text;
  for (int i = 0; i < 128; ++i) text += static_cast<char>(i);
  text += "\u0080\u07ff\u2028\u2029\ufeff\uffff\U0001F600\U0010FFFF";
  EXPECT_EQ(written_and_read(text), text);
}

TEST(Encode, ControlCharactersAreEscaped) {
  const std::string frame = frame_of(WordSpoken{turn, std::string("a\0b\n\x1f\"\\", 7)});
  EXPECT_THAT(frame, testing::HasSubstr(R"("delta":"a\u0000b\n\u001f\"\\")"));
}

TEST(Encode, AnyBytesGiveValidJson) {
  const std::string bytes = "a\xff\xc3(\xed\xa0\x80\"z";
  const std::string frame = frame_of(ToolCalled{turn, bytes, bytes, bytes});
  EXPECT_TRUE(is_utf8(frame));
  const json tree = json::parse(frame);
  for (const char* key : {"name", "arguments", "result"}) {
    const auto text = tree.at(key).get<std::string>();
    EXPECT_TRUE(text.starts_with("a\uFFFD")) << key;
    EXPECT_TRUE(text.ends_with("\"z")) << key;
  }
}

TEST(Encode, ARefusalReadsBack) {
  auto message =
      read(R"({"type":"session.update","event_id":"é\n","session":{"voice":3,"allow_recording":1}})");
  ASSERT_FALSE(message);
  const std::string id = message.error().request_id;
  const json tree = sent(failure_of(std::move(message.error())), id);
  EXPECT_EQ(tree, json::parse(R"({"type":"error","request_id":"é\n","error":{"type":"invalid_request_error",
    "code":"invalid_event","param":"session.voice","event_id":"é\n",
    "message":"session.voice: expected a string, got 3; session.allow_recording: expected true or false, got 1",
    "details":[{"path":"session.voice","message":"expected a string, got 3"},
               {"path":"session.allow_recording","message":"expected true or false, got 1"}]}})"));
}

}  // namespace
}  // namespace unmuted::events::unmute
