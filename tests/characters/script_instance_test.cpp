#include "characters/script_instance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

  test::TemporaryFolder cast;
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

TEST_F(ScriptInstanceTest, ACharacterOfAFileThatDoesNotRunHasTheStandardPromptAndNoState) {
  auto told = std::make_shared<Character>();
  told->origin = {"card", "a.card", "this is no Lua", nullptr};
  told->instructions = {"Be {{char}}.", "en", {}};
  const auto it = ScriptInstance::create(told, options());
  ASSERT_TRUE(it) << it.error().message;
  EXPECT_EQ((*it)->system_prompt(context), "[en] Be {{char}}.");
  EXPECT_EQ((*it)->memory_used(), 0U);
  EXPECT_FALSE((*it)->dead());
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

TEST_F(ScriptInstanceTest, NothingThatIsSaidOrSentEndsAScript) {
  const auto it = instance(R"(reply = function(self, ctx)
    local last = ctx.history[#ctx.history]
    return #ctx.history .. " " .. type(ctx.context) .. " " .. ("You said: " .. last.content .. last.content) end,)");
  const auto said = [&](std::size_t messages, std::size_t bytes) {
    context.history = json::array();
    for (std::size_t i = 0; i < messages; ++i)
      context.history.push_back({{"role", "user"}, {"content", std::string(bytes, 'u')}});
  };
  const auto answers = [&](std::string_view beginning) {
    const auto reply = it->reply(context);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->text.substr(0, beginning.size()), beginning);
    EXPECT_FALSE(it->dead());
  };
  said(1, 90'000);
  answers("1 nil You said: ...uuu");
  said(3, 90'000);
  answers("3 nil");
  said(50, 16'384);
  answers("8 nil");  // as many as are 128 KiB together
  said(1'000, 3);
  answers("312 nil You said: uuuuuu");
  context.context = 1;
  for (int i = 0; i < 40; ++i) context.context = json::array({context.context});
  answers("312 table");
  context.context = json(8'192, 0);
  answers("312 table");
  context.context = json(100'000, json::object());
  answers("312 table");
  context.context = std::vector<std::string>(100, std::string(70'000, 'x'));
  answers("312 table");
  context.context = {{std::string(70'000, 'k'), 1}};
  answers("312 table");
}

TEST_F(ScriptInstanceTest, OfWhatIsTooLongAScriptSeesTheEnd) {
  const auto it = instance(R"(reply = function(self, ctx) return ctx.history[1].content end,)");
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "\u00E9\u20AC";
  context.history = json::array({{{"role", "user"}, {"content", text}}});
  const auto reply = it->reply(context);
  ASSERT_TRUE(reply);
  EXPECT_LE(reply->text.size(), 16'384U);
  EXPECT_GE(reply->text.size(), 16'380U);
  EXPECT_THAT(reply->text, testing::StartsWith("..."));
  EXPECT_THAT(reply->text, testing::EndsWith("\u00E9\u20AC"));
}

TEST_F(ScriptInstanceTest, AContextIsGivenAsFarAsAScriptTakesIt) {
  const auto it = instance(R"(reply = function(self, ctx)
    local depth, at = 0, ctx.context
    while type(at) == "table" do depth, at = depth + 1, at[1] end
    return depth .. " " .. tostring(at) end,)");
  const auto depth = [&](int levels) {
    context.context = "end";
    for (int i = 0; i < levels; ++i) context.context = json::array({context.context});
    return it->reply(context)->text;
  };
  EXPECT_EQ(depth(0), "0 end");
  EXPECT_EQ(depth(31), "31 end");
  EXPECT_EQ(depth(32), "31 nil");
  EXPECT_EQ(depth(1'000), "31 nil");
}

TEST_F(ScriptInstanceTest, ArgumentsThatAreTooLargeAreAFailureAndNotTheEnd) {
  const auto it =
      instance(R"(tools = { { name = "t", description = "d", run = function(args) return "ok" end } },)");
  const json long_text = {{"x", std::string(70'000, 'x')}}, many = {{"x", json(20'000, json::array())}};
  for (const json* arguments : {&long_text, &many})
    EXPECT_EQ(it->call_tool("t", *arguments, context).error().code, "script-error");
  EXPECT_EQ(it->call_tool("t", json::object(), context), "ok");
}

TEST_F(ScriptInstanceTest, ManyArgumentsOfBaseAreRefused) {
  const auto it = instance(R"(system_prompt = function(self, ctx)
    local s, t = ("x"):rep(65536), {}
    for i = 1, 9990 do t[i] = s end
    local function more(n, ...) if n == 0 then return ctx.base(...) end return more(n - 1, s, s, s, s, s, ...) end
    return more(1000, table.unpack(t)) end,)");
  const auto prompt = it->system_prompt(context);
  ASSERT_FALSE(prompt);
  EXPECT_THAT(prompt.error().message, HasSubstr("too many arguments"));
  EXPECT_FALSE(it->dead());
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
