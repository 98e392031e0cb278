// A character file on all of its ways: loaded under any name, then its prompt, its reply and its tools.
// Whatever it does, it stays within its limits of memory and time, gives back what it took, and what is said
// of it can be shown.
//
// The input is the name of the file without `.lua`, a byte 0, and its text.

#include <chrono>
#include <ctime>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "characters/formats/lua_format.hpp"
#include "characters/script_instance.hpp"
#include "conversation/prompt.hpp"
#include "core/utf8.hpp"
#include "fuzz/diagnostics.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted;
using nlohmann::json;
using std::chrono::milliseconds;

script::Limits limits() {
  script::Limits made;
  made.memory = 2U << 20U;
  made.load_cpu = milliseconds(40);
  made.call_cpu = milliseconds(20);
  made.call_wall = std::chrono::seconds(20);
  return made;
}

std::shared_ptr<const script::Resources> resources() {
  static const auto shared = std::make_shared<const script::Resources>(script::Resources{
      {"words", "return { 'one', 'two', f = function(n) return n end }"},
      {"again", "return require('words')"},
      {"circle", "return require('circle')"},
      {"raises", "error('on purpose')"},
      {"broken", "x ="},
      {"nothing", "return nil"},
      {"itself", "local t = {} t.t = t return t"},
      {"not-utf8", "return '\xFF'"},
  });
  return shared;
}

/// A call may take its limit, and some more until the watchdog has seen it; slow machines and sanitizers get
/// much more.
template <class Call>
auto bounded(Call call) {
  const auto cpu = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  const auto before = cpu();
  auto result = call();
  FUZZ_CHECK(cpu() - before < milliseconds(2'000));
  return result;
}

class Run {
 public:
  Run(std::string file, std::string source) : file_(std::move(file)), source_(std::move(source)) {}

  void check() {
    const auto reading = bounded([&] {
      return formats::read_lua({"lua", file_, source_, resources()},
                               {limits(), std::chrono::seconds(1), budget_, {}});
    });
    FUZZ_CHECK(budget_->used() == 0);
    FUZZ_CHECK(reading.diagnostics.size() <= 100);
    bool failed = false;
    for (const Diagnostic& diagnostic : reading.diagnostics) {
      fuzz::check_diagnostic(diagnostic, source_);
      failed = failed || diagnostic.severity == Severity::error;
    }
    FUZZ_CHECK(failed == !reading.character);
    if (reading.character) check_character(reading.character);
    FUZZ_CHECK(budget_->used() == 0);
  }

 private:
  void check_character(const CharacterPtr& character) {
    FUZZ_CHECK(!character->name.empty() && character->name.size() <= 100);
    FUZZ_CHECK(printable(character->name) == character->name || is_utf8(character->name));
    FUZZ_CHECK(character->tools.size() <= 10);
    for (const Tool& tool : character->tools) FUZZ_CHECK(json::parse(tool.parameters).is_object());

    const auto made = bounded([&] { return ScriptInstance::create(character, options()); });
    if (!made) return fuzz::check_diagnostic(made.error(), source_);
    check_calls(**made, *character);
    FUZZ_CHECK((*made)->memory_used() <= limits().memory);
    FUZZ_CHECK(budget_->used() <= limits().memory + (64U << 10U));
  }

  void check_calls(ScriptInstance& instance, const Character& character) {
    const CallContext context = told();
    check(bounded([&] { return instance.system_prompt(context); }));
    if (character.has_reply) {
      const auto reply = bounded([&] { return instance.reply(context); });
      if (reply) FUZZ_CHECK(is_utf8(reply->text));
      if (!reply) fuzz::check_diagnostic(reply.error(), source_);
    }
    for (const Tool& tool : character.tools) {
      for (const json& arguments : {json::object(), json{{"n", 3}, {"text", "x"}, {"list", {1, 2}}}, json()})
        check(bounded([&] { return instance.call_tool(tool.name, arguments, context); }));
    }
  }

  void check(const tl::expected<std::string, Diagnostic>& text) const {
    if (text) FUZZ_CHECK(is_utf8(*text));
    if (!text) fuzz::check_diagnostic(text.error(), source_);
  }

  [[nodiscard]] InstanceOptions options() const {
    InstanceOptions made;
    made.seed = 7;
    made.limits = limits();
    made.budget = budget_;
    made.base_prompt = standard_prompt;
    made.log = [](std::string_view line) { FUZZ_CHECK(line.size() <= 4'096); };
    if (source_.size() % 2 == 1) made.instructions_override = "You are {{x}} {{";
    return made;
  }

  static CallContext told() {
    CallContext context;
    context.now = std::chrono::system_clock::time_point(std::chrono::seconds(1'769'000'000));
    context.llm_name = "model";
    context.context = {{"a", {1, 2, "x"}}, {"b", nullptr}};
    context.history = json::array({{{"role", "user"}, {"content", "Hello *there*, 1 2 3!"}},
                                   {{"role", "assistant"}, {"content", "L’été — \xF0\x9F\x98\x80"}}});
    return context;
  }

  std::string file_, source_;
  std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>(8U << 20U);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  std::string name(fuzz::take_text(input).substr(0, 251));
  std::replace(name.begin(), name.end(), '/', '_');
  if (!is_utf8(name)) name = "x";  // such a file is not read
  Run(name + ".lua", std::string(input)).check();
  return 0;
}
