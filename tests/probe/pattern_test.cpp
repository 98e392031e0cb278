#include "probe/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/scenario.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

const Json event = Json::parse(R"({
  "type": "error", "count": 3, "ratio": 2.5, "flag": true, "none": null, "text": "Grüße",
  "error": {"code": "not_found", "message": "no such: /nowhere"},
  "names": ["b", "a", "a"],
  "errors": [{"file": "x.lua", "line": 4}, {"file": "y.lua", "line": 7}]})");

bool fits(const std::string& pattern) {
  return matches(parse_pattern(pattern).value(), event);
}

TEST(Pattern, LiteralsAreEqualInTypeAndValue) {
  EXPECT_TRUE(fits("{type: error, count: 3, ratio: 2.5, flag: true, none: null}"));
  EXPECT_TRUE(fits("{names: [b, a, a]}"));
  EXPECT_FALSE(fits("{names: [a, a, b]}"));
  EXPECT_FALSE(fits("{count: \"3\"}"));
  EXPECT_FALSE(fits("{count: 4}"));
}

TEST(Pattern, WhatIsNotNamedDoesNotMatter) {
  EXPECT_TRUE(fits("{}"));
  EXPECT_TRUE(fits("{error.code: not_found}"));
}

TEST(Pattern, AMissingFieldMatchesOnlyItsAbsence) {
  EXPECT_FALSE(fits("{missing: null}"));
  EXPECT_FALSE(fits("{missing: {type: \"null\"}}"));
  EXPECT_TRUE(fits("{missing: {type: absent}}"));
  EXPECT_TRUE(fits("{missing: {not: 3}}"));
  EXPECT_FALSE(fits("{none: {type: absent}}"));
}

TEST(Pattern, ContainsLooksIntoTextsAndLists) {
  EXPECT_TRUE(fits("{error.message: {contains: /nowhere}}"));
  EXPECT_FALSE(fits("{error.message: {contains: elsewhere}}"));
  EXPECT_TRUE(fits("{names: {contains: a}}"));
  EXPECT_FALSE(fits("{names: {contains: c}}"));
  EXPECT_TRUE(fits("{errors: {contains: {file: y.lua, line: {gt: 5}}}}"));
  EXPECT_FALSE(fits("{errors: {contains: {file: y.lua, line: 4}}}")) << "the fields of two elements";
  EXPECT_FALSE(fits("{count: {contains: 3}}"));
}

TEST(Pattern, SetComparesWithoutOrderButCounts) {
  EXPECT_TRUE(fits("{names: {set: [a, b, a]}}"));
  EXPECT_FALSE(fits("{names: {set: [a, b]}}"));
  EXPECT_TRUE(fits("{\"errors[*].line\": {set: [7, 4]}}"));
}

TEST(Pattern, LengthIsOfTextsInCharactersAndOfLists) {
  EXPECT_TRUE(fits("{text: {length: 5}}"));
  EXPECT_TRUE(fits("{names: {length: 3}, errors: {length: {lt: 3}}}"));
  EXPECT_FALSE(fits("{count: {length: 1}}"));
}

TEST(Pattern, ComparesNumbers) {
  EXPECT_TRUE(fits("{count: {gt: 2, lt: 4}}"));
  EXPECT_FALSE(fits("{count: {gt: 3}}"));
  EXPECT_FALSE(fits("{type: {lt: 100}}"));
}

TEST(Pattern, KnowsTypes) {
  EXPECT_TRUE(
      fits("{count: {type: integer}, ratio: {type: number}, flag: {type: boolean}, names: {type: array}}"));
  EXPECT_TRUE(fits("{type: {type: string}, error: {type: object}, none: {type: \"null\"}}"));
  EXPECT_FALSE(fits("{ratio: {type: integer}}"));
}

TEST(Pattern, MatchesRegularExpressions) {
  EXPECT_TRUE(fits("{error.message: {matches: \"^no .*where$\"}}"));
  EXPECT_FALSE(fits("{error.message: {matches: \"^where\"}}"));
}

