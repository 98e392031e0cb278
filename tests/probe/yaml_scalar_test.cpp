#include "probe/yaml_scalar.hpp"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/scenario.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

/// What `yaml` is when it stands as a value in an event that is sent.
Result<Json> value_of(const std::string& yaml) {
  const auto scenario = parse_scenario(
      "name: n\nsessions: {a: {}}\nsteps:\n- a: open\n- a:\n    send:\n      v: " + yaml + "\n", "s");
  if (!scenario) return tl::unexpected(scenario.error());
  return std::get<Send>(std::get<SessionStep>(scenario->steps[1].what).action).event.at("v");
}

void expect_value(const std::string& yaml, const Json& value) {
  const auto read = value_of(yaml);
  ASSERT_TRUE(read) << yaml << ": " << read.error().message;
  EXPECT_EQ(*read, value) << yaml;
  EXPECT_EQ(read->is_number_float(), value.is_number_float()) << yaml;
}

void expect_fault(const std::string& yaml, const std::string& message) {
  const auto read = value_of(yaml);
  ASSERT_FALSE(read) << yaml << ": " << *read;
  EXPECT_EQ(read.error().where.substr(0, 4), "s:7:") << yaml << ": " << read.error().where;
  EXPECT_THAT(read.error().message, HasSubstr(message)) << yaml;
}

TEST(YamlScalars, BooleansAndNullInTheirThreeSpellings) {
  for (const char* yaml : {"true", "True", "TRUE"}) expect_value(yaml, true);
  for (const char* yaml : {"false", "False", "FALSE"}) expect_value(yaml, false);
  for (const char* yaml : {"null", "Null", "NULL", "~", ""}) expect_value(yaml, nullptr);
  for (const char* text : {"tRUE", "yes", "Yes", "no", "on", "off", "y", "n", "nULL", "nil", "none"})
    expect_value(text, text);
}

TEST(YamlScalars, Integers) {
  expect_value("0", 0);
  expect_value("-0", 0);
  expect_value("+7", 7);
  expect_value("-12", -12);
  expect_value("007", 7);
  expect_value("-010", -10);
  expect_value("0x1F", 31);
  expect_value("0xfF", 255);
  expect_value("0o17", 15);
  expect_value("9223372036854775807", std::numeric_limits<std::int64_t>::max());
  expect_value("-9223372036854775808", std::numeric_limits<std::int64_t>::min());
  expect_value("18446744073709551615", std::numeric_limits<std::uint64_t>::max());
  expect_value("0xFFFFFFFFFFFFFFFF", std::numeric_limits<std::uint64_t>::max());
  expect_value("18446744073709551616", 18446744073709551616.0);
  expect_value("-9223372036854775809", -9223372036854775808.0);
  expect_value("0x10000000000000000", 18446744073709551616.0);
  for (const char* text : {"1_000", "12:30", "0b11", "+0x1F", "-0o7", "0xG", "0x", "0o8", "0X1F", "1,5",
                           "2026-01-31", "1.2.3", "+", "--1", "1-"})
    expect_value(text, text);
}

TEST(YamlScalars, Floats) {
  expect_value(".5", 0.5);
  expect_value("1.", 1.0);
  expect_value("-.5", -0.5);
  expect_value("+1.25", 1.25);
  expect_value("1e3", 1000.0);
  expect_value("1.E+3", 1000.0);
  expect_value("12e-1", 1.2);
  expect_value("01.5", 1.5);
  expect_value("1e-999", 0.0);
  for (const char* text :
       {".", "e3", ".e3", "1e", "1e+", "1e3.5", "inf", "nan", "Infinity", "NaN", "0x1p3", "+.nan"})
    expect_value(text, text);
}

TEST(YamlScalars, ANumberThatJsonDoesNotHaveIsAFault) {
  for (const char* yaml : {".inf", "-.INF", "+.Inf", ".NaN", ".nan", "1e999", "-1e999", "!!float .inf"})
    expect_fault(yaml, "JSON does not have");
  expect_fault(std::string(400, '9'), "JSON does not have");
  expect_value("\".inf\"", ".inf");
}

TEST(YamlScalars, WhatIsQuotedOrABlockIsAText) {
  for (const char* text : {"true", "Null", "7", "0x1F", ".5", "~", "1e3", ""}) {
    expect_value('"' + std::string(text) + '"', text);
    expect_value('\'' + std::string(text) + '\'', text);
  }
  expect_value("|-\n        7", "7");
  expect_value(">-\n        true", "true");
  expect_value("1\n        2", "1 2");
}

TEST(YamlScalars, TagsSayWhatAScalarIs) {
  expect_value("!!str 7", "7");
  expect_value("!!str 1.10", "1.10");
  expect_value("!!str true", "true");
  expect_value("!!str null", "null");
  expect_value("!!str", "");
  expect_value("! 7", "7");
  expect_value("!<tag:yaml.org,2002:str> 7", "7");
  expect_value("!!int \"7\"", 7);
  expect_value("!!int 0o17", 15);
  expect_value("!!float 7", 7.0);
  expect_value("!!float \"1e3\"", 1000.0);
  expect_value("!!bool \"True\"", true);
  expect_value("!!null \"\"", nullptr);
  expect_value("!!seq [1]", Json::array({1}));
  expect_value("!!map {a: 1}", Json{{"a", 1}});
}

