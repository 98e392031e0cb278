#include "probe/scenario.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

std::string with_steps(const std::string& steps) {
  return "name: n\nsessions: {a: {}, b: {count: 3}}\nsteps:\n" + steps;
}

void expect_error(const std::string& text, const std::string& place, const std::string& message) {
  const auto scenario = parse_scenario(text, "s.yaml");
  ASSERT_FALSE(scenario) << text;
  EXPECT_EQ(scenario.error().code, "invalid_scenario");
  EXPECT_EQ(scenario.error().where, "s.yaml:" + place) << scenario.error().message;
  EXPECT_THAT(scenario.error().message, HasSubstr(message));
}

TEST(Scenario, ReadsEveryKindOfStep) {
  const auto scenario = parse_scenario(with_steps(R"(
  - a: open
  - a: {send: {type: x, n: 1, quoted: "1"}}
  - a: {expect: {type: y}, label: l, capture: {n: count}, within: 150ms}
  - a: {next: {type: y}}
  - a: {absent: {type: z}}
  - a: {send_raw: text}
  - a: {send_raw: {base64: AAEC}}
  - a: vanish
  - b: {close: {code: 1001, reason: bye}}
  - b: {closed: 1000}
  - b: {refused: {message: {contains: "403"}}}
  - parallel:
      - - a: open
      - - b: open
        - sleep: 10ms
  - repeat: {times: 3, steps: [{a: open}]}
  - scrape: before
  - {assert: ["metric(x).value == 1"], within: 2s}
  - http: {method: POST, path: /x, json: {a: 1}, expect: {status: 200}}
  - pool: hold
  - pool: {wait_held: 2}
  - pool: release
  - server_holds: {sessions: 0}
  - reload_default
  - write: {path: x, text: y}
  - copy: {from: x, to: y}
  - remove: x
)"),
                                       "s.yaml");
  ASSERT_TRUE(scenario) << scenario.error().where << scenario.error().message;
  ASSERT_EQ(scenario->steps.size(), 24U);
  const Step& send = scenario->steps[1];
  EXPECT_EQ(std::get<Send>(std::get<SessionStep>(send.what).action).event,
            (Json{{"type", "x"}, {"n", 1}, {"quoted", "1"}}));
  const Step& expect = scenario->steps[2];
  EXPECT_EQ(expect.place.line, 7);
  EXPECT_EQ(expect.place.column, 5);
  EXPECT_THAT(expect.source, HasSubstr("a: {expect:"));
  EXPECT_EQ(expect.label, "l");
  EXPECT_EQ(expect.within, Milliseconds(150));
  EXPECT_EQ(expect.capture.at("n").text(), "count");
  const auto& raw = std::get<SendRaw>(std::get<SessionStep>(scenario->steps[6].what).action);
  EXPECT_TRUE(raw.binary);
  EXPECT_EQ(raw.payload, std::string("\0\1\2", 3));
  EXPECT_EQ(std::get<Parallel>(scenario->steps[11].what).branches[1].size(), 2U);
  EXPECT_TRUE(needs_in_process(scenario->steps));
  EXPECT_EQ(scenario->sessions.at("b").count, 3U);
}

