#include "cli/charctl.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/process.hpp"
#include "support/refuse_openat2.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::ProcessOptions;
using test::ProcessResult;
using testing::HasSubstr;
using testing::Not;

TEST(Charctl, CheckOfAFineCastIsFine) {
  const auto result = charctl({"check", "--fail-on", "warning", UNMUTED_SOURCE_DIR "/characters"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("0 errors, 0 warnings"));
  EXPECT_EQ(result.err, "");
}

TEST(Charctl, CheckShowsEachProblemWithItsPlace) {
  const auto result = charctl({"check", cast_path("partly-broken")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr(cast_path("partly-broken/no-handler.lua") +
                                    ":7:5: error[missing-tool-handler]: tools[1].run must be a function\n"
                                    "  7 |     { name = \"idle\", description = \"Does nothing\" },\n"
                                    "    |     ^\n"
                                    "  help: "));
  EXPECT_THAT(result.out, HasSubstr("\n8 files, 2 fine; 6 errors, 0 warnings\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST(Charctl, CheckAsJson) {
  const auto result = charctl({"check", "--format", "json", cast_path("duplicates")});
  EXPECT_EQ(result.exit_code, 1);
  const json report = json::parse(result.out);
  EXPECT_EQ(report["files"], 3);
  EXPECT_EQ(report["loaded"], 2);
  EXPECT_EQ(report["errors"], 1);
  EXPECT_EQ(report["warnings"], 2);
  EXPECT_EQ(report["diagnostics"][0]["code"], "duplicate-name");
  EXPECT_EQ(report["diagnostics"][0]["line"], 3);
  EXPECT_EQ(report["diagnostics"][0]["file"], cast_path("duplicates/b-second.lua"));
}

TEST(Charctl, CheckReadsOneFileFromItsInputWithTheResourcesBesideItsName) {
  const std::string name = cast_path("partly-broken/draft.lua");
  ProcessOptions options;
  options.input = "local plants = require 'plants'\nreturn { name = plants[1],\n voice = {} }";
  const auto result = charctl({"check", "-", "--stdin-filename", name}, options);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr(name + ":2:1: error[missing-field]: instructions is required"));
  EXPECT_THAT(result.out, HasSubstr(name + ":3:2: error[missing-field]: voice.path_on_server is required"));
  EXPECT_THAT(result.out, HasSubstr("1 file, 0 fine; 3 errors"));
  options.input = std::string(70'000, ' ');
  EXPECT_THAT(charctl({"check", "-"}, options).out, HasSubstr("error[file-too-large]"));
}

TEST(Charctl, CheckOfOneFile) {
  EXPECT_EQ(charctl({"check", cast_path("partly-broken/gardener.lua")}).exit_code, 0);
  EXPECT_EQ(charctl({"check", cast_path("partly-broken/nameless.lua")}).exit_code, 1);
}

TEST(Charctl, WarningsFailOnlyWhenAskedTo) {
  ProcessOptions options;
  options.input =
      "return { name = 'a', voice = { source_type = 'file', path_on_server = 'a.wav' },\n"
      "instructions = { text = 'Be brief.' }, gretting = 'Hi' }";
  const auto lenient = charctl({"check", "-"}, options);
  EXPECT_EQ(lenient.exit_code, 0);
  EXPECT_THAT(lenient.out, HasSubstr("help: did you mean 'greeting'?"));
  EXPECT_EQ(charctl({"check", "--fail-on", "warning", "-"}, options).exit_code, 1);
}

TEST(Charctl, ColourIsForTerminalsUnlessAskedFor) {
  EXPECT_THAT(charctl({"--color", "always", "check", cast_path("duplicates")}).out,
              HasSubstr("\x1b[1;31merror"));
  EXPECT_THAT(charctl({"check", cast_path("duplicates")}).out, Not(HasSubstr("\x1b")));
}

TEST(Charctl, ListsACast) {
  const auto text = charctl({"list", cast_path("alpha")});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, testing::StartsWith("NAME     LANGUAGE  VOICE"));
  EXPECT_THAT(text.out, HasSubstr("\nCharles  en        voices/alpha/charles.wav"));
  const auto listed = json::parse(charctl({"list", "--format", "json", cast_path("alpha")}).out);
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["name"], "Anna");
  EXPECT_EQ(listed[1]["metadata"]["comment"], "Charles of alpha");
}

TEST(Charctl, ListSaysWhatItLeavesOut) {
  const auto partly = charctl({"list", cast_path("partly-broken")});
  EXPECT_EQ(partly.exit_code, 0);
  EXPECT_THAT(partly.err, HasSubstr("6 of 8 files do not load"));
  EXPECT_EQ(charctl({"list", cast_path("wholly-broken")}).exit_code, 1);
}

TEST(Charctl, ShowsACharacter) {
  const auto text = charctl({"show", cast_path("partly-broken"), "Gardener"});
  EXPECT_THAT(text.out, HasSubstr("tools[1].name: count_plants\n"));
  const auto record = json::parse(charctl({"show", cast_path("alpha"), "Charles", "--format", "json"}).out);
  EXPECT_EQ(record["voice"]["path_on_server"], "voices/alpha/charles.wav");
  EXPECT_EQ(record["voice"]["names"], json::object());
  EXPECT_THAT(charctl({"show", UNMUTED_SOURCE_DIR "/characters", "Echo"}).out,
              HasSubstr("voice.names.embedded: flite:kal16\n"));
  EXPECT_EQ(record["greeting"], nullptr);
}

TEST(Charctl, PromptIsWhatTheModelWouldGet) {
  const auto result = charctl({"prompt", cast_path("partly-broken"), "Gardener"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("You know these plants:\nrose\nivy\nmint\n"));
  EXPECT_THAT(result.out, HasSubstr("\n---\ngreeting: Mind the roses.\nsize: "));
}

TEST(Charctl, PromptIsTheSameForTheSameSeedAndTime) {
  const auto prompt = [](const char* seed) {
    const auto result = charctl({"prompt", UNMUTED_SOURCE_DIR "/characters", "Quiz show", "--seed", seed,
                                 "--now", "2026-01-31T18:05:00Z", "--format", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  };
  EXPECT_EQ(prompt("3"), prompt("3"));
  EXPECT_NE(prompt("3")["system_prompt"], prompt("4")["system_prompt"]);
  EXPECT_GT(prompt("3")["words"], 100);
}

TEST(Charctl, WhatIsNotThereIsExitCodeTwoAndOneLine) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"check", "/no/such/cast"},
                                             {"list", "/no/such/cast"},
                                             {"show", cast_path("alpha"), "Charlse"},
                                             {"prompt", cast_path("alpha"), "nobody"},
                                             {"prompt", cast_path("alpha"), "Anna", "--now", "x"},
                                             {"check", "--format", "xml"},
                                             {"check", "--frobnicate"},
                                             {"frobnicate"},
                                             {}}) {
    const auto result = charctl(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, testing::StartsWith("charctl: "));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
  EXPECT_THAT(charctl({"show", cast_path("alpha"), "Charlse"}).err, HasSubstr("did you mean 'Charles'?"));
}

TEST(Charctl, UnknownWordsAreNamedWithTheNearestKnown) {
  const auto said = [](std::vector<std::string> arguments) {
    const auto result = charctl(std::move(arguments));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  EXPECT_THAT(said({"lst"}), HasSubstr("unknown command 'lst'; did you mean 'list'?"));
  EXPECT_THAT(said({"chekc", cast_path("alpha")}),
              HasSubstr("unknown command 'chekc'; did you mean 'check'?"));
  EXPECT_THAT(said({"--color", "never", "promt"}), HasSubstr("did you mean 'prompt'?"));
  EXPECT_THAT(said({"frobnicate"}), HasSubstr("unknown command 'frobnicate' (there are: check, "));
  EXPECT_THAT(said({"check", "--fromat", "json"}),
              HasSubstr("unknown option '--fromat'; did you mean '--format'?"));
  EXPECT_THAT(said({"check", "--fail-onn=error"}),
              HasSubstr("unknown option '--fail-onn'; did you mean '--fail-on'?"));
  EXPECT_THAT(said({"check", "--colour", "never"}), HasSubstr("did you mean '--color'?"));
  EXPECT_THAT(said({"--verison"}), HasSubstr("unknown option '--verison'; did you mean '--version'?"));
  EXPECT_THAT(said({}), HasSubstr("which command? (there are: check, "));
}

ProcessResult check_text(const std::string& source) {
  ProcessOptions options;
  options.input = source;
  return charctl({"check", "-"}, options);
}

TEST(Charctl, TheCaretStandsBelowTheSignWhateverIsBeforeIt) {
  EXPECT_THAT(check_text("return {\n\tname = “Ada”,\n}").out, HasSubstr("  2 |  name = “Ada”,\n"
                                                                        "    |         ^\n"
                                                                        "  help: write \" for it\n"));
  // Wide signs take two cells, marks that combine none.
  EXPECT_THAT(check_text("return {\n a = '漢字', b = 'e\u0301', c = ＝ }").out,
              HasSubstr("\n    |                           ^\n"));
  EXPECT_THAT(check_text("return { na\u200Bme = 1 }").out,
              HasSubstr("  1 | return { na<U+200B ZERO WIDTH SPACE>me = 1 }\n    |            ^\n"));
  EXPECT_THAT(check_text("return {").out, HasSubstr("  1 | return {\n    |         ^\n"));
  EXPECT_THAT(check_text("return {\r a = “b” }\r").out, HasSubstr("  2 |  a = “b” }\n    |      ^\n"));
}

TEST(Charctl, OfALongLineAWindowIsShown) {
  const std::string filler(3000, 'x');
  const auto middle = check_text("return { a = '" + filler + "', b = “c”, d = '" + filler + "' }").out;
  EXPECT_THAT(middle, HasSubstr(":1:3022: error[syntax-error]"));
  EXPECT_THAT(middle, HasSubstr("\n  1 | …xxxxx"));
  EXPECT_THAT(middle, HasSubstr("xxx', b = “c”, d = 'xxxx"));
  EXPECT_THAT(middle, HasSubstr("xxx…\n"));
  const auto line = middle.substr(middle.find("  1 | "));
  EXPECT_LT(line.find('\n'), 130U);
  const auto caret = line.substr(line.find('\n') + 1);
  // Both begin alike; the one sign of more than one byte before the caret is the ellipsis.
  EXPECT_EQ(line.find("“") - 2, caret.find('^')) << middle;
  EXPECT_THAT(check_text("return { a = “', b = '" + filler + "' }").out, HasSubstr("\n  1 | return { a = “"));
  const auto end = check_text("return { a = '" + filler + "', b = ").out;
  EXPECT_THAT(end, HasSubstr("xxx', b = \n"));
}

TEST(Charctl, AnotherUnicodeSpellingFindsACharacter) {
  const std::string folder = testing::TempDir() + "unmuted_spelling_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/a.lua") << "return { name = 'De\u0301sire\u0301e', voice = { source_type = 'file',"
                                      "path_on_server = 'a.wav' }, instructions = { text = 'Be brief.' },"
                                      "tools = { { name = 'wave', description = 'Wave',"
                                      "run = function() return 'waved' end } } }";
  const std::string composed = "D\u00E9sir\u00E9e";
  EXPECT_EQ(charctl({"show", folder, composed}).exit_code, 0);
  EXPECT_EQ(charctl({"prompt", folder, composed}).exit_code, 0);
  EXPECT_THAT(charctl({"call", folder, composed, "wave"}).out, HasSubstr("waved"));
  EXPECT_EQ(charctl({"chat", folder, composed}).exit_code, 0);
  std::filesystem::remove_all(folder);
}

// As in a container whose filter of system calls refuses openat2, or does not know it.
TEST(Charctl, WorksWithoutOpenat2) {
  for (const int error : {EPERM, ENOSYS}) {
    ProcessResult fine, broken;
    bool refused = false;
    std::thread([&] {
      refused = test::refuse_openat2(error);
      fine = charctl({"check", UNMUTED_SOURCE_DIR "/characters"});
      broken = charctl({"check", "/no/such/cast"});
    }).join();
    if (!refused) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(fine.exit_code, 0) << fine.out << fine.err;
    EXPECT_THAT(broken.err, HasSubstr("no such file or directory"));
  }
}

TEST(Charctl, AFileThatIsNearlyACharacterIsPointedOut) {
  const std::string folder = testing::TempDir() + "unmuted_nearly_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(cast_path("alpha/anna.lua"), folder + "/anna.lua.txt");
  const auto result = charctl({"check", folder});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("'anna.lua.txt' would be one if its name ended in .lua"));
}

TEST(Charctl, AnEmptyDirectoryIsAFinding) {
  const auto result = charctl({"check", cast_path("empty")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no character file"));
}

TEST(Charctl, HelpAndVersion) {
  EXPECT_THAT(charctl({"--help"}).out, HasSubstr("Examples:"));
  EXPECT_THAT(charctl({"check", "--help"}).out, HasSubstr("Examples:"));
  const auto version = charctl({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, testing::StartsWith("charctl "));
}

TEST(Charctl, WhatMayNotBeReadIsToldOf) {
  const std::string folder = testing::TempDir() + "unmuted_unreadable_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(cast_path("alpha/anna.lua"), folder + "/anna.lua");
  std::filesystem::permissions(folder + "/anna.lua", std::filesystem::perms::none);
  const auto check = [&] {
    return test::run_bound_by_permissions({test::binary("charctl"), "check", folder});
  };
  const auto file = check();
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  const auto directory = check();
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  std::filesystem::remove_all(folder);
  if (!file || !directory) GTEST_SKIP() << "needs setpriv and root";
  EXPECT_EQ(file->exit_code, 1);
  EXPECT_THAT(file->out, HasSubstr("anna.lua: error[unreadable]"));
  EXPECT_EQ(directory->exit_code, 2);
  EXPECT_THAT(directory->err, HasSubstr("not readable"));
}

}  // namespace
}  // namespace unmuted
