#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/process.hpp"

namespace unmuted::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Wsprobe : public ::testing::Test {
 protected:
  ~Wsprobe() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& text) {
    const std::string path = (directory_ / "scenario.yaml").string();
    std::ofstream(path) << text;
    return path;
  }

  static ProcessResult wsprobe(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary("wsprobe"));
    return run_process(arguments);
  }

  static std::string scenario(const std::string& steps) {
    return "name: a scenario\nserver: {characters: " UNMUTED_SOURCE_DIR
           "/tests/casts/alpha}\nsessions: {a: {}}\nsteps:\n" +
           steps;
  }

 private:
  static std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "wsprobe-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return name;
  }

  std::filesystem::path directory_ = make_directory();
};

TEST_F(Wsprobe, BadYamlIsAnErrorOfUsageWithItsPlace) {
  const std::string path = file("name: x\nsteps:\n  - a: [open\n");
  const ProcessResult result = wsprobe({"run", "--in-process", path});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, StartsWith("wsprobe: " + path + ":4:1: "));
  EXPECT_EQ(result.out, "");
}

TEST_F(Wsprobe, AnUnknownKeyIsNamedWithItsPlace) {
  const std::string path = file("name: x\nsteps: []\nsesions: {}\n");
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
  std::string forbidden = (std::filesystem::temp_directory_path() / "wsprobe-forbidden-XXXXXX").string();
  ASSERT_NE(::mkdtemp(forbidden.data()), nullptr);
  std::filesystem::permissions(forbidden, std::filesystem::perms::none);
  const std::string path = file(
      scenario("  - a: open\n"
               "  - a: {send: {type: session.characters.reload, directory: \"${FORBIDDEN}\"}}\n"
               "  - a: {next: {type: error, error.type: server_error, error.code: directory_not_readable,\n"
               "              error.message: \"Character directory is not readable: ${FORBIDDEN}\"}}\n"));
  const auto result = run_bound_by_permissions(
      {binary("wsprobe"), "run", "--in-process", "--var", "FORBIDDEN=" + forbidden, path});
  std::filesystem::remove_all(forbidden);
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

}  // namespace
}  // namespace unmuted::test
