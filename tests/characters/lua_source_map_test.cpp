#include <gtest/gtest.h>

#include "characters/lua/source_map.hpp"
#include "support/heap.hpp"

namespace unmuted {
namespace {

std::string at(const LuaSourceMap& map, std::string_view path) {
  const Position position = map.find(path);
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

TEST(LuaSourceMap, FindsFieldsPastCommentsStringsAndFunctions) {
  const std::string source = R"lua(-- return { name = "comment" }
--[==[ return { name = "long comment" } ]==]
local text = "return { name = 'string' }"
local function f(a) if a then return { name = 1 } end; for i = 1, 2 do end; repeat until true; return {} end
return {
  ["name"] = [[ } ]] .. "}", voice = { path = f(1, {2, 3}), x == y },
  instructions = function(self) return { text = 1, "," } end,
  tools = { { name = "é" }, f,
            { run = 0x1p-4; last = 1 } },
  [1 + 2] = 4,
}
)lua";
  const LuaSourceMap map(source);
  EXPECT_EQ(at(map, ""), "5:1");
  EXPECT_EQ(at(map, "name"), "6:3");
  EXPECT_EQ(at(map, "voice"), "6:30");
  EXPECT_EQ(at(map, "voice.path"), "6:40");
  EXPECT_EQ(at(map, "instructions"), "7:3");
  EXPECT_EQ(at(map, "tools[1].name"), "8:15");
  EXPECT_EQ(at(map, "tools[3]"), "9:13");
  EXPECT_EQ(at(map, "tools[3].last"), "9:29");
}

TEST(LuaSourceMap, WhatIsMissingIsAtWhatIsAroundIt) {
  const LuaSourceMap map("return {\n  voice = {\n    a = 1 } }");
  EXPECT_EQ(at(map, "voice.path_on_server"), "2:3");
  EXPECT_EQ(at(map, "voice[\"first name\"].deep"), "2:3");
  EXPECT_EQ(at(map, "nothing"), "1:1");
}

TEST(LuaSourceMap, FollowsAReturnedVariable) {
  const LuaSourceMap map("local M = {\n name = 1 }\nfunction M.reply() end\nreturn M\n");
  EXPECT_EQ(at(map, "name"), "2:2");
  EXPECT_EQ(at(map, "voice"), "4:1");
}

TEST(LuaSourceMap, FindsRequires) {
  const LuaSourceMap map("local a = require 'one'\nlocal b =\n  require(\"two\")\n-- require 'three'");
  EXPECT_EQ(map.find_require("one").line, 1);
  EXPECT_EQ(map.find_require("two").line, 3);
  EXPECT_EQ(map.find_require("three").line, 0);
}

TEST(LuaSourceMap, ColumnsCountCharacters) {
  const LuaSourceMap map("return { a = 'éé', b = 1 }");
  EXPECT_EQ(at(map, "b"), "1:20");
}

TEST(LuaSourceMap, TakesNoMoreMemoryForALongKeyAroundManyFields) {
  const std::string key(30'000, 'k');
  std::string source = "return { [\"" + key + "\"] = {";
  for (int i = 0; i < 15'000; ++i) source += "1,";
  source += "\n last = 1 } }";
  const std::size_t before = test::heap_in_use();
  const LuaSourceMap map(source);
  EXPECT_LT(test::heap_in_use(), before + (4U << 20U));
  EXPECT_EQ(at(map, "[\"" + key + "\"].last"), "2:2");  // a key of one word, but written as it is told
  EXPECT_EQ(at(map, key + "[15000]"), "1:" + std::to_string(10 + key.size() + 8 + 2 * 14'999));
}

TEST(LuaSourceMap, SurvivesWhatIsNotLua) {
  for (const char* source :
       {"", "return", "return {", "return { a", "return { a =", "return { a = (", "return }{",
        "return { ) ) }", "return { ,,, }", "[[", "--[[", "'", "\"\\", "return { [ }", "return {[[",
        "end end return { a = 1 }", "\xFF\xFE return { \x80 }"}) {
    EXPECT_GE(LuaSourceMap(source).find("a.b[2]").line, 1) << source;
  }
  EXPECT_GE(LuaSourceMap("return " + std::string(60'000, '{')).find("[1][1]").line, 1);
}

}  // namespace
}  // namespace unmuted
