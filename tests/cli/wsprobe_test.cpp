#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/certificate.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Wsprobe : public ::testing::Test {
 protected:
  std::string file(const std::string& text, const std::string& name = "scenario.yaml") {
    folder_.write(name, text);
    return folder_.path(name);
  }

  static ProcessResult wsprobe(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary("wsprobe"));
    return run_process(arguments);
  }

  /// With its output going to a disk that is full.
  static ProcessResult wsprobe_to_full_disk(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/bin/sh", "-c", "exec \"$@\" >/dev/full", "sh", binary("wsprobe")});
    return run_process(arguments);
  }

  /// One line on stderr that has `reason`, nothing on stdout, and 2.
  static void expect_usage_error(const std::vector<std::string>& arguments, const std::string& reason) {
    const ProcessResult result = wsprobe(arguments);
    SCOPED_TRACE(testing::PrintToString(arguments));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith("wsprobe: "));
    EXPECT_THAT(result.err, HasSubstr(reason));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }

  static std::string scenario(const std::string& steps) {
    return "name: a scenario\nserver: {characters: " UNMUTED_SOURCE_DIR
           "/tests/casts/alpha}\nsessions: {a: {}}\nsteps:\n" +
           steps;
  }

 private:
  const TemporaryFolder folder_;
};