TEST(Scenario, NamesThePlaceOfWhatItDoesNotKnow) {
  expect_error("name: n\nstep: []\n", "1:1", "needs the key 'steps'");
  expect_error("name: n\nsteps: []\nservr: {}\n", "3:1", "did you mean 'server'?");
  expect_error(with_steps("  - c: open\n"), "4:5", "'c' is neither a session nor a step");
  expect_error(with_steps("  - a: opn\n"), "4:8", "no action");
  expect_error(with_steps("  - a: {expct: {type: x}}\n"), "4:9", "did you mean 'expect'?");
  expect_error(with_steps("  - a: {send: {type: x}, label: l}\n"), "4:26", "'label'");
  expect_error(with_steps("  - {a: open, b: open}\n"), "4:15", "'b'");
  expect_error(with_steps("  - a: {expect: {error: {code: x}}}\n"), "4:26", "join the path with dots");
  expect_error(with_steps("  - a: {expect: {error: {type: fatal}}}\n"), "4:32", "error.type");
  expect_error(with_steps("  - a: {expect: {a..b: 1}}\n"), "4:18", "not a path");
  expect_error(with_steps("  - a: {expect: {a: {matches: \"(\"}}}\n"), "4:31", "no regular expression");
  expect_error(with_steps("  - assert: [\"latency(x).p98 < 1\"]\n"), "4:14", "p50");
  expect_error(with_steps("  - a: {send_raw: {base64: \"?\"}}\n"), "4:28", "base64");
  expect_error(with_steps("  - sleep: soon\n"), "4:12", "a time");
}

TEST(Scenario, NamesThePlaceOfADoubledKey) {
  expect_error("name: n\nname: m\nsteps: []\n", "2:1", "'name' stands here twice");
  expect_error(with_steps("  - a: {send: {type: x, type: y}}\n"), "4:25", "'type' stands here twice");
}

TEST(Scenario, NamesThePlaceOfBrokenYaml) {
  const auto scenario = parse_scenario("name: n\nsteps: [\n  {a: open\n", "s.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error().where, HasSubstr("s.yaml:"));
}

TEST(Scenario, BoundsWhatItReads) {
  EXPECT_FALSE(parse_scenario(std::string(2U << 20U, '#'), "s.yaml"));
  std::string nested;
  for (int i = 0; i < 60; ++i) nested += "[";
  for (int i = 0; i < 60; ++i) nested += "]";
  expect_error("name: n\nsteps: " + nested + "\n", "2:48", "nested");
  expect_error("name: n\nsessions: {a: {count: 20000}}\nsteps: []\n", "2:23", "whole number");
  expect_error(with_steps("  - repeat: {times: 99999999, steps: []}\n"), "4:21", "whole number");
  std::string bomb = "name: n\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
  char previous = 'a';
  for (const char name : {'b', 'c', 'd', 'e', 'f'}) {
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i > 0 ? ", *" : "*") + previous;
    bomb += "]\n";
    previous = name;
  }
  const auto scenario = parse_scenario(bomb, "s.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error().message, HasSubstr("100000 values"));
}

TEST(Scenario, SetupChangesFilesOnly) {
  expect_error("name: n\nsessions: {a: {}}\nsetup: [{a: open}]\nsteps: []\n", "3:8", "'setup'");
}

TEST(Scenario, BuildsLongTexts) {
  const auto scenario = parse_scenario(
      "name: n\nvariables: {v: {repeat: ab, times: 3}}\nsteps: [{http: {path: /}}]\n", "s.yaml");
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->variables.at("v"), "ababab");
  expect_error("name: n\nvariables: {v: {repeat: abcdefgh, times: 9999999}}\nsteps: []\n", "2:16", "16 MiB");
}

