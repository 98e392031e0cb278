#include "characters/tool_schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace unmuted {
namespace {

using nlohmann::json;

std::string paths(const std::vector<SchemaProblem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    text += (text.empty() ? "" : " ") + (problem.path.empty() ? "(all)" : problem.path);
  }
  return text;
}

std::string faults(const char* schema) {
  return paths(read_tool_schema(json::parse(schema), "p").problems);
}

TEST(ToolSchema, AcceptsTheKeywordsItKnows) {
  EXPECT_EQ(faults(R"({"type":"object","description":"d","additionalProperties":false,"required":["a"],
    "properties":{"a":{"type":"integer","minimum":1,"maximum":3},"b":{"enum":["x",1,true]},
                  "c":{"type":"array","items":{"type":"string"}}}})"),
            "");
}

TEST(ToolSchema, TellsTheWrongOnesWithTheirPath) {
  EXPECT_EQ(faults(R"([])"), "p.type");
  EXPECT_EQ(faults(R"("x")"), "p");
  EXPECT_EQ(faults(R"({"type":"string"})"), "p.type");
  EXPECT_EQ(faults(R"({"type":"object","oneOf":[]})"), "p.oneOf");
  EXPECT_EQ(faults(R"({"type":"object","required":["a"]})"), "p.required[1]");
  EXPECT_EQ(faults(R"({"type":"object","properties":{"a":{"type":"text"}}})"), "p.properties.a.type");
  EXPECT_EQ(faults(R"({"type":"object","properties":{"a b":{"enum":[]}}})"), "p.properties[\"a b\"].enum");
  EXPECT_EQ(faults(R"({"type":"object","properties":{"a":{"minimum":2,"maximum":1}}})"),
            "p.properties.a.minimum");
}

TEST(ToolSchema, HasLimits) {
  json many{{"type", "object"}};
  for (int i = 0; i < 11; ++i) many["properties"]["p" + std::to_string(i)] = {{"type", "string"}};
  EXPECT_EQ(paths(read_tool_schema(many, "p").problems), "p.properties");
  json deep{{"type", "object"}};
  for (int i = 0; i < 20; ++i) deep = {{"type", "object"}, {"properties", {{"a", deep}}}};
  EXPECT_FALSE(read_tool_schema(deep, "p").problems.empty());
}

struct Call {
  const char* arguments;
  const char* faults;
};
/// The name of a test is the same in every run.
void PrintTo(const Call& call, std::ostream* out) {
  *out << call.arguments;
}
class ToolArguments : public testing::TestWithParam<Call> {};

TEST_P(ToolArguments, AreHeldAgainstTheSchema) {
  const json schema =
      json::parse(R"({"type":"object","required":["n"],"additionalProperties":false,"properties":{
    "n":{"type":"integer","minimum":1,"maximum":3},"s":{"enum":["x","y"]},
    "l":{"type":"array","items":{"type":"boolean"}},"o":{"type":"object","properties":{"d":{"type":"number"}}}}})");
  EXPECT_EQ(paths(check_arguments(schema, json::parse(GetParam().arguments))), GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(All, ToolArguments,
                         testing::Values(Call{R"({"n":1})", ""}, Call{R"({"n":2.0})", ""},
                                         Call{R"({"n":2.5})", "n"}, Call{R"({"n":0})", "n"},
                                         Call{R"({"n":4})", "n"}, Call{R"({})", "n"},
                                         Call{R"({"n":null})", "n"}, Call{R"({"n":1,"s":"z"})", "s"},
                                         Call{R"({"n":1,"extra":1})", "extra"},
                                         Call{R"({"n":1,"l":[true,1]})", "l[1]"},
                                         Call{R"({"n":1,"o":{"d":"x","e":1}})", "o.d"},
                                         Call{R"([])", "(all)"}, Call{R"({"n":"1","s":1})", "n s"}));

/// Schemas in one another, `count` in all.
json nested_schemas(int depth, int& count) {
  json schema = {{"type", "object"}, {"properties", json::object()}};
  for (int i = 0; i < 10 && depth < 6 && count > 0; ++i) {
    --count;
    schema["properties"]["p" + std::to_string(i)] = nested_schemas(depth + 1, count);
  }
  return schema;
}

TEST(ToolSchema, ArgumentsAreCheckedWithoutCopiesOfTheSchema) {
  int count = 3'000;
  const json schema = {{"type", "object"},
                       {"properties", {{"l", {{"type", "array"}, {"items", nested_schemas(0, count)}}}}}};
  const json arguments = {{"l", json(200'000, json::object())}};  // copies would take minutes
  EXPECT_TRUE(check_arguments(schema, arguments).empty());
}

TEST(ToolSchema, ALongKeyIsNotInEachProblem) {
  const std::string key(60'000, 'k');
  json inside = json::object();
  for (int i = 0; i < 9'000; ++i) inside["unknown_" + std::to_string(i)] = 1;
  const json schema = {{"type", "object"}, {"properties", {{key, inside}}}};
  const auto problems = read_tool_schema(schema, "p").problems;
  EXPECT_EQ(problems.size(), 50U);
  for (const SchemaProblem& problem : problems) EXPECT_LT(problem.path.size() + problem.message.size(), 500U);
}

TEST(ToolSchema, ManyFaultsAreCutShort) {
  const json schema =
      json::parse(R"({"type":"object","properties":{"l":{"type":"array","items":{"type":"null"}}}})");
  EXPECT_EQ(check_arguments(schema, {{"l", std::vector<int>(1000, 1)}}).size(), 10U);
}

}  // namespace
}  // namespace unmuted
