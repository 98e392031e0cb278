#include "probe/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

RunResult run(const std::string& rest, std::map<std::string, std::string> variables = {}) {
  const auto scenario = parse_scenario(
      "name: n\nserver: {characters: \"${CASTS}/alpha\"}\nsessions: {a: {}, many: {count: 3}}\n" + rest,
      "s.yaml");
  if (!scenario) throw std::runtime_error(scenario.error().where + ": " + scenario.error().message);
  RunOptions options;
  options.in_process = true;
  options.variables = std::move(variables);
  options.variables["CASTS"] = UNMUTED_SOURCE_DIR "/tests/casts";
  return run_scenario(*scenario, options);
}

Failure failure_of(const std::string& rest) {
  const RunResult result = run(rest);
  return result.failure.value_or(Failure{{}, "", "it went through", {}, false});
}

TEST(Runner, AnUnmetExpectationIsAFailureWithItsPlace) {
  const Failure failure = failure_of(R"(
steps:
  - a: open
  - a: {send: {type: session.characters.list}}
  - a: {expect: {type: session.characters.listed, character_count: 7}, within: 100ms}
  - a: {send: {type: never.sent}}
)");
  EXPECT_EQ(failure.place.line, 8);
  EXPECT_THAT(failure.step, HasSubstr("character_count: 7"));
  EXPECT_THAT(failure.message, HasSubstr("session a: no event like {"));
  EXPECT_THAT(failure.message, HasSubstr("nearest: character_count should be 7, and is 2"));
  ASSERT_EQ(failure.events.size(), 1U);
  EXPECT_THAT(failure.events[0], HasSubstr("session.characters.listed"));
  EXPECT_FALSE(failure.environment);
}

TEST(Runner, AVariableBeginsNoOtherLineOfARequest) {
  for (const char* step : {"headers: {X: \"${v}\"}, path: /v1/health", "path: \"/${v}\""}) {
    const RunResult result = run("steps: [{http: {" + std::string(step) + "}}]\n", {{"v", "a\r\nEvil: 1"}});
    ASSERT_TRUE(result.failure) << step;
    EXPECT_THAT(result.failure->message, HasSubstr("has a line break or a NUL in it"));
    EXPECT_TRUE(result.failure->environment);
  }
}

TEST(Runner, ACopyIntoItselfIsAMistake) {
  const Failure failure = failure_of(R"(
setup:
  - write: {path: d/file, text: x}
  - copy: {from: "${TMP}", to: d/e}
steps: [{a: open}]
)");
  EXPECT_THAT(failure.message, HasSubstr("which lies in it"));
  EXPECT_TRUE(failure.environment);
}

TEST(Runner, VariablesMadeOfVariablesAreBounded) {
  const Failure failure = failure_of(R"(
variables: {a: {repeat: x, times: 9000000}, b: "${a}", c: "${a}"}
steps: [{a: open}]
)");
  EXPECT_THAT(failure.message, HasSubstr("longer than 16 MiB"));
  EXPECT_TRUE(failure.environment);
}

TEST(Runner, NextAbsentAndClosedCanFail) {
  const std::string ask = "steps:\n  - a: open\n  - a: {send: {type: session.characters.list}}\n";
  EXPECT_THAT(failure_of(ask + "  - a: {next: {type: error}}\n").message,
              HasSubstr("the next event is another"));
  EXPECT_THAT(failure_of(ask + "  - a: {send: {type: session.characters.list}}\n"
                               "  - a: {next: {type: session.characters.listed}}\n"
                               "  - a: {expect: {type: session.characters.listed}}\n"
                               "  - a: {send: {type: x}}\n  - a: {send: {type: session.characters.list}}\n"
                               "  - a: {expect: {type: session.characters.listed}}\n"
                               "  - a: {absent: {type: error}}\n")
                  .message,
              HasSubstr("an event arrived that should not"));
  EXPECT_THAT(failure_of("steps: [{a: open}, {a: {closed: 1000, within: 50ms}}]\n").message,
              HasSubstr("still open"));
  EXPECT_THAT(failure_of("steps: [{a: open}, {a: refused}]\n").message, HasSubstr("should have refused"));
  EXPECT_THAT(failure_of("steps: [{a: {send: {type: x}}}, {a: {next: {}}}]\n").message,
              HasSubstr("'open' comes first"));
}

