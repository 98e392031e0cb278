#include "core/json.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::string refusal_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto read = read_json(text, limits);
  if (read) return "";
  EXPECT_EQ(read.error().code, "invalid_json");
  return read.error().message;
}

TEST(ReadJson, EveryKindOfValue) {
  const auto read = read_json(R"( {"a":[1,-2,2.5,true,null,"é\n"],"b":{}} )");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, json::parse(R"({"a":[1,-2,2.5,true,null,"é\n"],"b":{}})"));
  EXPECT_EQ(read_json("7"), json(7));
}

TEST(ReadJson, OfTwoMembersWithOneNameTheLastCounts) {
  EXPECT_EQ(read_json(R"({"a":{"b":[1]},"a":2})"), json({{"a", 2}}));
}

TEST(ReadJson, MalformedTextSaysWhere) {
  EXPECT_EQ(refusal_of(R"({"type": nul})"), R"(Malformed JSON at byte 13, at the end of: {"type": nul})");
  EXPECT_THAT(refusal_of("[1"), HasSubstr("ends too early, after byte 2"));
  EXPECT_THAT(refusal_of(""), HasSubstr("ends too early"));
  EXPECT_THAT(refusal_of(std::string_view("{}\0{}", 5)), HasSubstr("byte 3"));
  EXPECT_THAT(refusal_of("{} {}"), HasSubstr("byte 4"));
  EXPECT_THAT(refusal_of("[\"\xff\"]"), HasSubstr("byte 3"));
}

TEST(ReadJson, LimitsAreMetWhileItReads) {
  EXPECT_EQ(refusal_of(nested(64)), "");
  EXPECT_THAT(refusal_of(nested(65)), HasSubstr("nested deeper than 64"));
  // Neither closed nor ever looked at: what it would become does not matter.
  EXPECT_THAT(refusal_of(std::string(1'000'000, '[')), HasSubstr("nested deeper than 64"));
  EXPECT_EQ(refusal_of("[1,2,3]", {.max_values = 4}), "");
  EXPECT_THAT(refusal_of("[1,2,3", {.max_values = 3}), HasSubstr("more than 3 values"));
  EXPECT_EQ(refusal_of("[1,2]", {.max_bytes = 5}), "");
  EXPECT_THAT(refusal_of("[1,2] ", {.max_bytes = 5}), HasSubstr("longer than 5 bytes"));
}

TEST(WriteJson, AnyStringBecomesText) {
  EXPECT_EQ(write_json({{"a", "x\xff\n"}}), "{\"a\":\"x\uFFFD\\n\"}");
}

TEST(WrittenSize, IsThatOfWhatIsWritten) {
  for (const char* text :
       {"null", "true", "false", "0", "-12", "18446744073709551615", "1.0", "-2.5e300", "0.1", "1e-7", "\"\"",
        R"("a\"\\/\b\f\n\r\t\u0000\u000b\u001f\u007fé😀")", "[]", "{}", "[[],{},[{}]]", "[1,2.5,[true,null]]",
        R"({"a":1,"b\n":[{"":"x"}],"c":{"d":{}}})"}) {
    const json value = read_json(text).value();
    EXPECT_EQ(written_size(value), write_json(value).size()) << text;
  }
}

TEST(Json, WhiteSpaceThatDoesNotEndIsRefusedBeforeItIsParsed) {
  const std::string few(4'000, '\n');
  EXPECT_TRUE(read_json("{" + few + "\"a\": 1}" + few));
  const std::string many(250'000, '\n');
  for (const std::string& text : {many + "x", "{" + many + "\"a\": 1}", "{}" + many}) {
    const auto read = read_json(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "invalid_json");
    EXPECT_THAT(read.error().message, testing::HasSubstr("too much white space"));
  }
  EXPECT_TRUE(read_json("{" + std::string(250'000, ' ') + "}"));
}

}  // namespace
}  // namespace unmuted