TEST(Scenario, ReadsDurations) {
  EXPECT_EQ(parse_duration("150ms"), Milliseconds(150));
  EXPECT_EQ(parse_duration("2s"), Milliseconds(2000));
  EXPECT_EQ(parse_duration("0.5"), Milliseconds(500));
  EXPECT_EQ(parse_duration("1m"), Milliseconds(60'000));
  for (const char* text : {"", "ms", "-1s", "1h", "11m", "1.2.3"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Scenario, AFileThatIsNotThereIsSaidSo) {
  const auto scenario = load_scenario("/nowhere/x.yaml");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().code, "file_failed");
  EXPECT_THAT(scenario.error().message, HasSubstr("/nowhere/x.yaml: No such file"));
  EXPECT_THAT(load_scenario("/nowhere/*.yaml").error().message, HasSubstr("no file matches the pattern"));
  EXPECT_THAT(load_scenario("/").error().message, HasSubstr("it is a directory"));
  EXPECT_THAT(load_scenario("").error().message, HasSubstr("No such file"));
}

TEST(Scenario, AFileThatHasNoEndIsNotRead) {
  const test::TemporaryFolder folder;
  const std::string fifo = folder.path("x.yaml");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& file : {fifo, std::string("/dev/zero"), std::string("/dev/null")}) {
    const auto scenario = load_scenario(file);
    ASSERT_FALSE(scenario);
    EXPECT_EQ(scenario.error().code, "file_failed");
    EXPECT_THAT(scenario.error().message, HasSubstr(file + ": it is no regular file"));
  }
}

TEST(Scenario, WhatAliasesWriteOutIsBounded) {
  std::string list =
      "name: n\nvariables: {v: &a " + std::string(100'000, 'x') + "}\nsteps:\n  - a: {send: {l: [";
  for (int i = 0; i < 170; ++i) list += "*a,";
  expect_error(list + "]}}\n", "2:16", "more than 16 MiB of text");
}

TEST(Scenario, RepeatedTextsAreBoundedTogether) {
  const std::string half = ": {repeat: abcdefgh, times: 1048576}";
  const std::string two =
      "name: n\nsessions: {a: {}}\nsteps: [{a: open}]\nvariables: {v" + half + ", w" + half;
  EXPECT_TRUE(parse_scenario(two + "}", "s.yaml"));
  expect_error(two + ", x: {repeat: a, times: 1}}", "4:94", "16 MiB together");
}

TEST(Scenario, AStepShowsABoundedPartOfItsLine) {
  std::string steps = "name: n\nsessions: {a: {}}\nsteps: [";
  for (int i = 0; i < 1000; ++i) steps += "{a: open},";
  const auto scenario = parse_scenario(steps + "]", "s.yaml");
  ASSERT_TRUE(scenario);
  EXPECT_LE(scenario->steps.back().source.size(), 300U);
}

TEST(Scenario, NothingBeginsAnotherLineOfARequest) {
  const std::string end = "\nsteps: [{a: open}]\n";
  const std::string what = "has a line break or a NUL in it";
  for (const char* text : {R"("x\r\nEvil: 1")", R"("\n")", R"("\r")", R"("\0")"}) {
    const std::string start = "name: n\nsessions: {a: {";
    expect_error(start + "headers: {X: " + text + "}}}" + end, "2:29", "the value of a header " + what);
    expect_error(start + "headers: {" + text + ": x}}}" + end, "2:26", "the name of a header " + what);
    expect_error(start + "origin: " + text + "}}" + end, "2:24", "'origin' " + what);
    expect_error(start + "subprotocol: " + text + "}}" + end, "2:29", "'subprotocol' " + what);
    expect_error(with_steps("  - http: {path: " + std::string(text) + "}"), "4:18", "'path' " + what);
    expect_error(with_steps("  - http: {path: /, method: " + std::string(text) + "}"), "4:29",
                 "'method' " + what);
    expect_error(with_steps("  - http: {path: /, headers: {X: " + std::string(text) + "}}"), "4:34", what);
    expect_error(with_steps("  - scrape: {into: x, path: " + std::string(text) + "}"), "4:29",
                 "'path' " + what);
  }
}

TEST(Scenario, OneThatChecksNothingIsAMistake) {
  const char* const nothing[] = {
      "[]",
      "[{sleep: 1ms}]",
      "[{a: vanish}]",
      "[{a: {send: {type: x}}}, {a: {send_raw: x}}]",
      "[{none: open}]",
      "[{parallel: []}]",
      "[{parallel: [[], [{sleep: 1ms}]]}]",
      "[{repeat: {times: 0, steps: [{a: open}]}}]",
      "[{repeat: {times: 3, steps: []}}]",
      "[{assert: []}]",
      "[{server_holds: {}}]",
      "[{pool: hold}, {pool: release}]",
      "[{write: {path: x, text: y}}, {copy: {from: x, to: y}}, {remove: x}]",
  };
  for (const std::string steps : nothing) {
    SCOPED_TRACE(steps);
    expect_error("name: n\nsessions: {a: {}, none: {count: 0}}\nsteps: " + steps + "\n", "3:8",
                 "check nothing");
  }
}

TEST(Scenario, OneStepThatCanFailIsEnough) {
  const char* const something[] = {
      "[{a: open}]",
      "[{a: {refused: {}}}]",
      "[{sleep: 1ms}, {a: {expect: {type: x}}}]",
      "[{a: {next: {}}}]",
      "[{a: {absent: {}}}]",
      "[{a: closed}]",
      "[{a: close}]",
      "[{parallel: [[], [{sleep: 1ms}, {a: open}]]}]",
      "[{repeat: {times: 1, steps: [{a: open}]}}]",
      "[{assert: [\"1 == 1\"]}]",
      "[{http: {path: /}}]",
      "[{scrape: x}]",
      "[{server_holds: {sessions: 0}}]",
      "[{pool: {wait_held: 1}}]",
      "[reload_default]",
  };
  for (const std::string steps : something) {
    const auto scenario = parse_scenario("name: n\nsessions: {a: {}}\nsteps: " + steps + "\n", "s.yaml");
    EXPECT_TRUE(scenario) << steps << ": " << scenario.error().message;
  }
}

TEST(Scenario, WhatCannotBelongToTheDocumentIsRefusedWithItsPlace) {
  expect_error(",", "1:1", "a comma or a bracket too many");
  expect_error("name: n\n, b\n", "2:1", "");
  expect_error("{name: n, steps: []}, {name: m}\n", "1:21", "a comma or a bracket too many");
  expect_error("{name: n, steps: []}}\n", "1:21", "");
  expect_error("- a\nname: n\n", "2:1", "indentation");
  expect_error("[a], [b], [c]\n", "1:4", "a comma");
  expect_error("\"name\": n\nsteps: []\n---\nname: m\n", "3:1", "a second document");
  expect_error("---\nname: n\n...\nname: m\n", "4:1", "a second document");
  expect_error("", "1:1", "must be a mapping");
  expect_error("# nothing but a comment\n", "1:1", "must be a mapping");
  EXPECT_TRUE(parse_scenario("%YAML 1.2\n---\n" + with_steps("  - a: open\n") + "...\n", "s.yaml"));
}

TEST(Scenario, AFileThatIsNotUtf8IsRefusedWithItsPlace) {
  expect_error("name: n\nsteps: [{http: {path: \"\xFF\xFE\"}}]\n", "2:24", "save it as UTF-8");
  expect_error(
      "name: Gr\xFC\xDF"
      "e\n",
      "1:9", "save it as UTF-8");
  expect_error(
      "name: Gr\xC3\xBC\xC3\x9F"
      "e \xE9\n",
      "1:13", "save it as UTF-8");
  expect_error("# \x80\n", "1:3", "save it as UTF-8");
  expect_error("name: \xE2\x82", "1:7", "save it as UTF-8");
  expect_error(std::string("\xFF\xFEn\0a\0", 6), "1:1", "UTF-16");
  expect_error(std::string("\xFE\xFF\0n\0a", 6), "1:1", "UTF-16");
  expect_error(std::string("n\0a\0m\0e\0", 8), "1:2", "UTF-16");
  expect_error("name: a\x07\n", "1:8", R"(\x07)");
  EXPECT_TRUE(parse_scenario("\xEF\xBB\xBF" + with_steps("  - a: open\r\n"), "s.yaml"));
  EXPECT_TRUE(parse_scenario("\xEF\xAC\x81: 1", "s.yaml").error().message.find("UTF") == std::string::npos);
}

}  // namespace
}  // namespace unmuted::probe