TEST(Runner, AWaitEndsWithTheConnection) {
  const Failure failure = failure_of("steps: [{a: open}, {a: vanish}, {a: {expect: {type: x}}}]\n");
  EXPECT_THAT(failure.message, HasSubstr("the connection closed with 1006"));
}

TEST(Runner, TheFirstFailureEndsTheOtherBranches) {
  const TimePoint start = Clock::now();
  const Failure failure = failure_of(R"(
steps:
  - a: open
  - many: open
  - parallel:
      - - a: {expect: {type: never}, within: 10m}
      - - sleep: 10m
      - - many: {absent: {type: x}}
        - assert: ["1 > 2"]
)");
  EXPECT_THAT(failure.message, HasSubstr("1 > 2"));
  EXPECT_LT(Clock::now() - start, std::chrono::minutes(5));
}

TEST(Runner, MembersOfAGroupHaveVariablesOfTheirOwn) {
  const RunResult result = run(R"(
steps:
  - many: open
  - many: {send: {type: session.characters.list, event_id: "list-${index}"}}
  - many: {next: {request_id: "list-${index}"}, capture: {mine: request_id}}
  - many: {send: {type: session.characters.list, event_id: "again-${mine}"}}
  - many: {next: {request_id: "again-list-${index}"}, label: list}
  - assert: [latency(list).count == 3]
)");
  EXPECT_FALSE(result.failure) << result.failure->message;
}

TEST(Runner, CapturedValuesKeepTheirType) {
  const RunResult result = run(R"(
variables: {wanted: 1}
steps:
  - a: open
  - a: {send: {type: session.characters.list}}
  - a: {next: {type: session.characters.listed}, capture: {n: character_count}}
  - a: {send: {type: session.characters.list}}
  - a: {next: {character_count: "${n}"}}
  - http: {path: /v1/voices, expect: {body: {length: "${wanted}"}}, capture: {name: "body[0].name"}}
  - assert: ["${n} == 2"]
)");
  EXPECT_FALSE(result.failure) << result.failure->message;
}

TEST(Runner, WhatTheRunNeedsAndLacksIsNoFailureOfTheServer) {
  EXPECT_TRUE(failure_of("steps: [{a: open}, {a: {send: {type: \"${unknown}\"}}}]\n").environment);
  EXPECT_TRUE(failure_of("setup: [{copy: {from: /nowhere/x, to: y}}]\nsteps: [{a: open}]\n").environment);
  EXPECT_TRUE(failure_of("steps: [{write: {path: /etc/hosts, text: x}}, {a: open}]\n").environment);
  EXPECT_TRUE(run("steps: [{a: open}]\n", {{"CASTS_", "x"}}).failure == std::nullopt);
}

TEST(Runner, TheServerIsNotLookedIntoFromOutside) {
  const auto scenario = parse_scenario("name: n\nsteps: [{server_holds: {sessions: 0}}]\n", "s.yaml");
  RunOptions options;
  options.url = "ws://127.0.0.1:1";
  const RunResult result = run_scenario(scenario.value(), options);
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->message, HasSubstr("--in-process"));
  EXPECT_TRUE(result.failure->environment);
}

TEST(Runner, TheServersStateIsWaitedForWithAnEnd) {
  const Failure failure = failure_of("steps: [{server_holds: {sessions: 3}, within: 50ms}]\n");
  EXPECT_EQ(failure.message, "the server holds 0 sessions and should hold 3");
  EXPECT_THAT(failure_of("steps: [{pool: hold}, {pool: {wait_held: 1}, within: 50ms}]\n").message,
              HasSubstr("did not hold 1 jobs within 50 ms"));
  EXPECT_THAT(failure_of("steps: [{pool: hold}, reload_default]\n").message, HasSubstr("release the pool"));
}

}  // namespace
}  // namespace unmuted::probe
