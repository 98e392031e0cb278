#include "events/unmute/read.hpp"

#include <iterator>
#include <random>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"
#include "events/fields.hpp"
#include "events/notice.hpp"
#include "events/user_text.hpp"

namespace unmuted::events::unmute {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Event>
Event parsed(std::string_view text) {
  auto message = read(text);
  if (!message) {
    ADD_FAILURE() << message.error().code << ": " << message.error().message;
    return {};
  }
  if (!std::holds_alternative<Event>(message->request)) {
    ADD_FAILURE() << "another event";
    return {};
  }
  return std::get<Event>(std::move(message->request));
}

Refusal refused(std::string_view text) {
  auto message = read(text);
  if (!message) return std::move(message.error());
  ADD_FAILURE() << "accepted: " << text.substr(0, 200);
  return {};
}

std::vector<std::string> lines(const Refusal& failure) {
  std::vector<std::string> all;
  for (const Fault& fault : failure.faults) all.push_back(fault.path + ": " + fault.message);
  return all;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string item_with(std::string_view text_json) {
  return R"({"type":"conversation.item.create","item":{"type":"message","role":"user",)"
         R"("content":[{"type":"input_text","text":)" +
         std::string(text_json) + "}]}}";
}

// ---- what is accepted

TEST(Parse, SessionUpdateWithEverything) {
  const auto update =
      parsed<Configure>(R"({"type":"session.update","session":{"voice":"Quiz show",)"
                        R"("instructions":{"type":"constant","text":"Be kind.","language":"en"},)"
                        R"("allow_recording":true,"context":{"level":[1,2.5,null]}}})");
  EXPECT_EQ(update.voice, "Quiz show");
  EXPECT_EQ(update.allow_recording, true);
  EXPECT_EQ(update.context, json::parse(R"({"level":[1,2.5,null]})"));
  ASSERT_TRUE(update.instructions);
  const Instructions& instructions = *update.instructions;
  EXPECT_EQ(instructions.kind, Instructions::Kind::text);
  EXPECT_EQ(instructions.type, "constant");
  EXPECT_EQ(instructions.text, "Be kind.");
  EXPECT_EQ(instructions.language, "en");
}

TEST(Parse, SessionUpdateMayBeEmpty) {
  const auto update = parsed<Configure>(R"({"type":"session.update","session":{}})");
  EXPECT_FALSE(update.voice);
  EXPECT_FALSE(update.instructions);
  EXPECT_FALSE(update.allow_recording);
  EXPECT_FALSE(update.context);
}

TEST(Parse, NullIsAsGoodAsAbsentExceptForTheContext) {
  const auto update = parsed<Configure>(
      R"({"type":"session.update","event_id":null,)"
      R"("session":{"voice":null,"instructions":null,"allow_recording":null,"context":null}})");
  EXPECT_FALSE(update.voice);
  EXPECT_FALSE(update.instructions);
  EXPECT_FALSE(update.allow_recording);
  ASSERT_TRUE(update.context);
  EXPECT_TRUE(update.context->is_null());
}

TEST(Parse, InstructionsAsAString) {
  const auto update = parsed<Configure>(R"({"type":"session.update","session":{"instructions":"Be kind."}})");
  ASSERT_TRUE(update.instructions);
  EXPECT_EQ(update.instructions->kind, Instructions::Kind::text);
  EXPECT_EQ(update.instructions->text, "Be kind.");
}

TEST(Parse, InstructionsByThemeNeedNoText) {
  for (const char* theme : {"smalltalk", "quiz_show", "guess_animal", "news", "unmute_explanation"}) {
    const auto update = parsed<Configure>(
        json{{"type", "session.update"}, {"session", {{"instructions", {{"type", theme}}}}}}.dump());
    ASSERT_TRUE(update.instructions) << theme;
    EXPECT_EQ(update.instructions->type, theme);
    EXPECT_EQ(update.instructions->kind, Instructions::Kind::theme);
  }
}

Instructions instructions_of(const std::string& object) {
  const auto update =
      parsed<Configure>(R"({"type":"session.update","session":{"instructions":)" + object + "}}");
  return update.instructions.value();
}

TEST(Parse, InstructionsOfAnUnknownTypeCountByTheirText) {
  using Kind = Instructions::Kind;
  for (const char* type : {"poem", "Robot", "constant ", "", "smalltalk2"}) {
    SCOPED_TRACE(type);
    const Instructions told = instructions_of(json{{"type", type}, {"text", "Beep."}, {"more", 1}}.dump());
    EXPECT_EQ(told.kind, Kind::text);
    EXPECT_EQ(told.type, type);
    EXPECT_EQ(told.text, "Beep.");
    EXPECT_EQ(instructions_of(json{{"type", type}}.dump()).kind, Kind::unknown);
    EXPECT_EQ(instructions_of(json{{"type", type}, {"text", nullptr}}.dump()).kind, Kind::unknown);
    EXPECT_EQ(instructions_of(json{{"type", type}, {"text", " \n"}}.dump()).kind, Kind::unknown);
  }
}

TEST(Parse, InstructionsWithoutAnythingAreAThemeThatNobodyKnows) {
  for (const char* object :
       {"{}", R"({"language":"en"})", R"({"type":null})", R"({"type":"", "text":null})"}) {
    EXPECT_EQ(instructions_of(object).kind, Instructions::Kind::unknown) << object;
  }
}

TEST(Parse, InstructionsWithATextNeedNoType) {
  for (const char* object :
       {R"({"text":"Be kind."})", R"({"type":null,"text":"Be kind.","language":null})"}) {
    const Instructions told = instructions_of(object);
    EXPECT_EQ(told.kind, Instructions::Kind::text);
    EXPECT_EQ(told.type, "constant");
    EXPECT_EQ(told.text, "Be kind.");
    EXPECT_FALSE(told.language);
  }
}

TEST(Parse, TheTypeOfInstructionsHasNoCase) {
  EXPECT_EQ(instructions_of(R"({"type":"Constant","text":"a"})").type, "constant");
  EXPECT_EQ(instructions_of(R"({"type":"CONSTANT","text":"a"})").kind, Instructions::Kind::text);
  EXPECT_EQ(instructions_of(R"({"type":"Quiz_Show"})").type, "quiz_show");
  EXPECT_EQ(instructions_of(R"({"type":"NEWS","text":"a"})").kind, Instructions::Kind::theme);
}

TEST(Parse, BlankInstructionsAreTheCharactersOwn) {
  for (const char* value : {R"("")", R"(" \n\t")", R"({"type":"constant","text":""})", R"({"text":"  "})"}) {
    EXPECT_EQ(instructions_of(value).kind, Instructions::Kind::none) << value;
  }
}

TEST(Parse, ABlankNameIsAsGoodAsNone) {
  for (const char* blank : {R"("")", R"("  ")", R"("\n")"}) {
    EXPECT_FALSE(
        parsed<Configure>(R"({"type":"session.update","session":{"voice":)" + std::string(blank) + "}}")
            .voice)
        << blank;
    EXPECT_FALSE(
        instructions_of(R"({"type":"constant","text":"a","language":)" + std::string(blank) + "}").language)
        << blank;
  }
}

TEST(Parse, ReloadTakesAnyString) {
  EXPECT_EQ(parsed<LoadCast>(R"({"type":"session.characters.reload","directory":"/srv/cast"})").directory,
            "/srv/cast");
  EXPECT_EQ(parsed<LoadCast>(R"({"type":"session.characters.reload","directory":""})").directory, "");
  const auto with_nul = parsed<LoadCast>(R"({"type":"session.characters.reload","directory":"/a\u0000b"})");
  EXPECT_EQ(with_nul.directory, std::string("/a\0b", 4));
}

TEST(Parse, AudioIsTakenAsItIs) {
  EXPECT_EQ(parsed<AppendAudio>(R"({"type":"input_audio_buffer.append","audio":"T2dnUw=="})").audio,
            "T2dnUw==");
  EXPECT_EQ(parsed<AppendAudio>(R"({"type":"input_audio_buffer.append","audio":""})").audio, "");
}

TEST(Parse, TextOfAConversationItem) {
  EXPECT_EQ(parsed<AddUserMessage>(item_with(R"("Grüße,\n\t\ud83d\ude00")")).text, "Grüße,\n\t😀");
}

std::string item_of(const json& content) {
  return json{
      {"type", "conversation.item.create"},
      {"previous_item_id", nullptr},
      {"item", {{"type", "message"}, {"role", "user"}, {"status", "completed"}, {"content", content}}}}
      .dump();
}

TEST(Parse, TheTextOfAnItemMayStandInPartsOrAlone) {
  const auto text_of = [](const json& content) { return parsed<AddUserMessage>(item_of(content)).text; };
  EXPECT_EQ(text_of("Hello."), "Hello.");
  EXPECT_EQ(text_of({{{"type", "text"}, {"text", "Hello."}}}), "Hello.");
  EXPECT_EQ(text_of({{{"type", "input_text"}, {"text", "One."}}, {{"type", "text"}, {"text", "Two."}}}),
            "One.\nTwo.");
  EXPECT_EQ(text_of({{{"type", "input_text"}, {"text", ""}}, {{"type", "input_text"}, {"text", "Two."}}}),
            "\nTwo.");
}

TEST(Parse, TheTextOfAnItemIsBoundedAsAWhole) {
  const json half = {{"type", "input_text"}, {"text", std::string(max_user_text / 2, 'a')}};
  EXPECT_THAT(lines(refused(item_of({half, half}))),
              ElementsAre("item.content: at most 32768 bytes are allowed, got 32769"));
  EXPECT_EQ(refused(item_of({half, half})).code, invalid_text);
  EXPECT_THAT(lines(refused(item_of(std::string(max_user_text + 1, 'a')))),
              ElementsAre("item.content: at most 32768 bytes are allowed, got 32769"));
  EXPECT_EQ(refused(item_of("a\x1b")).param, "item.content");
  EXPECT_EQ(parsed<AddUserMessage>(item_of(std::string(max_user_text, 'a'))).text.size(), max_user_text);
}

TEST(Parse, AnItemOfNonsenseIsNamedByItsFirstFaults) {
  const Refusal failure = refused(item_of(json(1'000, 1)));
  EXPECT_EQ(failure.faults.size(), max_faults);
  EXPECT_EQ(failure.faults.front().path, "item.content[0]");
}

TEST(Parse, AByteOrderMarkIsIgnored) {
  parsed<StartReply>(
      "\xEF\xBB\xBF"
      R"({"type":"response.create"})");
  EXPECT_EQ(refused("\xEF\xBB").code, invalid_json);
  EXPECT_EQ(refused("\xEF\xBB\xBF").code, invalid_json);
  EXPECT_EQ(refused(R"({"type":"response.create"})"
                    "\xEF\xBB\xBF")
                .code,
            invalid_json);
}

TEST(Parse, WhatClientsOfOtherRealtimeServersSendIsTakenOrNamed) {
  const char* const taken[] = {
      R"({"type":"session.update","session":{"type":"realtime","model":"m","instructions":"Be short.","voice":"v",)"
      R"("audio":{"output":{"voice":"v","speed":1.1}},"tools":[],"tool_choice":"auto","temperature":0.8}})",
      R"({"type":"session.update","session":{"turn_detection":null,"input_audio_format":"pcm16","modalities":["text"]}})",
      R"({"type":"response.create","response":{"modalities":["text"],"instructions":"One word.","metadata":{"a":1}}})",
      R"({"type":"response.cancel","response_id":"resp_1"})",
      R"({"type":"conversation.item.create","previous_item_id":"root","item":{"id":"i","object":"realtime.item",)"
      R"("type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":"Hi"}]}})"};
  for (const char* event : taken) EXPECT_TRUE(read(event)) << event << ": " << read(event).error().message;
  const char* const unknown[] = {
      R"({"type":"input_audio_buffer.clear","event_id":"e"})",
      R"({"type":"input_audio_buffer.commit","event_id":"e"})",
      R"({"type":"conversation.item.truncate","event_id":"e","item_id":"i","content_index":0,"audio_end_ms":0})",
      R"({"type":"conversation.item.delete","event_id":"e","item_id":"i"})",
      R"({"type":"output_audio_buffer.clear","event_id":"e"})",
      R"({"type":"transcription_session.update","event_id":"e","session":{}})"};
  for (const char* event : unknown) {
    const Refusal failure = refused(event);
    EXPECT_EQ(failure.code, unknown_event_type) << event;
    EXPECT_EQ(failure.request_id, "e");
  }
}

TEST(Parse, TextOfExactlyTheLimit) {
  const std::string text(max_user_text, 'a');
  EXPECT_EQ(parsed<AddUserMessage>(item_with('"' + text + '"')).text, text);
}

TEST(Parse, EventsWithoutFields) {
  parsed<ListCast>(R"({"type":"session.characters.list"})");
  parsed<StartReply>(R"({"type":"response.create"})");
  parsed<CancelReply>(R"({"type":"response.cancel"})");
  parsed<Ignored>(R"({"type":"unmute.additional_outputs","args":{"anything":[1]}})");
}

TEST(Parse, EventIdIsKept) {
  EXPECT_EQ(read(R"({"type":"response.create","event_id":"mine"})")->id, "mine");
  EXPECT_EQ(read(R"({"type":"response.create"})")->id, "");
  const std::string longest(max_event_id, 'x');
  EXPECT_EQ(read(json{{"type", "response.create"}, {"event_id", longest}}.dump())->id, longest);
}

TEST(Parse, UnknownFieldsPass) {
  const auto update = parsed<Configure>(
      R"({"type":"session.update","colour":1,"session":{"modalities":["text"],"voice":"a"}})");
  EXPECT_EQ(update.voice, "a");
}

TEST(Parse, OfARepeatedFieldTheLastCounts) {
  EXPECT_EQ(parsed<Configure>(
                R"({"type":"x","type":"session.update","session":3,"session":{"voice":1,"voice":"b"}})")
                .voice,
            "b");
}

TEST(Parse, ARepeatedFieldMayChangeItsKind) {
  EXPECT_EQ(
      parsed<Configure>(
          R"({"type":"session.update","session":{"voice":{"a":[1,{"b":2}]},"voice":"c"},"session":{"voice":"d"}})")
          .voice,
      "d");
}

// ---- what is not JSON

TEST(Parse, MalformedJsonSaysWhere) {
  const Refusal failure = refused(R"({"type": nul})");
  EXPECT_EQ(failure.code, invalid_json);
  EXPECT_EQ(failure.message, R"(Malformed JSON at byte 13, at the end of: {"type": nul})");
  EXPECT_EQ(failure.param, "");
  EXPECT_TRUE(failure.faults.empty());
}

TEST(Parse, JsonThatEndsTooEarly) {
  for (const char* text :
       {"", " ", "{", R"({"type")", R"({"type":"response.create")", R"({"type":"resp)", "["}) {
    const Refusal failure = refused(text);
    EXPECT_EQ(failure.code, invalid_json) << text;
    EXPECT_THAT(failure.message, HasSubstr("ends too early")) << text;
  }
}

TEST(Parse, NotJson) {
  const std::string nul_in_the_middle("{\"type\":\"response.create\"}\0{", 28);
  for (const std::string& text :
       {std::string("hello"), std::string(R"({"type":"response.create"} x)"), std::string(R"({'type':1})"),
        std::string(R"({"type":"response.create",})"), std::string("// c\n{}"),
        std::string("{\"type\":\"a\nb\"}"), std::string("\xff\xfe{\0}\0", 6), std::string("NaN"),
        nul_in_the_middle, std::string("\0", 1)}) {
    EXPECT_EQ(refused(text).code, invalid_json) << text;
  }
}

TEST(Parse, InvalidUtf8IsNotJson) {
  for (const char* bytes : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    const Refusal failure = refused(item_with('"' + std::string(bytes) + '"'));
    EXPECT_EQ(failure.code, invalid_json);
    EXPECT_TRUE(is_utf8(failure.message));
  }
}

TEST(Parse, LoneSurrogatesAreNotJson) {
  for (const char* escape : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud83dx")"}) {
    EXPECT_EQ(refused(item_with(escape)).code, invalid_json) << escape;
  }
}

TEST(Parse, NumbersPastTheRangeOfADoubleAreNotJson) {
  EXPECT_EQ(refused(R"({"type":"response.create","n":1e999})").code, invalid_json);
  EXPECT_EQ(refused(R"({"type":"response.create","n":-1e999})").code, invalid_json);
}

TEST(Parse, LongNumbersAreJson) {
  parsed<StartReply>(R"({"type":"response.create","a":123456789012345678901234567890,"b":1e-999,"c":0.)" +
                     std::string(100'000, '1') + "}");
}

TEST(Parse, NestingIsBounded) {
  const auto nested = [](std::size_t levels) {  // and one for the event itself
    return R"({"type":"response.create","x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  parsed<StartReply>(nested(max_nesting - 1));
  EXPECT_THAT(refused(nested(max_nesting)).message, HasSubstr("nested deeper than 64"));
  EXPECT_EQ(refused(nested(max_nesting)).code, invalid_json);
}

TEST(Parse, VeryDeepNestingIsRefusedAtOnce) {
  EXPECT_EQ(refused(std::string(200'000, '[')).code, invalid_json);
  EXPECT_EQ(refused(repeated(R"({"a":)", 40'000)).code, invalid_json);
  EXPECT_EQ(refused(repeated("[{\"a\":", 30'000)).code, invalid_json);
}

TEST(Parse, TheNumberOfValuesIsBounded) {
  const auto siblings = [](std::size_t count) {
    return R"({"type":"response.create","x":[)" + repeated("[],", count) + "0]}";
  };
  parsed<StartReply>(siblings(max_values - 4));  // beside the event, the type, the list and the 0
  EXPECT_EQ(refused(siblings(max_values - 3)).code, invalid_json);
  EXPECT_THAT(refused(siblings(max_values)).message, HasSubstr("more than 10000 values"));
}

std::string append(const std::string& audio, const std::string& more = "") {
  return R"({"type":"input_audio_buffer.append","audio":")" + audio + "\"" + more + "}";
}

TEST(Parse, OnlyAudioMayBeLarge) {
  const std::string much(max_event, 'A');
  EXPECT_EQ(parsed<AppendAudio>(append(much)).audio, much);
  EXPECT_EQ(parsed<AppendAudio>(R"( {"event_id":"e","n":[{"audio":1}], "audio" : ")" + much +
                                R"(","type":"input_audio_buffer.append"})")
                .audio,
            much);
  for (const std::string& text :
       {R"({"type":"session.update","session":{"instructions":")" + much + "\"}}",
        R"({"session":{"context":[)" + repeated("1,", max_event / 2) + R"(1]},"type":"session.update"})",
        R"({"x":")" + much + R"(","type":"response.create"})",
        R"({"audio":")" + much + R"(","type":"response.create"})", R"({"n":{"audio":")" + much + "\"}}",
        std::string(max_event + 1, ' '), std::string(max_event + 1, '['),
        append(much).substr(0, max_event + 9), append(much, R"(,"x":")" + much + '"')}) {
    const Refusal failure = refused(text);
    EXPECT_EQ(failure.code, invalid_event) << text.substr(0, 60);
    EXPECT_THAT(failure.message,
                HasSubstr("at most 262144 bytes are allowed, got " + std::to_string(text.size())));
  }
  EXPECT_EQ(refused(R"({"audio":")" + much + R"(","event_id":"e","type":"response.create"})").request_id,
            "e");
}

TEST(Parse, LongAudioIsReadAsShortAudioIs) {
  const std::string much(max_event, 'A');
  EXPECT_EQ(parsed<AppendAudio>(append(repeated("A\\/bc", max_event / 4))).audio,
            repeated("A/bc", max_event / 4));
  EXPECT_EQ(parsed<AppendAudio>(append(much, R"(,"audio":"T2dn")")).audio, "T2dn");
  EXPECT_EQ(parsed<AppendAudio>(append("T2dn", R"(,"audio":")" + much + '"')).audio, much);
  EXPECT_EQ(
      parsed<AppendAudio>(append("T2dn", R"(,"audio":"","n":{"audio":[]},"audio":")" + much + '"')).audio,
      much);
  EXPECT_EQ(read(append(much, R"(,"event_id":"e")"))->id, "e");
  for (const std::string& wrong : {much + "A", much + "\\u0041AAA", much + "é AA"}) {
    EXPECT_THAT(lines(refused(append(wrong))),
                ElementsAre("audio: expected base64 with padding and without line breaks"));
  }
  EXPECT_EQ(refused(append(much, R"(,"event_id":5)")).param, "event_id");
  EXPECT_EQ(refused(append(much, ",")).code, invalid_json);
  EXPECT_EQ(refused(append(much + "\\\"")).code, invalid_json);
}

TEST(Parse, TheLargestEventsMayBeWrittenInEscapes) {
  const std::string letters = repeated("\\u00e9", max_instructions / 2);
  parsed<Configure>(R"({"type":"session.update","session":{"instructions":")" + letters + R"(","context":")" +
                    repeated("\\u00e9", (max_context - 2) / 2) + "\"}}");
}

// ---- what is JSON but no event

TEST(Parse, TheRootMustBeAnObject) {
  for (const char* text : {"[]", "3", "null", "\"response.create\"", "true"}) {
    const Refusal failure = refused(text);
    EXPECT_EQ(failure.code, invalid_event) << text;
    EXPECT_THAT(failure.message, HasSubstr("expected an object")) << text;
    EXPECT_EQ(failure.param, "");
  }
}

TEST(Parse, TypeIsRequiredAndAString) {
  EXPECT_THAT(lines(refused(R"({"event_id":"e"})")),
              ElementsAre("type: expected a string, but it is missing"));
  EXPECT_THAT(lines(refused(R"({"type":null})")), ElementsAre("type: expected a string, but it is missing"));
  EXPECT_THAT(lines(refused(R"({"type":7})")), ElementsAre("type: expected a string, got 7"));
}

TEST(Parse, UnknownTypeListsTheKnownOnes) {
  const Refusal failure = refused(R"({"type":"session.updat","event_id":"e1"})");
  EXPECT_EQ(failure.code, unknown_event_type);
  EXPECT_EQ(failure.request_id, "e1");
  EXPECT_EQ(failure.param, "type");
  EXPECT_THAT(failure.message, HasSubstr("\"session.updat\""));
  for (const char* known : {"session.update,", "session.characters.reload,", "session.characters.list,",
                            "input_audio_buffer.append,", "conversation.item.create,", "response.create,",
                            "response.cancel,", "unmute.additional_outputs"}) {
    EXPECT_THAT(failure.message, HasSubstr(known));
  }
}

TEST(Parse, AnUnknownTypeIsShownShortAndPrintable) {
  const Refusal failure = refused(json{{"type", "\n\x1b[31m" + repeated("ü", 100'000)}}.dump());
  EXPECT_EQ(failure.code, unknown_event_type);
  EXPECT_LE(failure.message.size(), max_refusal_message);
  EXPECT_TRUE(is_utf8(failure.message));
  EXPECT_EQ(printable(failure.message), failure.message);
}

TEST(Parse, EventIdOfAnotherKind) {
  const Refusal failure = refused(R"({"type":"response.create","event_id":5})");
  EXPECT_THAT(lines(failure), ElementsAre("event_id: expected a string, got 5"));
  EXPECT_EQ(failure.request_id, "");
}

TEST(Parse, EventIdTooLong) {
  const Refusal failure =
      refused(json{{"type", "response.create"}, {"event_id", std::string(max_event_id + 1, 'x')}}.dump());
  EXPECT_THAT(lines(failure), ElementsAre("event_id: at most 512 bytes are allowed, got 513"));
  EXPECT_EQ(failure.request_id, "");
}

struct WrongEvent {
  const char* text;
  std::vector<std::string> faults;
};

const WrongEvent wrong_events[] = {
    WrongEvent{R"({"type":"session.update"})", {"session: expected an object, but it is missing"}},
    WrongEvent{R"({"type":"session.update","session":[1]})", {"session: expected an object, got an array"}},
    WrongEvent{R"({"type":"session.update","session":{"voice":3}})",
               {"session.voice: expected a string, got 3"}},
    WrongEvent{R"({"type":"session.update","session":{"voice":{}}})",
               {"session.voice: expected a string, got an object"}},
    WrongEvent{R"({"type":"session.update","session":{"allow_recording":"yes"}})",
               {R"(session.allow_recording: expected true or false, got "yes")"}},
    WrongEvent{R"({"type":"session.update","session":{"instructions":[]}})",
               {"session.instructions: expected a string or an object, got an array"}},
    WrongEvent{R"({"type":"session.update","session":{"instructions":{"type":"constant"}}})",
               {"session.instructions.text: expected a string, but it is missing"}},
    WrongEvent{R"({"type":"session.update","session":{"instructions":{"type":"Constant","text":null}}})",
               {"session.instructions.text: expected a string, but it is missing"}},
    WrongEvent{R"({"type":"session.update","session":{"instructions":{"type":7,"text":"a"}}})",
               {"session.instructions.type: expected a string, got 7"}},
    WrongEvent{R"({"type":"session.update","session":{"instructions":{"type":"poem","text":["a"]}}})",
               {"session.instructions.text: expected a string, got an array"}},
    WrongEvent{
        R"({"type":"session.update","session":{"instructions":{"type":"news","text":1,"language":2}}})",
        {"session.instructions.text: expected a string, got 1",
         "session.instructions.language: expected a string, got 2"}},
    WrongEvent{R"({"type":"session.characters.reload"})",
               {"directory: expected a string, but it is missing"}},
    WrongEvent{R"({"type":"session.characters.reload","directory":1.5})",
               {"directory: expected a string, got 1.5"}},
    WrongEvent{R"({"type":"input_audio_buffer.append"})", {"audio: expected a string, but it is missing"}},
    WrongEvent{R"({"type":"input_audio_buffer.append","audio":false})",
               {"audio: expected a string, got false"}},
    WrongEvent{R"({"type":"input_audio_buffer.append","audio":"T2dnU"})",
               {"audio: expected base64 with padding and without line breaks"}},
    WrongEvent{R"({"type":"conversation.item.create"})", {"item: expected an object, but it is missing"}},
    WrongEvent{R"({"type":"conversation.item.create","item":{}})",
               {R"(item.type: expected "message", but it is missing)",
                R"(item.role: expected "user", but it is missing)",
                "item.content: expected an array of parts, but it is missing"}},
    WrongEvent{
        R"({"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"c","output":"1"}})",
        {R"(item.type: expected "message", got "function_call_output")"}},
    WrongEvent{
        R"({"type":"conversation.item.create","item":{"type":"message","role":"system","content":[]}})",
        {R"(item.role: expected "user", got "system")",
         "item.content: expected at least one part, got none"}},
    WrongEvent{R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":7}})",
               {"item.content: expected an array of parts or a string, got 7"}},
    WrongEvent{
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"text","text":"a"},{"type":"input_image","image_url":"x"},"b"]}})",
        {R"(item.content[1].type: expected "input_text" or "text", got "input_image")",
         "item.content[1].text: expected a string, but it is missing",
         R"(item.content[2]: expected an object, got "b")"}},
    WrongEvent{R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[1]}})",
               {"item.content[0]: expected an object, got 1"}},
    WrongEvent{
        R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"audio"}]}})",
        {R"(item.content[0].type: expected "input_text" or "text", got "audio")",
         "item.content[0].text: expected a string, but it is missing"}}};

TEST(Parse, EveryFaultIsNamed) {
  for (const WrongEvent& wrong : wrong_events) {
    SCOPED_TRACE(wrong.text);
    const Refusal failure = refused(wrong.text);
    EXPECT_EQ(failure.code, invalid_event);
    EXPECT_EQ(lines(failure), wrong.faults);
    EXPECT_EQ(failure.param, failure.faults.empty() ? "no fault" : failure.faults.front().path);
    for (const std::string& fault : wrong.faults) EXPECT_THAT(failure.message, HasSubstr(fault));
  }
}

TEST(Parse, SeveralFaultsAtOnce) {
  const Refusal failure = refused(
      R"({"type":"session.update","event_id":[],"session":{"voice":3,"instructions":false,"allow_recording":0}})");
  EXPECT_EQ(failure.code, invalid_event);
  EXPECT_EQ(failure.param, "event_id");
  EXPECT_EQ(failure.message,
            "event_id: expected a string, got an array; session.voice: expected a string, got 3; "
            "session.instructions: expected a string or an object, got false; "
            "session.allow_recording: expected true or false, got 0");
}

TEST(Parse, TheMessageIsBoundedTheFaultsAreNot) {
  const std::string long_text = repeated("界", 10'000);
  const Refusal failure = refused(json{{"type", "conversation.item.create"},
                                       {"item",
                                        {{"type", "message"},
                                         {"role", long_text},
                                         {"content", {{{"type", long_text}, {"text", json::array()}}}}}}}
                                      .dump());
  EXPECT_EQ(failure.faults.size(), 3U);
  EXPECT_LE(failure.message.size(), max_refusal_message);
  EXPECT_TRUE(is_utf8(failure.message));
  for (const Fault& fault : failure.faults) EXPECT_LE(fault.message.size(), 100U);
}

TEST(Parse, ShownValuesArePrintable) {
  const Refusal failure =
      refused(R"({"type":"session.update","session":{"allow_recording":"\u001b[2J\u0000\n"}})");
  EXPECT_EQ(failure.message, R"(session.allow_recording: expected true or false, got "\x1b[2J\x00\n")");
}

TEST(Parse, ContextIsBoundedAsItIsWritten) {
  const auto update_with = [](const std::string& context) {
    return R"({"type":"session.update","session":{"context":)" + context + "}}";
  };
  const std::string fits = '"' + std::string(max_context - 2, 'a') + '"';
  EXPECT_EQ(parsed<Configure>(update_with(fits)).context->get<std::string>().size(), max_context - 2);
  EXPECT_THAT(lines(refused(update_with('"' + std::string(max_context - 1, 'a') + '"'))),
              ElementsAre("session.context: at most 16384 bytes are allowed, got 16385"));
  parsed<Configure>(update_with("[" + std::string(100'000, ' ') + "]"));
}

TEST(Parse, InstructionsAreBounded) {
  const std::string too_long(max_instructions + 1, 'a');
  EXPECT_THAT(
      lines(refused(json{{"type", "session.update"}, {"session", {{"instructions", too_long}}}}.dump())),
      ElementsAre("session.instructions: at most 49152 bytes are allowed, got 49153"));
  const json constant = {{"type", "constant"}, {"text", too_long}};
  EXPECT_THAT(
      lines(refused(json{{"type", "session.update"}, {"session", {{"instructions", constant}}}}.dump())),
      ElementsAre("session.instructions.text: at most 49152 bytes are allowed, got 49153"));
}

// ---- damage

TEST(Parse, ADamagedFrameIsAcceptedOrRefusedInOnePrintableLine) {
  const std::string frames[] = {
      R"({"type":"session.update","event_id":"e","session":{"voice":"v\u00e9","instructions":{"type":"constant",)"
      R"("text":"t","language":"en"},"allow_recording":true,"context":{"a":[1,-2.5e3,null,{"b":"\ud83d\ude00"}]}}})",
      R"({"type":"input_audio_buffer.append","audio":"T2dnUw=="})", item_with(R"("hello\n")")};
  using namespace std::string_view_literals;
  constexpr std::string_view bytes = "\0\x1f\"\\{}[]:,019.eE+-tfnu \x7f\x80\xc2\xe2\xed\xff"sv;
  std::mt19937 random(1);  // the same frames every time
  const auto below = [&random](std::size_t n) { return random() % n; };
  for (int i = 0; i < 30'000; ++i) {
    std::string frame = frames[below(std::size(frames))];
    for (std::size_t edits = 1 + below(3); edits > 0 && !frame.empty(); --edits) {
      const std::size_t at = below(frame.size());
      switch (below(4)) {
        case 0:
          frame[at] = bytes[below(bytes.size())];
          break;
        case 1:
          frame.insert(at, 1, bytes[below(bytes.size())]);
          break;
        case 2:
          frame.erase(at, 1 + below(4));
          break;
        default:
          frame.insert(at, frame.substr(below(frame.size()), below(20)));
          break;
      }
    }
    const auto message = read(frame);
    if (message) continue;
    const Refusal& failure = message.error();
    ASSERT_FALSE(failure.code.empty()) << frame;
    ASSERT_FALSE(failure.message.empty()) << frame;
    ASSERT_LE(failure.message.size(), max_refusal_message) << frame;
    ASSERT_EQ(printable(failure.message), failure.message) << frame;
  }
}

// ---- text

TEST(Parse, ControlCharactersInText) {
  for (const char* escape :
       {R"("\u0000")", R"("a\u001b")", R"("\u0008")", R"("\u007f")", R"("\u0080")", R"("\u009f")"}) {
    const Refusal failure = refused(item_with(escape));
    EXPECT_EQ(failure.code, invalid_text) << escape;
    EXPECT_EQ(failure.param, "item.content[0].text");
    EXPECT_THAT(lines(failure), ElementsAre("item.content[0].text: control characters are not allowed, "
                                            "except tab and line breaks"));
  }
  EXPECT_EQ(parsed<AddUserMessage>(item_with(R"("\r\n\u00a0")")).text, "\r\n\u00a0");
}

TEST(Parse, TextTooLong) {
  const Refusal failure = refused(item_with('"' + std::string(max_user_text + 1, 'a') + '"'));
  EXPECT_EQ(failure.code, invalid_text);
  EXPECT_THAT(lines(failure),
              ElementsAre("item.content[0].text: at most 32768 bytes are allowed, got 32769"));
}

TEST(Parse, AWrongEventIsMoreThanAWrongText) {
  const Refusal failure =
      refused(R"({"type":"conversation.item.create","item":{"type":"message","role":"bot",)"
              R"("content":[{"type":"input_text","text":"\u0000"}]}})");
  EXPECT_EQ(failure.code, invalid_event);
  EXPECT_EQ(failure.faults.size(), 2U);
}

// ---- as an answer

TEST(FailureOf, CarriesEverything) {
  const Failure failure =
      failure_of(refused(R"({"type":"session.update","event_id":"e","session":{"voice":3}})"));
  EXPECT_EQ(failure.kind, Failure::Kind::invalid_request);
  EXPECT_EQ(failure.code, "invalid_event");
  EXPECT_EQ(failure.message, "session.voice: expected a string, got 3");
  EXPECT_EQ(failure.param, "session.voice");
  ASSERT_EQ(failure.faults.size(), 1U);
  EXPECT_EQ(failure.faults[0].path, "session.voice");
  EXPECT_EQ(failure.faults[0].message, "expected a string, got 3");
}

TEST(FailureOf, LeavesOutWhatThereIsNot) {
  const Failure failure = failure_of(refused("{"));
  EXPECT_EQ(failure.code, "invalid_json");
  EXPECT_FALSE(failure.param);
  EXPECT_TRUE(failure.faults.empty());
  EXPECT_FALSE(failure.problems);
}

}  // namespace
}  // namespace unmuted::events::unmute