TEST(YamlScalars, ATagThatIsUnknownOrDoesNotFitIsAFault) {
  expect_fault("!!int x", "'x' is no !!int");
  expect_fault("!!int 1.5", "'1.5' is no !!int");
  expect_fault("!!bool yes", "'yes' is no !!bool");
  expect_fault("!!null 0", "'0' is no !!null");
  expect_fault("!!float \"\"", "is no !!float");
  expect_fault("!mine 7", "the tag '!mine' is not known here: !!str");
  expect_fault("!!binary AAEC", "the tag '!!binary' is not known here");
  expect_fault("!!timestamp 2026-01-31", "!!timestamp");
  expect_fault("!mine {a: 1}", "'!mine' does not belong here");
  expect_fault("!!seq {a: 1}", "this is !!map");
  expect_fault("!!str [1]", "this is !!seq");
}

TEST(YamlScalars, KeysAreTheTextsThatTheyAreWrittenAs) {
  expect_value("{1: a, true: b, 0x1: c, !!str 2: d, on: e}",
               Json{{"1", "a"}, {"true", "b"}, {"0x1", "c"}, {"2", "d"}, {"on", "e"}});
  expect_fault("{1: a, \"1\": b}", "'1' stands here twice");
  expect_fault("{a: 1, !!str a: 2}", "'a' stands here twice");
  expect_fault("{~: a}", "needs quotes");
  expect_fault("{Null: a}", "needs quotes");
  expect_fault("{[a]: b}", "a key must be a text");
  expect_fault("{!mine a: b}", "'!mine' is not known here");
}

TEST(YamlScalars, AliasesAreCopiesAndMergingIsRefused) {
  expect_value("[&x {a: 1}, *x]", Json::array({{{"a", 1}}, {{"a", 1}}}));
  expect_fault("[&x {a: 1}, {<<: *x, b: 2}]", "YAML 1.2 merges no mappings");
  expect_fault("{<<: 1}", "in quotes");
  expect_value("{\"<<\": 1}", Json{{"<<", 1}});
  expect_fault("*nobody", "anchor");
  expect_fault("&x [*x]", "nested");
}

TEST(YamlScalars, HoldInEveryPlaceOfAFile) {
  const auto scenario = parse_scenario(R"(
name: !!str 7
variables: {v: {repeat: 1, times: 0x3}, w: Null, x: "Null"}
sessions: {a: {count: 0o2}}
server: {pace: +200, threads: 002, ping_interval: 1e1, llm_idle_timeout: .5}
steps:
  - {a: open, within: 0x2}
  - {a: {expect: {n: {type: null}, m: {lt: 0x10}, l: {length: 0o10}}, within: "250ms"}}
  - {a: {closed: 0x3E8}}
)",
                                       "s.yaml");
  ASSERT_TRUE(scenario) << scenario.error().where << scenario.error().message;
  EXPECT_EQ(scenario->name, "7");
  EXPECT_EQ(scenario->variables.at("v"), "111");
  EXPECT_EQ(scenario->variables.at("w"), nullptr);
  EXPECT_EQ(scenario->variables.at("x"), "Null");
  EXPECT_EQ(scenario->sessions.at("a").count, 2U);
  EXPECT_EQ(scenario->server->pace, 200U);
  EXPECT_EQ(scenario->server->threads, 2U);
  EXPECT_EQ(scenario->server->ping_interval, Milliseconds(10'000));
  EXPECT_EQ(scenario->server->llm_idle_timeout, Milliseconds(500));
  EXPECT_EQ(scenario->steps[0].within, Milliseconds(2000));
  EXPECT_EQ(scenario->steps[1].within, Milliseconds(250));
  const auto pattern = parse_pattern("{n: {type: null}, m: {lt: 0x10}, l: {length: 0o10}, t: TRUE}");
  EXPECT_TRUE(matches(pattern.value(), {{"n", nullptr}, {"m", 15}, {"l", "12345678"}, {"t", true}}));
}

TEST(YamlScalars, ATextIsNoCountAndANumberIsNoName) {
  const auto message_of = [](const std::string& rest) {
    const auto scenario =
        parse_scenario("name: n\nsessions: {a: {}}\n" + rest + "\nsteps: [{a: open}]\n", "s");
    return scenario ? std::string("accepted") : scenario.error().where + ": " + scenario.error().message;
  };
  EXPECT_THAT(message_of("server: {threads: \"3\"}"), HasSubstr("s:3:19: a whole number from 0 to 1024"));
  EXPECT_THAT(message_of("server: {threads: 3.0}"), HasSubstr("a whole number"));
  EXPECT_THAT(message_of("server: {threads: -1}"), HasSubstr("a whole number"));
  EXPECT_THAT(message_of("server: {threads: 18446744073709551615}"), HasSubstr("a whole number"));
  EXPECT_THAT(message_of("server: {threads: true}"), HasSubstr("a whole number"));
  EXPECT_THAT(message_of("server: {ping_interval: 1_000}"), HasSubstr("a time must stand here"));
  EXPECT_THAT(message_of("server: {ping_interval: -1}"), HasSubstr("a time must stand here"));
  EXPECT_THAT(message_of("server: {ping_interval: null}"), HasSubstr("a time must stand here"));
  EXPECT_THAT(message_of("server: {characters: Null}"), HasSubstr("a text must stand here"));
  EXPECT_THAT(message_of("server: {characters: !!int 7}"), HasSubstr("a text must stand here"));
}

}  // namespace
}  // namespace unmuted::probe
