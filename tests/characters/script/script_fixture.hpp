#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "characters/script/state.hpp"

namespace unmuted::script {

using nlohmann::json;

/// A test of one script state: what it is made from, and ways to run a script in it.
class ScriptTest : public testing::Test {
 protected:
  ScriptTest() {
    environment.budget = budget;
    environment.resources = resources;
    environment.log = [this](std::string_view line) { logged.emplace_back(line); };
  }

  /// What the expressions give, as a list: `run("1 + 1, 'x'")` is [2, "x"].
  json values(const std::string& expressions) {
    State state(environment);
    const auto loaded = state.load("test.lua", "return {" + expressions + "}");
    if (!loaded) {
      ADD_FAILURE() << expressions << ": " << loaded.error().message;
      return nullptr;
    }
    return *loaded;
  }
  json value(const std::string& expression) { return values(expression).at(0); }

  /// How loading `source` fails.
  Failure failure(const std::string& source) {
    State state(environment);
    const auto loaded = state.load("test.lua", source);
    if (loaded) {
      ADD_FAILURE() << "no failure, but " << loaded->dump();
      return {};
    }
    return loaded.error();
  }

  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(std::size_t{1} << 30U);
  std::shared_ptr<Resources> resources = std::make_shared<Resources>();
  std::vector<std::string> logged;
  Environment environment;
};

}  // namespace unmuted::script
