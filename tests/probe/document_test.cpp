// docs/wsprobe.md is what people write scenarios by: it must name every key that the reader knows, and no
// other.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/scenario.hpp"
#include "probe/step_kinds.hpp"

namespace unmuted::probe {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(std::string(UNMUTED_SOURCE_DIR "/") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> captures(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i) found.push_back((*i)[1]);
  return found;
}

void add_all(std::set<std::string>& set, const std::vector<std::string>& more) {
  set.insert(more.begin(), more.end());
}

/// Small words in the first column of the tables; what stands in capitals is for the reader to fill in.
std::set<std::string> documented_keys() {
  std::set<std::string> keys;
  for (const std::string& cell : captures(content_of("docs/wsprobe.md"), "\n\\| (`[^|\n]*`) \\|")) {
    for (const std::string& code : captures(cell, "`([^`]*)`"))
      add_all(keys, captures(code, "\\b([a-z][a-z0-9_]*)\\b"));
  }
  return keys;
}

/// The names of all steps, what the reader asks for by name, and the words that it compares with.
std::set<std::string> keys_of_the_reader() {
  std::set<std::string> keys;
  for (const auto kinds : {session_steps(), other_steps()}) {
    for (const StepKind& kind : kinds) keys.insert(std::string(kind.name));
  }
  std::string source;
  for (const char* file : {"scenario_reader", "step_reader", "step_kinds", "speech_reader", "pattern_reader"})
    source += content_of("lib/probe/" + std::string(file) + ".cpp");
  for (const char* pattern :
       {R"re(\b(?:take|need|has)\("([a-z0-9_]+)"\))re", R"re(const char\* within = "([a-z_]+)")re",
        R"re((?:Scalar\(\)|name) == "([a-z_]+)")re"}) {
    add_all(keys, captures(source, pattern));
  }
  const std::size_t matchers = source.find("is_matcher_name");
  add_all(keys, captures(source.substr(matchers, source.find(';', matchers) - matchers), "\"([a-z]+)\""));
  return keys;
}

TEST(WsprobeDocument, NamesEveryKeyThatTheReaderKnowsAndNoOther) {
  const auto keys = keys_of_the_reader();
  EXPECT_GT(keys.size(), 60U);
  EXPECT_EQ(documented_keys(), keys);
}

TEST(WsprobeDocument, ItsScenariosAreOnes) {
  std::size_t scenarios = 0;
  for (const std::string& block : captures(content_of("docs/wsprobe.md"), "```yaml\n([^`]*)```")) {
    const bool is_whole = block.starts_with("name:");
    const auto scenario = parse_scenario(is_whole ? block : "name: n\nsteps:\n" + block, "docs/wsprobe.md");
    EXPECT_TRUE(scenario) << block << scenario.error().where << ": " << scenario.error().message;
    ++scenarios;
  }
  EXPECT_GE(scenarios, 2U);
}

/// Whether the reader has a meaning for what stands at KEY, whatever it says of the value.
bool knows(const std::string& scenario, const std::string& key) {
  const auto read = parse_scenario(std::regex_replace(scenario, std::regex("KEY"), key), "s.yaml");
  const std::string message = read ? "" : read.error().message;
  for (const char* unknown :
       {"has no key", "neither a session nor a step", "is no matcher", "is no action"}) {
    if (message.find(unknown) != std::string::npos) return false;
  }
  return true;
}

TEST(WsprobeDocument, ItsKeysMayStandWhereItSays) {
  struct Table {
    const char* title;
    std::vector<std::string> scenarios;  ///< with KEY where the table's keys may stand
  };
  const Table tables[] = {
      {"at the top", {"{name: n, steps: [], KEY: [[]]}"}},
      {"in a session", {"{name: n, steps: [], sessions: {a: {KEY: [[]]}}}"}},
      {"in `server`", {"{name: n, steps: [], server: {KEY: [[[]]]}}"}},
      {"step of a session",
       {"{name: n, sessions: {a: {}}, steps: [{a: {KEY: [[]]}}]}",
        "{name: n, sessions: {a: {}}, steps: [{a: KEY}]}"}},
      {"beside a step", {"{name: n, sessions: {a: {}}, steps: [{a: {next: {}, KEY: [[]]}}]}"}},
      {"other step", {"{name: n, steps: [{KEY: [[[[]]]]}]}"}},
      {"matcher", {"{name: n, steps: [{http: {path: /, expect: {a: {KEY: [[]]}}}}]}"}}};
  const std::string document = content_of("docs/wsprobe.md");
  for (const Table& table : tables) {
    const std::size_t begin = document.find("| " + std::string(table.title) + " | meaning |");
    ASSERT_NE(begin, std::string::npos) << table.title;
    const std::string rows = document.substr(begin, document.find("\n\n", begin) - begin);
    for (const std::string& cell : captures(rows, "\n\\| (`[^|\n]*`) \\|")) {
      for (const std::string& key : captures(cell, "`([a-z_]+)")) {
        EXPECT_TRUE(std::any_of(table.scenarios.begin(), table.scenarios.end(),
                                [&](const std::string& scenario) { return knows(scenario, key); }))
            << table.title << ": " << key;
      }
    }
  }
}

}  // namespace
}  // namespace unmuted::probe
