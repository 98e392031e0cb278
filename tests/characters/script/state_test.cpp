#include <atomic>
#include <ctime>
#include <thread>

#include "characters/script/syntax.hpp"
#include "script_fixture.hpp"
#include "support/cpu_time.hpp"
#include "support/heap.hpp"

namespace unmuted::script {
namespace {

using test::thread_cpu;

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

TEST_F(StateTest, NamesLongFilesInFull) {
  const std::string name = std::string(30, 'a') + "é:1: " + std::string(80, 'b') + ".lua";
  State state(environment);
  const auto loaded = state.load(name, "\nerror('bad')");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().file, name);
  EXPECT_EQ(loaded.error().line, 2);
  EXPECT_EQ(loaded.error().message, "bad");
}

TEST_F(StateTest, NamesThePlaceOfAnErrorThatIsNoText) {
  const Failure failed = failure("local function f()\n  error({})\nend\nf()");
  EXPECT_EQ(failed.message, "error value of type table");
  EXPECT_EQ(failed.line, 2);
}

TEST_F(StateTest, NamesThePlaceInAResource) {
  (*resources)["broken"] = "\n\nlocal x = nil + 1";
  const Failure failed = failure("return { require 'broken' }");
  EXPECT_EQ(failed.kind, FailureKind::runtime);
  EXPECT_EQ(failed.file, "resources/broken.lua");
  EXPECT_EQ(failed.line, 3);
}

TEST_F(StateTest, NamesThePlaceOfAnEnding) {
  const Failure failed = failure("local n = 0\nwhile true do\n  n = n + 1\nend");
  EXPECT_EQ(failed.kind, FailureKind::timeout);
  EXPECT_EQ(failed.message, "more than 200 ms of processor time");
  EXPECT_GE(failed.line, 2);
  EXPECT_LE(failed.line, 3);
}

TEST_F(StateTest, MessagesAreOneShortPrintableLine) {
  const Failure failed = failure("error('a\\n\\27[31m\\xff' .. ('é'):rep(500))");
  EXPECT_TRUE(failed.message.starts_with("a\\n\\x1b[31m\uFFFDé")) << failed.message;
  EXPECT_LE(failed.message.size(), 300U);
}

TEST_F(StateTest, AcceptsAByteOrderMark) {
  State state(environment);
  EXPECT_EQ(state.load("a.lua", "\xEF\xBB\xBFreturn {1}").value(), json({1}));
}

TEST_F(StateTest, RefusesASourceThatIsTooLong) {
  const Failure failed = failure("return {} --" + std::string(64U << 10U, 'x'));
  EXPECT_EQ(failed.kind, FailureKind::syntax);
  EXPECT_EQ(failed.message, "test.lua has 65548 bytes; at most 65536 are allowed");
}

TEST_F(StateTest, TheLongestSourceParsesInBoundedTime) {
  // Lua links the jumps of such a chain one by one, each time from its start.
  std::string source = "local a = nil return a";
  while (source.size() < environment.limits.source - 5) source += " or a";
  State state(environment);
  const auto loaded = state.load("a.lua", source);
  ASSERT_FALSE(loaded);
  EXPECT_LT(state.last_cost().wall, std::chrono::seconds(10));
}

/// As long as a source may be. Lua takes the square of its length to parse it.
std::string slow_source(const std::string& end) {
  std::string source = "local a, x\nx =";
  while (source.size() < (64U << 10U) - 100) source += " a or";
  return source + end;
}

TEST_F(StateTest, ParsingCountsAgainstTheLimitsOfALoad) {
  environment.limits.load_cpu = std::chrono::milliseconds(10);
  const Failure failed = failure(slow_source(" a return {}"));
  EXPECT_EQ(failed.kind, FailureKind::timeout);
  EXPECT_EQ(failed.message, "more than 10 ms of processor time");
  EXPECT_EQ(failure(slow_source("\n )")).kind, FailureKind::timeout);
}

TEST_F(StateTest, ParsingAResourceCountsAgainstTheLimitsOfACall) {
  environment.limits.call_cpu = std::chrono::milliseconds(10);
  (*resources)["slow"] = slow_source("\n )");
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return { f = function()\n pcall(require, 'slow') return 'caught' end }"));
  const auto called = state.call({"f"}, {});
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().kind, FailureKind::timeout);
  EXPECT_EQ(called.error().line, 2);
  EXPECT_TRUE(state.dead());
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(StateTest, TheSearchForASyntaxErrorGivesUpOnASlowSource) {
  const std::string source = slow_source("\n )");
  EXPECT_TRUE(find_syntax_error("return 1 2"));
  const auto before = thread_cpu();
  EXPECT_EQ(find_syntax_error(source).value_or(source.size() - 1), source.size() - 1);
  EXPECT_LT(thread_cpu() - before, std::chrono::seconds(1));
}

TEST_F(StateTest, ATableMayHaveExactlyTheLimitOfKeys) {
  environment.limits.load_cpu = std::chrono::seconds(10);
  environment.limits.call_wall = std::chrono::seconds(20);
  EXPECT_EQ(value("(function() local t = {} for i = 1, 16384 do t['k' .. i] = 1 end return #t end)()"), 0);
  const Failure failed = failure("local t = {}\nfor i = 1, 16385 do t['k' .. i] = 1 end");
  EXPECT_EQ(failed.kind, FailureKind::memory);
  EXPECT_EQ(failed.message, "a table of more than 16384 entries by key; only a list may have more");
  EXPECT_EQ(failed.line, 2);
}

TEST_F(StateTest, AListMayBeLongerThanATableWithKeys) {
  environment.limits.load_cpu = std::chrono::seconds(10);
  environment.limits.call_wall = std::chrono::seconds(20);
  EXPECT_EQ(value("(function() local t = {} for i = 1, 150000 do t[i] = i end return #t end)()"), 150'000);
}

TEST_F(StateTest, AStringMayHaveExactlyTheLimit) {
  EXPECT_EQ(value("#(('x'):rep(65535) .. 'y')"), 65536);
  const Failure failed = failure("local s = ('x'):rep(65536) .. 'y'");
  EXPECT_EQ(failed.kind, FailureKind::memory);
  EXPECT_EQ(failed.message, "a string of more than 65536 bytes");
  EXPECT_EQ(failed.line, 1);
}

TEST_F(StateTest, RequireRunsAModuleOnce) {
  (*resources)["counter"] = "count = (count or 0) + 1 return { n = count }";
  (*resources)["silent"] = "silent_ran = true";
  EXPECT_EQ(values("require('counter').n, require('counter').n, require('counter') == require('counter'), "
                   "require 'silent', silent_ran"),
            json({1, 1, true, true, true}));
}

TEST_F(StateTest, RequireTellsWhatIsMissing) {
  const Failure failed = failure("\nlocal q = require 'quiz'");
  EXPECT_EQ(failed.kind, FailureKind::resource_not_found);
  EXPECT_EQ(failed.message, "there is no resource \"quiz\" (resources/quiz.lua)");
  EXPECT_EQ(failed.file, "test.lua");
  EXPECT_EQ(failed.line, 2);
  environment.resources = nullptr;
  EXPECT_EQ(failure("require 'quiz'").kind, FailureKind::resource_not_found);
}

TEST_F(StateTest, AModuleThatFailedMayBeTriedAgain) {
  (*resources)["moody"] = "tries = (tries or 0) + 1 if tries == 1 then error('no') end return tries";
  EXPECT_EQ(values("(pcall(require, 'moody')), require 'moody'"), json({false, 2}));
}

TEST_F(StateTest, RequireTellsACycle) {
  (*resources)["a"] = "return require 'b'";
  (*resources)["b"] = "\nreturn require 'a'";
  const Failure failed = failure("require 'a'");
  EXPECT_EQ(failed.kind, FailureKind::resource_cycle);
  EXPECT_EQ(failed.message, "resources that require each other: a -> b -> a");
  EXPECT_EQ(failed.file, "resources/b.lua");
  EXPECT_EQ(failed.line, 2);
}

TEST_F(StateTest, SetContextReplacesTheDataAndKeepsTheFunctions) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", R"(
    local kept = ctx
    return {
      spoil = function(given) given.random = nil; given.mine = 1 end,
      look = function(given)
        return { same = given == kept and kept == ctx, one = given.one, two = given.two, mine = given.mine,
                 random = type(given.random) }
      end,
    })"));
  ASSERT_TRUE(state.set_context({{"one", 1}}));
  ASSERT_TRUE(state.call({"spoil"}, {Context{}}));
  ASSERT_TRUE(state.set_context({{"two", json::array({1, nullptr})}, {"random", "not this"}}));
  EXPECT_EQ(state.call({"look"}, {Context{}}).value(),
            json::parse(R"({"same":true,"two":[1],"random":"function"})"));
  const auto failed = state.set_context(json::array({1}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, FailureKind::bad_value);
  EXPECT_FALSE(state.dead());
}

TEST_F(StateTest, CallsHostFunctions) {
  environment.functions["add"] = [](const std::vector<json>& arguments) -> tl::expected<json, std::string> {
    return arguments.at(0).get<int>() + arguments.at(1).get<int>();
  };
  environment.functions["refuse"] = [](const std::vector<json>&) -> tl::expected<json, std::string> {
    return tl::unexpected<std::string>("not today");
  };
  EXPECT_EQ(value("ctx.add(1, 2)"), 3);
  const Failure refused = failure("\nctx.refuse()");
  EXPECT_EQ(refused.message, "not today");
  EXPECT_EQ(refused.line, 2);
  EXPECT_EQ(values("pcall(ctx.refuse)"), json({false, "not today"}));
  EXPECT_EQ(failure("ctx.add(1)").kind, FailureKind::runtime) << "an exception is an error of the script";
  EXPECT_EQ(failure("local t = {} t[1] = t ctx.add(t)").kind, FailureKind::bad_value);
}

TEST_F(StateTest, HostFunctionsTakeFewArgumentsThatShareOneLimit) {
  int calls = 0;
  environment.functions["count"] =
      [&](const std::vector<json>& arguments) -> tl::expected<json, std::string> {
    ++calls;
    return arguments.size();
  };
  EXPECT_EQ(value("ctx.count(1, 2, 3, 4, 5, 6, 7, 8)"), 8);
  calls = 0;
  const Failure many = failure(R"(
    local s = ("x"):rep(65536)
    local t = {}
    for i = 1, 9990 do t[i] = s end
    ctx.count(table.unpack(t)))");
  EXPECT_EQ(many.message, "too many arguments: 9990; at most 8 are allowed");
  EXPECT_EQ(many.line, 5);
  const Failure long_together = failure("local s = ('x'):rep(60000) ctx.count(s, s, s, s, s)");
  EXPECT_EQ(long_together.kind, FailureKind::bad_value);
  const Failure lists_together = failure("local t = {} for i = 1, 6000 do t[i] = i end ctx.count(t, t)");
  EXPECT_EQ(lists_together.kind, FailureKind::bad_value);
  EXPECT_EQ(calls, 0);
}

TEST_F(StateTest, TheHostRemembersNoMoreOfAResourceThatFailsAgainAndAgain) {
  (*resources)["broken"] = "x =";
  environment.limits.call_cpu = std::chrono::seconds(60);
  environment.limits.call_wall = std::chrono::seconds(60);
  State state(environment);
  ASSERT_TRUE(
      state.load("a.lua", "return { f = function() for i = 1, 5000 do pcall(require, 'broken') end end }"));
  ASSERT_TRUE(state.call({"f"}, {}));
  const std::size_t before = test::heap_in_use();
  ASSERT_TRUE(state.call({"f"}, {}));
  ASSERT_TRUE(state.call({"f"}, {}));
  EXPECT_LT(test::heap_in_use(), before + (256U << 10U));
}

TEST_F(StateTest, AFileWithTheNameOfAPlaceIsNotTakenForOne) {
  const auto failure_of = [&](const char* file, const char* source) {
    State state(environment);
    const auto loaded = state.load(file, source);
    return loaded ? Failure{} : loaded.error();
  };
  const Failure value = failure_of("[\"x.lua", "return { [\"x.lua:7: y\"] = 0/0 }");
  EXPECT_EQ(value.kind, FailureKind::bad_value);
  EXPECT_EQ(value.message, "[\"x.lua:7: y\"] is a number that is not finite");
  EXPECT_EQ(value.line, 0);
  const Failure raised = failure_of("a.lua", "\nerror('a.lua:-3: no place', 0)");
  EXPECT_EQ(raised.message, "a.lua:-3: no place");
  EXPECT_EQ(raised.line, 2);
  EXPECT_EQ(failure_of("a.lua", "\n\nerror('a.lua:1: a place', 0)").line, 1);
  EXPECT_EQ(failure_of("a.lua", "\n\nerror('a.lua:4: behind its end', 0)").line, 3);
}

TEST_F(StateTest, AFailedCallLeavesTheStateUsable) {
  State state(environment);
  ASSERT_TRUE(state.load(
      "a.lua", "return { bad = function() error('x') end, good = function() return 1 end, no = 1 }"));
  EXPECT_EQ(state.call({"bad"}, {}).error().message, "x");
  EXPECT_EQ(state.call({"missing", "deep"}, {}).error().message, "there is no missing.deep");
  EXPECT_EQ(state.call({"no"}, {}).error().message, "there is no function no");
  EXPECT_EQ(state.call({"good"}, {}).value(), 1);
}

TEST_F(StateTest, CallsBeforeALoadFail) {
  State state(environment);
  EXPECT_EQ(state.call({"f"}, {}).error().kind, FailureKind::runtime);
  EXPECT_FALSE(state.dead());
}

TEST_F(StateTest, NestedArgumentsAreBounded) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return { f = function() end }"));
  json deep = 1;
  for (int i = 0; i < 40; ++i) deep = json::array({deep});
  EXPECT_EQ(state.call({"f"}, {deep}).error().kind, FailureKind::bad_value);
  EXPECT_EQ(state.call({"f"}, {function_marker()}).error().kind, FailureKind::bad_value);
}

TEST_F(StateTest, WhatTheHostGivesIsRefusedAndEndsNoScript) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return { f = function(x) return #x end }"));
  const json long_text = std::string(70'000, 'x'),
             texts = std::vector<std::string>(5, std::string(60'000, 'x'));
  const json long_key = {{std::string(70'000, 'x'), 1}}, many(10'001, 0);
  const json lists = json::array({json(6'000, 0), json(6'000, 0)});
  for (const json* value : {&long_text, &texts, &long_key, &many, &lists}) {
    const auto failed = state.call({"f"}, {*value});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, FailureKind::bad_value) << failed.error().message;
    EXPECT_EQ(state.set_context({{"x", *value}}).error().kind, FailureKind::bad_value);
    EXPECT_EQ(state.assign({"x"}, *value).error().kind, FailureKind::bad_value);
  }
  EXPECT_EQ(state.call({"f"}, {json(10'000, 0)}), 10'000);
}

TEST_F(StateTest, ATimeoutIsFinal) {
  environment.limits.call_cpu = std::chrono::milliseconds(20);
  State state(environment);
  ASSERT_TRUE(state.load(
      "a.lua", "return { spin = function() while true do pcall(function() while true do end end) end end }"));
  const auto failed = state.call({"spin"}, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, FailureKind::timeout);
  EXPECT_EQ(failed.error().message, "more than 20 ms of processor time");
  EXPECT_TRUE(state.dead());
  EXPECT_EQ(state.memory_used(), 0U);
  EXPECT_EQ(budget->used(), 0U);
  EXPECT_EQ(state.call({"spin"}, {}).error().kind, FailureKind::killed);
  EXPECT_EQ(state.set_context({}).error().kind, FailureKind::killed);
}

TEST_F(StateTest, WallTimeIsLimitedToo) {
  environment.limits.call_wall = std::chrono::milliseconds(1);
  environment.functions["wait"] = [](const std::vector<json>&) -> tl::expected<json, std::string> {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return nullptr;
  };
  const Failure failed = failure("ctx.wait() ctx.wait() return {}");
  EXPECT_EQ(failed.kind, FailureKind::timeout);
  EXPECT_EQ(failed.message, "more than 1 ms until its end");
}

TEST_F(StateTest, KillEndsWhatRuns) {
  environment.limits.call_cpu = environment.limits.call_wall = std::chrono::seconds(60);
  std::atomic<bool> running{false};
  environment.functions["started"] = [&running](const std::vector<json>&) -> tl::expected<json, std::string> {
    running = true;
    running.notify_all();
    return nullptr;
  };
  State state(environment);
  ASSERT_TRUE(state.load("a.lua",
                         "return { f = function(ctx) ctx.started() while true do pcall(function() while true "
                         "do end end) end end }"));
  std::jthread killer([&] {
    running.wait(false);
    state.kill();
  });
  const auto failed = state.call({"f"}, {Context{}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, FailureKind::killed);
  EXPECT_TRUE(state.dead());
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(StateTest, KillEndsWhatWouldCome) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return { f = function() end }"));
  EXPECT_FALSE(state.dead());
  state.kill();
  EXPECT_TRUE(state.dead());
  EXPECT_EQ(state.call({"f"}, {}).error().kind, FailureKind::killed);
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(StateTest, AnExhaustedBudgetIsAFailure) {
  budget = std::make_shared<MemoryBudget>(100U << 10U);
  environment.budget = budget;
  const Failure failed = failure("local t = {} while true do t[#t + 1] = {} end");
  EXPECT_EQ(failed.kind, FailureKind::exhausted);
  EXPECT_EQ(failed.message, "the server's memory for scripts is used up");
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(StateTest, ABudgetTooSmallForAStateIsAFailure) {
  for (const std::size_t bytes : {0U, 1U, 8U << 10U}) {
    environment.budget = std::make_shared<MemoryBudget>(bytes);
    State state(environment);
    EXPECT_EQ(state.load("a.lua", "return {}").error().kind, FailureKind::exhausted);
    EXPECT_TRUE(state.dead());
    EXPECT_EQ(state.load("a.lua", "return {}").error().kind, FailureKind::killed);
    EXPECT_EQ(environment.budget->used(), 0U);
  }
}

TEST_F(StateTest, EveryLackOfMemoryIsAFailure) {
  // Whichever allocation is the one that fails.
  for (std::size_t bytes = 1'000; bytes < 40'000; bytes += 97) {
    environment.limits.memory = bytes;
    State state(environment);
    const auto loaded = state.load(
        "a.lua", "local t = json.decode('[1,[2,{\"a\":\"b\"}]]') pcall(table.sort, t) return {t, f = nil}");
    if (loaded) continue;
    EXPECT_EQ(loaded.error().kind, FailureKind::memory) << bytes << ": " << loaded.error().message;
  }
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(StateTest, TellsWhatACallCost) {
  State state(environment);
  ASSERT_TRUE(state.load("a.lua", "return { f = function() local s = ('x'):rep(60000) end }"));
  const std::size_t before = state.memory_used();
  ASSERT_TRUE(state.call({"f"}, {}));
  EXPECT_GE(state.last_cost().memory_peak, before + 60'000);
  EXPECT_GT(state.last_cost().wall.count(), 0);
  EXPECT_GE(budget->used(), state.memory_used());
}

}  // namespace
}  // namespace unmuted::script
