#include "characters/formats/lua_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "characters/characters_test_support.hpp"
#include "characters/formats/table.hpp"
#include "characters/lua/source_map.hpp"

namespace unmuted::formats {
namespace {

using nlohmann::json;
using test::minimal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CharacterReading read(std::string source) {
  const auto budget = std::make_shared<MemoryBudget>(64U << 20U);
  return read_lua({"lua", "x.lua", std::move(source), std::make_shared<script::Resources>()},
                  {{}, std::chrono::seconds(1), budget, {}});
}

std::string codes_of(const CharacterReading& reading) {
  std::string codes;
  for (const auto& d : reading.diagnostics) {
    codes += (codes.empty() ? "" : " ") + std::to_string(d.line) + ":" + d.code;
  }
  return codes;
}

TEST(LuaFormat, PublishesATextWithoutItsPlaceholders) {
  const auto published = [](const std::string& text) {
    const auto reading = read(
        "return {name = 'Host', voice = {source_type = 'file', path_on_server = 'v.wav'}, "
        "instructions = {text = [[" +
        text + "]], language = 'en'}}");
    return reading.character ? reading.character->instructions.published() : codes_of(reading);
  };
  EXPECT_EQ(published("Ask."), "Ask.");
  EXPECT_EQ(published("Ask of {{place}}."), "Ask of \u2026.");
  EXPECT_EQ(published("{{all}}"), "\u2026");
}

TEST(LuaFormat, ReadsEveryField) {
  const auto reading = read(R"(
    return {
      name = "Host",
      voice = { source_type = "freesound", path_on_server = "v.wav", url = "https://example.org/1", start_time = 2.5,
                sound_instance = { id = 7, name = "n", username = "u", license = "l" } },
      instructions = { text = "Ask.", language = "en/fr" },
      metadata = { good = false, comment = "c", tags = { "game", "quiz" } },
      greeting = "Good evening!",
      vocabulary = { "saturn", "I don't know", "42" },
      tools = { { name = "t", description = "d", parameters = { type = "object", properties = {}, required = {} },
                  run = function() end } },
      reply = function() end,
    })");
  ASSERT_TRUE(reading.character) << codes_of(reading);
  EXPECT_THAT(reading.diagnostics, IsEmpty());
  const Character& c = *reading.character;
  EXPECT_EQ(c.voice.start_time, 2.5);
  EXPECT_EQ(c.voice.sound_instance->id, 7);
  EXPECT_EQ(c.good, false);
  EXPECT_THAT(c.tags, ElementsAre("game", "quiz"));
  EXPECT_THAT(c.vocabulary, ElementsAre("saturn", "I don't know", "42"));
  EXPECT_TRUE(c.has_reply);
  EXPECT_FALSE(c.has_system_prompt);
  EXPECT_EQ(c.tools.at(0).parameters, R"({"properties":{},"required":[],"type":"object"})");
  EXPECT_EQ(c.stem(), "x");
}

TEST(LuaFormat, AVoiceHasNamesElsewhere) {
  const auto named = [](const std::string& names) {
    return read(
        "return {\n name = 'Host',\n instructions = {text = 'Ask.'},\n voice = {source_type = 'file', "
        "path_on_server = 'v.wav',\n names = " +
        names + "}}");
  };
  const auto good = named("{ embedded = 'flite:rms', openai = 'af_heart', ours = 'x' }");
  ASSERT_TRUE(good.character) << codes_of(good);
  EXPECT_EQ(codes_of(good), "");
  EXPECT_THAT(good.character->voice.names,
              ElementsAre(testing::Pair("embedded", "flite:rms"), testing::Pair("openai", "af_heart"),
                          testing::Pair("ours", "x")));

  const auto unknown = named("{ embedded = 'flite:bob' }");
  EXPECT_TRUE(unknown.character);  // it is a warning
  EXPECT_EQ(codes_of(unknown), "5:unknown-voice");
  EXPECT_THAT(unknown.diagnostics.at(0).message, HasSubstr("there are slt, rms, awb, kal16"));

  EXPECT_EQ(codes_of(named("'flite:rms'")), "5:invalid-field");
  EXPECT_EQ(codes_of(named("{ 'flite:rms' }")), "5:invalid-field");
  EXPECT_EQ(codes_of(named("{ embedded = 3 }")), "5:invalid-field");
  EXPECT_EQ(codes_of(named("{ openai = '' }")), "5:invalid-field");
  EXPECT_EQ(codes_of(named("{ openai = ('x'):rep(101) }")), "5:invalid-field");
  EXPECT_EQ(codes_of(named("{ a='1', b='1', c='1', d='1', e='1', f='1', g='1', h='1' }")), "");
  EXPECT_EQ(codes_of(named("{ a='1', b='1', c='1', d='1', e='1', f='1', g='1', h='1', i='1' }")),
            "5:invalid-field");
  EXPECT_EQ(codes_of(named("{}")), "");
}

TEST(LuaFormat, AByteOrderMarkDoesNotMatter) {
  EXPECT_TRUE(read("\xEF\xBB\xBF" + minimal("a")).character);
}

struct Case {
  const char* fields;
  const char* expected;
};

class LuaFormatRules : public testing::TestWithParam<Case> {};

// The fields stand on line 5 of the file.
TEST_P(LuaFormatRules, AreTold) {
  const auto reading = read(minimal("a", GetParam().fields));
  EXPECT_EQ(codes_of(reading), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, LuaFormatRules,
    testing::Values(
        Case{"greeting = 3,", "5:invalid-field"}, Case{"greeting = os.exit(),", "5:script-error"},
        Case{"greeting = function() end,", "5:invalid-field"}, Case{"reply = true,", "5:invalid-field"},
        Case{"gretting = 'x',", "5:unknown-field"}, Case{"metadata = { god = true },", "5:unknown-field"},
        Case{"metadata = { good = 'yes' },", "5:invalid-field"}, Case{"metadata = 'x',", "5:invalid-field"},
        Case{"metadata = {},", ""}, Case{"tools = {},", ""}, Case{"tools = { 'x' },", "5:invalid-field"},
        Case{"tools = 'x',", "5:invalid-field"}, Case{"metadata = { tags = { 'a', 3 } },", "5:invalid-field"},
        Case{"metadata = { tags = {} },", ""}, Case{"greeting = 'Hello 😀',", "5:unpronounceable"},
        Case{"vocabulary = {},", ""}, Case{"vocabulary = { 'à gauche', '漢字' },", ""},
        Case{"vocabulary = 'saturn',", "5:invalid-field"},
        Case{"vocabulary = { 'a', 7 },", "5:invalid-field"},
        Case{"vocabulary = { planet = 'saturn' },", "5:invalid-field"},
        Case{"vocabulary = { 'a', ' ' },", "5:invalid-field"},
        Case{"vocabulary = { 'a\\nb' },", "5:invalid-field"}, Case{"vocabulary = { ('x'):rep(100) },", ""},
        Case{"vocabulary = { ('x'):rep(101) },", "5:invalid-field"},
        Case{"vocabulary = (function() local t = {} for i = 1, 200 do t[i] = 'a' end return t end)(),", ""},
        Case{"vocabulary = (function() local t = {} for i = 1, 201 do t[i] = 'a' end return t end)(),",
             "5:invalid-field"},
        Case{"vocabulry = { 'a' },", "5:unknown-field"},
        Case{"greeting = '*waves* hi',", "5:unpronounceable"}, Case{"greeting = 'bad \\xFF',", "5:not-utf8"},
        Case{"x = { 1, k = 2 },", "5:invalid-field"},
        Case{"tools = { { name = 't', description = 'd' } },", "5:missing-tool-handler"},
        Case{"tools = { { name = '1t', description = 'd', run = function() end } },", "5:invalid-tool"},
        Case{"tools = { { name = 't', description = '', run = function() end } },", "5:invalid-tool"},
        Case{"tools = { { name = 't', description = ('d'):rep(201), run = function() end } },",
             "5:invalid-tool"},
        Case{"tools = { { name = 't', description = ('é'):rep(200), run = function() end } },", ""},
        Case{"tools = { { name = ('t'):rep(51), description = 'd', run = function() end } },",
             "5:invalid-tool"},
        Case{"tools = { { name = 't', description = 'd', run = function() end },\n"
             "{ name = 't', description = 'd', run = function() end } },",
             "6:duplicate-tool"},
        Case{"tools = { { name = 't', description = 'd', run = function() end,\n"
             "parameters = { type = 'object', properties = { n = {\npattern = 'x' } } } } },",
             "7:invalid-tool"},
        Case{"tools = { { name = 't', description = 'd', run = function() end,\n"
             "parameters = { type = 'string' } } },",
             "6:invalid-tool"}));

TEST(LuaFormat, AllProblemsOfAFileAreToldInItsOrder) {
  const auto reading = read(R"(return {
  name = "",
  voice = { path_on_server = 3 },
  instructions = { text = "t", language = "english" },
})");
  EXPECT_EQ(codes_of(reading), "2:invalid-field 3:missing-field 3:invalid-field 4:invalid-field");
  EXPECT_FALSE(reading.character);
}

TEST(LuaFormat, ManyWarningsDoNotHideAnError) {
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "unknown_" + std::to_string(i) + " = 1,\n";
  const auto reading = read(minimal("a", fields + "greeting = 3,\n"));
  EXPECT_FALSE(reading.character);
  EXPECT_THAT(codes_of(reading), HasSubstr("invalid-field"));
  EXPECT_LE(reading.diagnostics.size(), 2 * Problems::max_kept);
}

TEST(LuaFormat, OfThousandsOfUnknownFieldsOnlyTheFirstAreLookedAt) {
  const std::string source = std::string(64'000, ' ') + "return {}";
  const LuaSourceMap places(source);
  Problems problems("x.lua", [&](std::string_view path) { return places.find(path); });
  json fields = json::object();
  for (int i = 0; i < 500'000; ++i) fields["nane" + std::to_string(i)] = 1;
  Table::of(fields, "", problems)->warn_of_others({"name", "names", "named"});
  for (int i = 0; i < 500'000; ++i) problems.add("x", "missing-field", "is required");
  EXPECT_EQ(problems.take().size(), 2 * Problems::max_kept);
}

TEST(LuaFormat, AFileWithTheNameOfAPlaceIsReadToTheEnd) {
  const auto budget = std::make_shared<MemoryBudget>(64U << 20U);
  for (const char* source : {"return { [\"x.lua:0: y\"] = 0/0 }", "error('[\"x.lua:7: y', 0)", "error {}",
                             "return { [\"x.lua:3: y\"] = '\\xFF' }", "return { [\"]\"] = 0/0 }"}) {
    const auto reading = read_lua({"lua", "[\"x.lua", source, std::make_shared<script::Resources>()},
                                  {{}, std::chrono::seconds(1), budget, {}});
    EXPECT_FALSE(reading.character) << source;
    EXPECT_THAT(reading.diagnostics, testing::SizeIs(1)) << source;
  }
}

TEST(LuaFormat, TheLanguageIsEnglishWhenNotGivenAndContradictionsAreToldOf) {
  const auto french = R"(return { name = "a", voice = { source_type = "file", path_on_server = "a.wav" },
    instructions = { text = "Vous êtes une boulangère qui parle avec les clients dans la rue et vous vendez des pains pour tout le quartier." } })";
  const auto reading = read(french);
  ASSERT_TRUE(reading.character);
  EXPECT_EQ(reading.character->instructions.language, "en");
  EXPECT_EQ(codes_of(reading), "2:language-mismatch");
}

TEST(LuaFormat, WhateverAFileReturnsItIsOneAnswer) {
  for (const char* source :
       {"", "return", "return nil", "return 7", "return 'x'", "return {1,2}", "return function() end",
        "local t = {} t.t = t return t", "error({})", "error(nil)", "return {} + 1", "return { name = 0/0 }",
        "return (", "\x1bLua", "return {[1.5]=1}", "return {[true]=1}"}) {
    const auto reading = read(source);
    EXPECT_FALSE(reading.character) << source;
    EXPECT_FALSE(reading.diagnostics.empty()) << source;
  }
}

}  // namespace
}  // namespace unmuted::formats
