#include "services/json_repair.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

std::string read_repaired(std::string_view text) {
  const auto value = read_repaired_json(text);
  return value ? write_json(*value) : "none";
}

TEST(JsonRepair, HalvesOfCharacters) {
  EXPECT_EQ(read_repaired(R"(["Hi \ud83d"])"), "[\"Hi \uFFFD\"]");
  EXPECT_EQ(read_repaired(R"(["\ude42 there"])"), "[\"\uFFFD there\"]");
  EXPECT_EQ(read_repaired(R"(["\ud83d\u0041\ud83d\ude42\uDC00"])"), "[\"\uFFFDA\U0001F642\uFFFD\"]");
  EXPECT_EQ(read_repaired(R"(["\ud83d\ud83d\ude42"])"), "[\"\uFFFD\U0001F642\"]");
}

TEST(JsonRepair, BytesThatAreNoCharacter) {
  EXPECT_EQ(read_repaired("[\"a\xFFz\"]"), "[\"a\uFFFDz\"]");
  EXPECT_EQ(read_repaired("[\"caf\xE9\"]"), "[\"caf\uFFFD\"]");
  EXPECT_EQ(read_repaired("[\"\xF0\x9F\x99\", \"é\"]"), "[\"\uFFFD\uFFFD\uFFFD\",\"é\"]");
}

TEST(JsonRepair, NumbersThatJsonDoesNotHave) {
  EXPECT_EQ(read_repaired(R"({"a":NaN,"b":[Infinity,-Infinity,-NaN],"c":"NaN and Infinity"})"),
            R"({"a":null,"b":[null,null,null],"c":"NaN and Infinity"})");
}

TEST(JsonRepair, EscapesAndControlCharacters) {
  EXPECT_EQ(read_repaired(R"(["it\'s \$5 \\ \" \u12"])"), "[\"it's $5 \\\\ \\\" \uFFFD12\"]");
  EXPECT_EQ(read_repaired("[\"a\nb\tc\"]"), R"(["a\nb\tc"])");
}

TEST(JsonRepair, WhatIsNoJsonStaysNone) {
  for (const char* text :
       {"", "NaN and more", "{", "[1,]", "\"\\", "[\"\\u", "\"\xFF", "{\"a\": [}", "\xFF"}) {
    EXPECT_EQ(read_repaired(text), "none") << text;
  }
  EXPECT_FALSE(read_repaired_json("[\"\xFF\"]", {.max_bytes = 4}));
}

}  // namespace
}  // namespace unmuted
