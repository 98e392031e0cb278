/// Every script of tests/corpus/hostile tries to break out, to hang, or to exhaust something. Its first line
/// says what has to come of it, as in `-- expect: timeout|memory "part of the message"`. A script that
/// returns a table with a function `attack` gets that called too: with `ctx` and with its own table.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/utf8.hpp"
#include "script_fixture.hpp"
#include "support/cpu_time.hpp"

namespace unmuted::script {
namespace {

using test::thread_cpu;

namespace fs = std::filesystem;

struct HostileScript {
  std::string name, source;
  std::vector<std::string> outcomes;  ///< any of them
  std::string message;                ///< part of it
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

HostileScript parse(const fs::path& path) {
  HostileScript script{path.filename(), read_file(path), {}, {}};
  const std::size_t end = script.source.find('\n');
  std::string first = script.source.substr(0, end);
  script.source.erase(0, end + 1);
  constexpr std::string_view mark = "-- expect: ";
  if (!first.starts_with(mark)) throw std::runtime_error(script.name + " does not say what to expect");
  first.erase(0, mark.size());
  if (const std::size_t quote = first.find(" \""); quote != std::string::npos) {
    script.message = first.substr(quote + 2, first.size() - quote - 3);
    first.resize(quote);
  }
  std::istringstream outcomes(first);
  for (std::string outcome; std::getline(outcomes, outcome, '|');) script.outcomes.push_back(outcome);
  return script;
}

const std::vector<HostileScript>& corpus() {
  static const std::vector<HostileScript> scripts = [] {
    std::vector<HostileScript> found;
    for (const auto& entry : fs::directory_iterator(UNMUTED_SOURCE_DIR "/tests/corpus/hostile")) {
      if (entry.path().extension() == ".lua") found.push_back(parse(entry.path()));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return found;
  }();
  return scripts;
}

std::shared_ptr<const Resources> corpus_resources() {
  static const auto shared = [] {
    auto found = std::make_shared<Resources>();
    for (const auto& entry : fs::directory_iterator(UNMUTED_SOURCE_DIR "/tests/corpus/hostile/resources")) {
      found->emplace(entry.path().stem(), read_file(entry.path()));
    }
    return found;
  }();
  return shared;
}

std::string name_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::syntax:
      return "syntax";
    case FailureKind::runtime:
      return "runtime";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::memory:
      return "memory";
    case FailureKind::exhausted:
      return "exhausted";
    case FailureKind::killed:
      return "killed";
    case FailureKind::bad_value:
      return "bad_value";
    case FailureKind::not_utf8:
      return "not_utf8";
    case FailureKind::resource_not_found:
      return "resource_not_found";
    case FailureKind::resource_cycle:
      return "resource_cycle";
  }
  return "unknown";
}

/// Scripts that must not run out of time get plenty of it, so that a slow machine fails no test.
Limits limits_for(const HostileScript& script) {
  Limits limits;
  const bool may_time_out =
      std::find(script.outcomes.begin(), script.outcomes.end(), "timeout") != script.outcomes.end();
  limits.load_cpu = limits.call_cpu = may_time_out ? std::chrono::milliseconds(50) : std::chrono::seconds(20);
  limits.call_wall = std::chrono::seconds(may_time_out ? 10 : 60);
  return limits;
}

std::optional<Failure> attack(State& state, const Limits& limits, const HostileScript& script) {
  const auto loaded = state.load(script.name, script.source);
  EXPECT_LE(state.last_cost().memory_peak, limits.memory);
  if (!loaded) return loaded.error();
  if (!loaded->contains("attack")) return {};
  if (const auto set = state.set_context({{"who", "test"}}); !set) return set.error();
  const auto result = state.call({"attack"}, {Context{}, Self{}});
  EXPECT_LE(state.last_cost().memory_peak, limits.memory);
  if (!result) return result.error();
  return {};
}

void check(const HostileScript& script) {
  SCOPED_TRACE(script.name);
  Environment environment;
  environment.limits = limits_for(script);
  environment.budget = std::make_shared<MemoryBudget>(std::size_t{1} << 30U);
  environment.resources = corpus_resources();
  environment.log = [](std::string_view line) { EXPECT_LT(line.size(), 10'000U); };
  const auto budget = environment.budget;
  const Limits limits = environment.limits;

  const auto cpu_before = thread_cpu();
  {
    State state(std::move(environment));
    const auto failed = attack(state, limits, script);
    const std::string outcome = failed ? name_of(failed->kind) : "ok";
    const std::string message = failed ? failed->message : "";
    EXPECT_TRUE(std::find(script.outcomes.begin(), script.outcomes.end(), outcome) != script.outcomes.end())
        << outcome << ": " << message;
    EXPECT_NE(message.find(script.message), std::string::npos) << message;
    EXPECT_EQ(message, printable(message));
    EXPECT_LE(message.size(), 300U);
    EXPECT_EQ(message.empty(), !failed);

    const bool final = outcome == "timeout" || outcome == "memory";
    EXPECT_EQ(state.dead(), final);
    if (final) {
      EXPECT_EQ(budget->used(), 0U) << "an ended state gives its memory back at once";
      EXPECT_EQ(state.call({"attack"}, {}).error().kind, FailureKind::killed);
    }
  }
  EXPECT_EQ(budget->used(), 0U);
  EXPECT_LT(thread_cpu() - cpu_before, 10 * (limits.load_cpu + limits.call_cpu));
}

TEST(HostileTest, CorpusIsThere) {
  EXPECT_GE(corpus().size(), 45U);
}

TEST(HostileTest, EveryScriptEndsAsExpected) {
  for (const HostileScript& script : corpus()) check(script);
}

TEST(HostileTest, AlsoOnFourThreadsAtOnce) {
  std::vector<std::jthread> threads;
  for (std::size_t first = 0; first < 4; ++first) {
    threads.emplace_back([first] {
      const auto& scripts = corpus();
      for (std::size_t i = 0; i < scripts.size(); ++i)
        check(scripts[(i + first * scripts.size() / 4) % scripts.size()]);
    });
  }
}

}  // namespace
}  // namespace unmuted::script