TEST(Pattern, LinesMeanNothingToARegularExpression) {
  const Json value = {{"text", "a\nb"}};
  EXPECT_TRUE(matches(parse_pattern(R"({text: {matches: "^a\\sb$"}})").value(), value));
  for (const char* expression : {"a$", "^b", "a.b"}) {
    EXPECT_FALSE(
        matches(parse_pattern("{text: {matches: \"" + std::string(expression) + "\"}}").value(), value))
        << expression;
  }
}

TEST(Pattern, ARegularExpressionIsBoundedOnAnyText) {
  const Json value = {{"text", std::string(1'000'000, 'a') + "!"}};
  for (const char* expression :
       {"(a|b)*c", "(a+)+$", "(x+x+)+y", "(|a)*b", "(a*)*(a*)*(a*)*b", "^(.|a)*$c"}) {
    EXPECT_FALSE(
        matches(parse_pattern("{text: {matches: \"" + std::string(expression) + "\"}}").value(), value))
        << expression;
  }
  EXPECT_TRUE(matches(parse_pattern("{text: {matches: \"a!$\"}}").value(), value));
}

TEST(Pattern, WhatIsNoRegularExpressionIsRefusedAtItsPlace) {
  for (const std::string& expression :
       {std::string("("), std::string("[z-a]"), std::string(100'000, '('), std::string(100'000, '[')}) {
    const auto pattern = parse_pattern("{text: {matches: \"" + expression + "\"}}");
    ASSERT_FALSE(pattern) << expression.substr(0, 10);
    EXPECT_THAT(pattern.error().message, HasSubstr("is no regular expression"));
    EXPECT_LT(pattern.error().message.size(), 500U);
  }
}

TEST(Pattern, NotTurnsAnyMatcher) {
  EXPECT_TRUE(fits("{type: {not: warning}, error.message: {not: {contains: elsewhere}}}"));
  EXPECT_FALSE(fits("{type: {not: error}}"));
}

TEST(Pattern, SaysWhatDoesNotFit) {
  const auto missed = mismatches(parse_pattern("{type: error, count: 4, gone: 1}").value(), event);
  ASSERT_EQ(missed.size(), 2U);
  EXPECT_EQ(missed[0], "count should be 4, and is 3");
  EXPECT_EQ(missed[1], "gone should be 1, and is missing");
}

TEST(Pattern, VariablesAreBoundEverywhere) {
  const Json three = 3;
  const Json file = "y.lua";
  const Lookup lookup = [&](std::string_view name) {
    return name == "n" ? &three : name == "f" ? &file : nullptr;
  };
  const auto bound = bind_variables(
      parse_pattern("{count: \"${n}\", errors: {contains: {file: \"${f}\"}}, names: {length: \"${n}\"}}")
          .value(),
      lookup);
  ASSERT_TRUE(bound);
  EXPECT_TRUE(matches(*bound, event));
  const auto unknown = bind_variables(parse_pattern("{count: \"${m}\"}").value(), lookup);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("${m}"));
}

TEST(Variables, AreTypedAloneAndTextsWithin) {
  const Json number = 12;
  const Lookup lookup = [&](std::string_view name) { return name == "n" ? &number : nullptr; };
  Room room;
  EXPECT_EQ(substitute(Json("${n}"), lookup, room).value(), 12);
  EXPECT_EQ(substitute(Json("no ${n} and ${n}"), lookup, room).value(), "no 12 and 12");
  EXPECT_EQ(substitute(Json("$${n} costs $5 {}"), lookup, room).value(), "${n} costs $5 {}");
  EXPECT_EQ(substitute(Json("${n"), lookup, room).value(), "${n");
  EXPECT_EQ(substitute(Json{{"a", {"${n}"}}}, lookup, room).value(), (Json{{"a", {12}}}));
  EXPECT_EQ(substitute_text("${n}", lookup, room).value(), "12");
}

}  // namespace
}  // namespace unmuted::probe
