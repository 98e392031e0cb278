#include "characters/script_instance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::minimal;
using testing::HasSubstr;

class ScriptInstanceTest : public testing::Test, protected test::LoaderFixture {
 protected:
  CharacterPtr character(const std::string& more) {
    const auto source = more.starts_with("local") ? more : minimal("a", more);
    cast.write("a.lua", source);
    const auto set = loader().load(cast.path());
    EXPECT_TRUE(set && (*set)->find("a")) << source;
    return (*set)->find("a");
  }

  InstanceOptions options(std::uint64_t seed = 1) {
    InstanceOptions made;
    made.module_name = "session_x.characters.a";
    made.seed = seed;
    made.budget = budget;
    made.registry = registry;
    made.base_prompt = [](std::string_view text, std::string_view language) {
      return "[" + std::string(language) + "] " + std::string(text);
    };
    made.log = [this](std::string_view line) { logged.emplace_back(line); };
    return made;
  }

  ScriptInstancePtr instance(const std::string& more, std::uint64_t seed = 1) {
    auto made = ScriptInstance::create(character(more), options(seed));
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }

  test::TemporaryDirectory cast;
  std::shared_ptr<ModuleRegistry> registry = std::make_shared<ModuleRegistry>();
  std::vector<std::string> logged;
  CallContext context;
};

TEST_F(ScriptInstanceTest, ThePromptIsTheStandardOneUnlessTheScriptMakesIt) {
  EXPECT_EQ(instance("")->system_prompt(context), "[en] Be brief.");
  const auto own = instance(R"(system_prompt = function(self, ctx)
    return ctx.base(self.instructions.text .. " {{list}}/{{n}}", { list = { "x", "y" }, n = 2 }) end,)");
  EXPECT_EQ(own->system_prompt(context), "[en] Be brief. x\ny/2");
}

TEST_F(ScriptInstanceTest, ContextIsWhatTheCallSays) {
  const auto it = instance(R"(system_prompt = function(self, ctx)
    return ctx.now.weekday .. " " .. ctx.now.iso .. " " .. ctx.timezone .. " " .. ctx.language .. " " .. ctx.llm_name
      .. " " .. ctx.context.level .. " " .. ctx.history[1].content end,)");
  context.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'769'882'700));
  context.llm_name = "model";
  context.context = {{"level", 3}};
  context.history = json::array({{{"role", "user"}, {"content", "hi"}}});
  EXPECT_EQ(it->system_prompt(context), "Saturday 2026-01-31T18:05:00+00:00 UTC en model 3 hi");
}

TEST_F(ScriptInstanceTest, InstructionsCanBeReplacedForOneInstance) {
  auto with_override = options();
  with_override.instructions_override = "Be long.";
  const auto shared =
      character("system_prompt = function(self, ctx) return ctx.base(self.instructions.text) end,");
  const auto it = ScriptInstance::create(shared, with_override);
  ASSERT_TRUE(it);
  EXPECT_EQ((*it)->system_prompt(context), "[en] Be long.");
  EXPECT_EQ((*it)->instructions().text, "Be long.");
  EXPECT_EQ(shared->instructions.text, "Be brief.");
}

TEST_F(ScriptInstanceTest, RepliesAreATextOrATextThatCloses) {
  const auto it = instance(R"(reply = function(self, ctx)
    local said = ctx.history[1].content
    if said == "bye" then return { text = "Bye!", close = true } end
    if said == "odd" then return 7 end
    return "You said " .. said end,)");
  const auto say = [&](const char* text) {
    context.history = json::array({{{"role", "user"}, {"content", text}}});
    return it->reply(context);
  };
  EXPECT_EQ(say("hello")->text, "You said hello");
  EXPECT_FALSE(say("hello")->close);
  EXPECT_TRUE(say("bye")->close);
  EXPECT_EQ(say("odd").error().code, "script-error");
  EXPECT_EQ(say("again")->text, "You said again");  // an error is not the end of the instance
}

TEST_F(ScriptInstanceTest, ToolsKeepTheStateOfTheirInstanceAlone) {
  const std::string counter =
      "local count = 0\n" + minimal("a", R"(tools = { { name = "add", description = "d",
    run = function(args) count = count + args.n; return count end },
    { name = "table", description = "d", run = function() return { list = { 1, "x" } } end },
    { name = "none", description = "d", run = function() end },
    { name = "fails", description = "d", run = function() error("on purpose") end } },)");
  const auto one = instance(counter), two = instance(counter);
  EXPECT_EQ(one->call_tool("add", {{"n", 2}}, context), "2");
  EXPECT_EQ(one->call_tool("add", {{"n", 3}}, context), "5");
  EXPECT_EQ(two->call_tool("add", {{"n", 1}}, context), "1");
  EXPECT_EQ(one->call_tool("table", json::object(), context), R"({"list":[1,"x"]})");
  EXPECT_EQ(one->call_tool("none", json::object(), context), "");
  EXPECT_THAT(one->call_tool("fails", json::object(), context).error().message, HasSubstr("on purpose"));
  EXPECT_EQ(one->call_tool("missing", json::object(), context).error().code, "script-error");
}

TEST_F(ScriptInstanceTest, TheSameSeedGivesTheSamePrompt) {
  const std::string random = "system_prompt = function(self, ctx) return '' .. ctx.random(1000000) end,";
  EXPECT_EQ(instance(random, 5)->system_prompt(context), instance(random, 5)->system_prompt(context));
  EXPECT_NE(instance(random, 5)->system_prompt(context), instance(random, 6)->system_prompt(context));
}

TEST_F(ScriptInstanceTest, PromptFailuresHaveTheirCodes) {
  const auto code = [&](const std::string& body) {
    return instance("system_prompt = function(self, ctx) " + body + " end,")
        ->system_prompt(context)
        .error()
        .code;
  };
  EXPECT_EQ(code("error('x')"), "prompt-error");
  EXPECT_EQ(code("return 3"), "prompt-error");
  EXPECT_EQ(code("return '\\xFF'"), "prompt-error");
  EXPECT_EQ(code("return ctx.base('{{gone}}', { other = 1 })"), "prompt-error");
  EXPECT_EQ(code("return ctx.base(('{{x}}'):rep(100), { x = ('y'):rep(60000) })"), "prompt-error");
  EXPECT_EQ(code("while true do end"), "script-timeout");
  EXPECT_EQ(code("local t = {} for i = 1, 1e9 do t[i] = i end"), "script-memory");
}

TEST_F(ScriptInstanceTest, AKilledInstanceAnswersWithErrors) {
  const auto it = instance("reply = function() return 'x' end,");
  it->kill();
  EXPECT_TRUE(it->dead());
  EXPECT_FALSE(it->reply(context));
}

TEST_F(ScriptInstanceTest, ModulesAreListedAsLongAsTheyLive) {
  auto one = instance(""), two = instance("");
  EXPECT_EQ(registry->size(), 2U);
  one.reset();
  EXPECT_THAT(registry->names(), testing::ElementsAre("session_x.characters.a"));
  two.reset();
  EXPECT_EQ(registry->size(), 0U);
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(ScriptInstanceTest, LogLinesReachTheirSink) {
  EXPECT_TRUE(instance("reply = function(self, ctx) ctx.log('hello') return '' end,")->reply(context));
  EXPECT_THAT(logged, testing::ElementsAre("hello"));
}

}  // namespace
}  // namespace unmuted
