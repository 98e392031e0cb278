#include <atomic>
#include <thread>

#include "script_fixture.hpp"

namespace unmuted::script {
namespace {

class StateTest : public ScriptTest {};

TEST_F(StateTest, GivesTheTableThatTheScriptReturns) {
  State state(environment);
  const auto loaded = state.load(
      "a.lua", R"(return {name = "Ann", list = {1, 2.5, true}, empty = {}, deep = {a = {b = "c"}}})");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, json::parse(R"({"name":"Ann","list":[1,2.5,true],"empty":{},"deep":{"a":{"b":"c"}}})"));
}

TEST_F(StateTest, MarksFunctions) {
  State state(environment);
  const auto loaded = state.load("a.lua", "return {f = function() end, g = 1}");
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(is_function((*loaded)["f"]));
  EXPECT_FALSE(is_function((*loaded)["g"]));
  EXPECT_EQ((*loaded)["f"], function_marker());
}

TEST_F(StateTest, CallsAFunctionWithItsArguments) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", R"(
    return {word = "hi", tools = {{run = function(self, ctx, args) return self.word .. ctx.who .. args.n end}}})"));
  ASSERT_TRUE(state.set_context({{"who", " you "}}));
  const auto result = state.call({"tools", std::size_t{1}, "run"}, {Self{}, Context{}, json{{"n", 3}}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, "hi you 3");
}

TEST_F(StateTest, GivesTheFirstResultOrNull) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return {none = function() end, two = function() return 1, 2 end}"));
  EXPECT_EQ(state.call({"none"}, {}).value(), nullptr);
  EXPECT_EQ(state.call({"two"}, {}).value(), 1);
}

TEST_F(StateTest, KeepsWhatAScriptRemembers) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "local n = 0 return {f = function() n = n + 1 return n end}"));
  EXPECT_EQ(state.call({"f"}, {}).value(), 1);
  EXPECT_EQ(state.call({"f"}, {}).value(), 2);
}

TEST_F(StateTest, StatesShareNothing) {
  State one(environment);
  State two(environment);
  ASSERT_TRUE(one.load("a.lua", "shared = 1; string.upper = nil; return {}"));
  EXPECT_EQ(two.load("a.lua", "return {tostring(shared), ('x'):upper()}").value(), json({"nil", "X"}));
}

TEST_F(StateTest, AssignsMembers) {
  State state(environment);
  ASSERT_TRUE(state.load(
      "a.lua", "return {instructions = {text = 'a'}, f = function(self) return self.instructions.text end}"));
  ASSERT_TRUE(state.assign({"instructions", "text"}, "b"));
  EXPECT_EQ(state.call({"f"}, {Self{}}).value(), "b");
  const auto failed = state.assign({"nothing", "text"}, "b");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "there is no nothing.text");
}

TEST_F(StateTest, NamesThePlaceOfAnError) {
  const Failure failed = failure("local x\n\nx.y = 1\nreturn {}");
  EXPECT_EQ(failed.kind, FailureKind::runtime);
  EXPECT_EQ(failed.message, "attempt to index a nil value (local 'x')");
  EXPECT_EQ(failed.file, "test.lua");
  EXPECT_EQ(failed.line, 3);
}

TEST_F(StateTest, NamesThePlaceOfASyntaxError) {
  const Failure failed = failure("return {\n  name = ,\n}");
  EXPECT_EQ(failed.kind, FailureKind::syntax);
  EXPECT_EQ(failed.message, "unexpected symbol near ','");
  EXPECT_EQ(failed.line, 2);
}

}  // namespace
}  // namespace unmuted::script
