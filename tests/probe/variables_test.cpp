#include "probe/variables.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/pattern.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {
namespace {

const Json* find(std::string_view name) {
  static const std::map<std::string, Json, std::less<>> variables = {
      {"n", 7}, {"text", "x"}, {"list", {1, "a"}}, {"long", std::string(1'000'000, 'x')}};
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : &found->second;
}

std::string repeated(const std::string& text, int times) {
  std::string whole;
  for (int i = 0; i < times; ++i) whole += text;
  return whole;
}

std::string text_of(const std::string& written) {
  Room room;
  return substitute_text(written, find, room).value();
}

TEST(Variables, AreReplacedInTexts) {
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("a ${n} b ${text}${list} c"), "a 7 b x[1,\"a\"] c");
  EXPECT_EQ(text_of("$${n} $ $$ ${n"), "${n} $ $$ ${n");
  EXPECT_EQ(text_of("$${n}${n}$"), "${n}7$");
  Room room;
  EXPECT_EQ(substitute_text("${none}", find, room).error().code, "unknown_variable");
}

TEST(Variables, KeepTheirTypeWhereTheyStandAlone) {
  Room room;
  const Json document = {{"a", "${n}"}, {"b", {"${list}", "n ${n}"}}, {"${n}", true}};
  EXPECT_EQ(substitute(document, find, room).value(),
            (Json{{"a", 7}, {"b", {{1, "a"}, "n 7"}}, {"${n}", true}}));
}

TEST(Variables, WhatTheyMakeIsBoundedTogether) {
  Room room;
  EXPECT_EQ(substitute_text(repeated("${long}", 16), find, room)->size(), 16'000'000U);
  EXPECT_EQ(substitute_text("${long}", find, room).error().code, "text_too_long");
  EXPECT_TRUE(substitute_text("short", find, room));
  Json events = Json::array();
  for (int i = 0; i < 17; ++i) events.push_back("${long}");
  Room other;
  EXPECT_EQ(substitute(events, find, other).error().code, "text_too_long");
}

TEST(Variables, OfAPatternAreBoundedTogether) {
  std::string fields;
  for (int i = 0; i < 17; ++i) fields += "f" + std::to_string(i) + ": \"${long}\", ";
  const auto bound = bind_variables(parse_pattern("{" + fields + "}").value(), find);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, "text_too_long");
}

}  // namespace
}  // namespace unmuted::probe