TEST_F(Wsprobe, BadYamlIsAnErrorOfUsageWithItsPlace) {
  const std::string path = file("name: x\nsteps:\n  - a: [open\n");
  const ProcessResult result = wsprobe({"run", "--in-process", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, StartsWith("wsprobe: " + path + ":4:1: "));
  EXPECT_EQ(result.out, "");
}

TEST_F(Wsprobe, AnUnknownKeyIsNamedWithItsPlace) {
  const std::string path = file("name: x\nsteps: [{http: {path: /}}]\nsesions: {}\n");
  const ProcessResult result = wsprobe({"check", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "wsprobe: " + path + ":3:1: the scenario has no key 'sesions'; did you mean 'sessions'?\n");
}

TEST_F(Wsprobe, AFailedExpectationIsReported) {
  const std::string path = file(scenario(
      "  - a: open\n  - a: {send: {type: session.characters.list}}\n  - a: {next: {character_count: 9}}\n"));
  const ProcessResult result = wsprobe({"run", "--in-process", path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAIL  a scenario"));
  EXPECT_THAT(result.out, HasSubstr(path + ":7:5: a: {next: {character_count: 9}}\n"));
  EXPECT_THAT(result.out, HasSubstr("character_count should be 9, and is 2"));
  EXPECT_THAT(result.out, HasSubstr("0 passed, 1 failed, 3 steps\n"));
  EXPECT_EQ(result.err, "");
}

TEST_F(Wsprobe, ReportsForMachines) {
  const std::string path = file(scenario("  - a: open\n"));
  const ProcessResult json = wsprobe({"run", "--in-process", "--repeat", "3", "--format", "json", path});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(json.out)["passed"], 3);
  const ProcessResult tap = wsprobe({"run", "--in-process", "--format", "tap", path});
  EXPECT_EQ(tap.out, "TAP version 13\n1..1\nok 1 - a scenario\n");
  EXPECT_THAT(wsprobe({"run", "--in-process", "--format", "junit", path}).out, StartsWith("<?xml"));
}

TEST_F(Wsprobe, KnowsTheStepsOfVoices) {
  const auto checked = [&](const std::string& step) {
    return wsprobe({"check", file(scenario("  - a: open\n  - a: {" + step + "}\n"))});
  };
  EXPECT_EQ(checked("say: hello").exit_code, 0);
  EXPECT_EQ(checked("send_after: {event: {type: x}, delay: 300ms, audio: x.wav}").exit_code, 0);
  const ProcessResult wrong = checked("say: {text: hello, voice: bob}");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr(":6:35: 'bob' names no embedded voice"));
}

TEST_F(Wsprobe, SoundThatIsNotThereIsNoFailureOfTheServer) {
  const std::string path = file(scenario("  - a: open\n  - a: {audio: nowhere.wav}\n"));
  const ProcessResult result = wsprobe({"run", "--in-process", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr(path + ":6:5: a: {audio: nowhere.wav}\n"));
  EXPECT_THAT(result.out, HasSubstr("nowhere.wav cannot be read: No such file"));
}

TEST_F(Wsprobe, SavesWhatSessionsHear) {
  const TemporaryFolder folder;
  const std::string path = file("name: heard\nserver: {characters: " UNMUTED_SOURCE_DIR
                                "/tests/casts/alpha, tts: embedded}\nsessions: {a: {}}\nsteps:\n  - a: open\n"
                                "  - a: {send: {type: session.update, session: {voice: Anna}}}\n"
                                "  - a: {expect: {type: response.audio.done}, within: 60s}\n");
  const std::string prefix = std::filesystem::path(path).stem().string();
  const ProcessResult result =
      wsprobe({"run", "--in-process", "--repeat", "2", "--save-audio", folder.path("new/heard"), path});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const std::string& name : {prefix + ".a.wav", prefix + "-2.a.wav"}) {
    EXPECT_GT(std::filesystem::file_size(folder.path("new/heard/" + name)), 20'000U) << name;
  }
  EXPECT_EQ(wsprobe({"run", "--in-process", "--save-audio", "/dev/null/x", path}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", "--in-process", "--save-audio", "/dev/full", path}).exit_code, 2);
}

TEST_F(Wsprobe, ARefusedConnectionIsSaidClearly) {
  const std::string path = file(scenario("  - a: open\n"));
  const ProcessResult result = wsprobe({"run", "--url", "ws://127.0.0.1:1", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(result.out, HasSubstr("refused"));
  EXPECT_THAT(result.err, HasSubstr("'server' only counts with --in-process"));
}

TEST_F(Wsprobe, VariablesComeFromTheCommandLine) {
  const std::string path = file(scenario("  - assert: [\"${N} == 4\"]\n"));
  EXPECT_EQ(wsprobe({"run", "--in-process", "--var", "N=4", path}).exit_code, 0);
  EXPECT_EQ(wsprobe({"run", "--in-process", "--var", "N=5", path}).exit_code, 1);
  EXPECT_EQ(wsprobe({"run", "--in-process", path}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", "--in-process", "--var", "N", path}).exit_code, 2);
}

TEST_F(Wsprobe, ADirectoryThatMayNotBeReadHasItsCode) {
  const TemporaryFolder forbidden;
  std::filesystem::permissions(forbidden.path(), std::filesystem::perms::none);
  const std::string path = file(
      scenario("  - a: open\n"
               "  - a: {send: {type: session.characters.reload, directory: \"${FORBIDDEN}\"}}\n"
               "  - a: {next: {type: error, error.type: server_error, error.code: directory_not_readable,\n"
               "              error.message: \"Character directory is not readable: ${FORBIDDEN}\"}}\n"));
  const auto result = run_bound_by_permissions(
      {binary("wsprobe"), "run", "--in-process", "--var", "FORBIDDEN=" + forbidden.path(), path});
  if (!result) GTEST_SKIP() << "needs setpriv and root";
  EXPECT_EQ(result->exit_code, 0) << result->out;
}

TEST_F(Wsprobe, UsageIsChecked) {
  const std::string path = file(scenario("  - a: open\n"));
  EXPECT_EQ(wsprobe({}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", path}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", "--in-process", "--url", "ws://127.0.0.1:1", path}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", "--in-process", "--format", "pdf", path}).exit_code, 2);
  EXPECT_EQ(wsprobe({"run", "--in-process", "/nowhere.yaml"}).exit_code, 2);
  EXPECT_EQ(wsprobe({"--help"}).exit_code, 0);
  EXPECT_THAT(wsprobe({"run", "--help"}).out, HasSubstr("Examples:"));
  EXPECT_THAT(wsprobe({"--version"}).out, StartsWith("wsprobe "));
}

TEST_F(Wsprobe, ARunThatChecksNothingIsNoSuccess) {
  const std::string good = file(scenario("  - a: open\n"), "good.yaml");
  const std::string empty = file("name: x\nsteps: []\n", "empty.yaml");
  const std::string idle = file("name: x\nsteps: [{sleep: 1ms}]\n", "idle.yaml");
  const std::string folder = std::filesystem::path(good).parent_path().string();
  expect_usage_error({"run", "--in-process"}, "no file was given");
  expect_usage_error({"check"}, "no file was given");
  expect_usage_error({"run", "--in-process", folder + "/nowhere/*.yaml"}, "no file matches the pattern");
  expect_usage_error({"run", "--in-process", folder}, "is a directory");
  expect_usage_error({"run", "--in-process", ""}, "No such file");
  expect_usage_error({"run", "--in-process", empty}, "empty.yaml:2:8: the steps check nothing");
  expect_usage_error({"run", "--in-process", idle}, "idle.yaml:2:8: the steps check nothing");
  expect_usage_error({"check", empty}, "check nothing");
  expect_usage_error({"run", "--in-process", good, "--repeat", "0"}, "repeat");
  expect_usage_error({"run", "--in-process", good, folder + "/nowhere.yaml"}, "nowhere.yaml: No such file");
  expect_usage_error({"run", "--in-process", folder + "/nowhere.yaml", good}, "nowhere.yaml: No such file");
  expect_usage_error({"run", "--in-process", empty, good}, "check nothing");
  expect_usage_error({"check", good, folder + "/nowhere.yaml"}, "nowhere.yaml: No such file");
}

TEST_F(Wsprobe, AFileThatIsNoScenarioIsRefusedWithItsPlace) {
  expect_usage_error({"check", file(",")}, "scenario.yaml:1:1: nothing can stand here");
  expect_usage_error({"check", file("{a: b}, {c: d}\n")}, "scenario.yaml:1:7: nothing can stand here");
  expect_usage_error({"check", file("name: \"\xFF\"\n")}, "scenario.yaml:1:8: the file is not UTF-8");
  expect_usage_error({"check", file("")}, "scenario.yaml:1:1: ");
  expect_usage_error({"check", file("name: !mine x\n")}, "scenario.yaml:1:7: the tag '!mine'");
}

TEST_F(Wsprobe, AReportThatDoesNotArriveIsNoSuccess) {
  const std::string good = file(scenario("  - a: open\n"));
  for (const char* format : {"text", "tap", "junit", "json"}) {
    const ProcessResult result = wsprobe_to_full_disk({"run", "--in-process", "--format", format, good});
    EXPECT_EQ(result.exit_code, 2) << format;
    EXPECT_THAT(result.err, HasSubstr("cannot write to standard output: No space left")) << format;
  }
  const std::vector<std::string> others[] = {
      {"check", good}, {"--help"}, {"run", "--help"}, {"check", "--help"}, {"--version"}};
  for (const auto& arguments : others) {
    EXPECT_EQ(wsprobe_to_full_disk(arguments).exit_code, 2) << testing::PrintToString(arguments);
  }
}

TEST_F(Wsprobe, WhatTheCommandLineDoesNotKnowIsNamedWithTheNearest) {
  const std::string good = file(scenario("  - a: open\n"));
  expect_usage_error({"rn", good}, "unknown command 'rn'; did you mean 'run'?");
  expect_usage_error({"chekc"}, "did you mean 'check'?");
  expect_usage_error({"serve", "--in-process"}, "unknown command 'serve' (there are: run, check)");
  expect_usage_error({good}, "unknown command '");
  expect_usage_error({}, "which command? (there are: run, check)");
  expect_usage_error({"--verison"}, "unknown option '--verison'; did you mean '--version'?");
  expect_usage_error({"run", "--in-proces"}, "unknown option '--in-proces'; did you mean '--in-process'?");
  expect_usage_error({"run", "--in-process", "--formt=json", good}, "did you mean '--format'?");
  expect_usage_error({"run", "--in-process", good, "--wait", "3"}, "unknown option '--wait'");
  expect_usage_error({"check", "--in-process", good}, "unknown option '--in-process'");
  expect_usage_error({"run", "-x", good}, "unknown option '-x'");
  expect_usage_error({"run", "--in-process", "--repeat", "-1", good}, "repeat");
  expect_usage_error({"run", "--in-process", "--format", "pdf", good}, "pdf");
}

TEST_F(Wsprobe, RunsOverTlsAgainstAServerWhoseCertificateItTrusts) {
  const CertificateFiles files;
  Process server({binary("unmuted"), "--listen", "127.0.0.1:0", "--characters",
                  UNMUTED_SOURCE_DIR "/tests/casts/alpha", "--tls-cert", files.certificate(), "--tls-key",
                  files.key()});
  ASSERT_TRUE(server.wait_for("/v1/realtime")) << server.err();
  const std::string out = server.out();
  const std::size_t begin = out.find("wss://");
  const std::string url = out.substr(begin, out.find("/v1/realtime") - begin);
  const std::string steps = file(
      "name: a scenario\nsessions: {a: {}}\nsteps:\n  - a: open\n"
      "  - a: {send: {type: session.characters.list}}\n  - a: {expect: {type: session.characters.listed}}\n"
      "  - http: {path: /readyz, expect: {status: 200}}\n"
      "  - assert: [metric(worker_active_sessions).value == 1]\n  - a: close\n");
  const ProcessResult trusting = wsprobe({"run", "--url", url, "--ca", files.certificate(), steps});
  EXPECT_EQ(trusting.exit_code, 0) << trusting.out << trusting.err;
  const ProcessResult distrusting = wsprobe({"run", "--url", url, steps});
  EXPECT_EQ(distrusting.exit_code, 2);
  EXPECT_THAT(distrusting.out, HasSubstr("self-signed certificate"));
  const ProcessResult nobody = wsprobe({"run", "--url", url, "--ca", "/nowhere/ca.pem", steps});
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.out, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace unmuted::test
