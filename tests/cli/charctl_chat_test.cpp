#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/charctl.hpp"
#include "support/model_server.hpp"
#include "support/process.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
using test::Behaviour;
using test::ModelServer;
using test::ProcessOptions;
using test::ProcessResult;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string default_cast = UNMUTED_SOURCE_DIR "/characters";

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// --- call -------------------------------------------------------------------------------------------------

TEST(CharctlCall, RunsATool) {
  const auto text = charctl({"call", default_cast, "Quiz show", "record_answer", R"({"correct": true})"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("Score: 1 right out of 1 answered\n---\ntime: "));
  EXPECT_THAT(text.out, HasSubstr(" KiB at the peak\n"));
  const auto as_json = charctl(
      {"call", default_cast, "Quiz show", "record_answer", R"({"correct": false})", "--format", "json"});
  const json outcome = json::parse(as_json.out);
  EXPECT_EQ(outcome["result"], "Score: 0 right out of 1 answered");
  EXPECT_GT(outcome["memory_peak_bytes"], 10'000);
  EXPECT_GT(outcome["wall_ms"], 0);
}

TEST(CharctlCall, AToolWithoutParametersNeedsNoArguments) {
  EXPECT_THAT(charctl({"call", cast_path("partly-broken"), "Gardener", "count_plants"}).out,
              StartsWith("3\n"));
}

TEST(CharctlCall, ArgumentsThatDoNotFitAreNamedByTheirPaths) {
  const std::string wrong = R"({"correct": "yes", "more": 1})";
  const auto text = charctl({"call", default_cast, "Quiz show", "record_answer", wrong});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_EQ(text.out,
            "arguments.correct: must be of type boolean\n"
            "arguments.more: is not a parameter of this tool\n");
  const auto as_json =
      charctl({"call", default_cast, "Quiz show", "record_answer", wrong, "--format", "json"});
  EXPECT_EQ(as_json.exit_code, 1);
  EXPECT_EQ(json::parse(as_json.out)["problems"][0]["path"], "correct");
  EXPECT_EQ(charctl({"call", default_cast, "Quiz show", "record_answer", "[]"}).out,
            "arguments: must be of type object\n");
}

TEST(CharctlCall, AToolThatFailsShowsWhere) {
  const auto text = charctl({"call", cast_path("tools"), "Workshop", "saw"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.out, HasSubstr("workshop.lua:12: error[script-error]: the blade is blunt\n  12 | "));
  EXPECT_EQ(text.err, "log: sawing\n");
  const auto endless = charctl({"call", cast_path("tools"), "Workshop", "sand", "--format", "json"});
  EXPECT_EQ(endless.exit_code, 1);
  EXPECT_EQ(json::parse(endless.out)["failure"]["code"], "script-timeout");
}

TEST(CharctlCall, TheSameSeedDrawsTheSame) {
  const auto drawn = [](const char* seed) {
    const auto result =
        charctl({"call", cast_path("tools"), "Workshop", "draw", "--seed", seed, "--format", "json"});
    return json::parse(result.out)["result"];
  };
  EXPECT_EQ(drawn("5"), drawn("5"));
  EXPECT_NE(drawn("5"), drawn("6"));
}

TEST(CharctlCall, WhatIsNotThereIsExitCodeTwoAndOneLine) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"call", "/no/such/cast", "Quiz show", "record_answer"},
                                             {"call", default_cast, "Nobody", "record_answer"},
                                             {"call", default_cast, "Quiz show", "record_anwser"},
                                             {"call", default_cast, "Quiz show", "record_answer", "{"},
                                             {"call", default_cast, "Quiz show"}}) {
    const auto result = charctl(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith("charctl: "));
    EXPECT_EQ(lines_in(result.err), 1U) << result.err;
  }
  EXPECT_THAT(charctl({"call", default_cast, "Quiz show", "record_anwser"}).err,
              HasSubstr("did you mean 'record_answer'?"));
}

// --- chat -------------------------------------------------------------------------------------------------

ProcessResult quiz(const std::string& input) {
  return charctl({"chat", default_cast, "Quiz show", "--seed", "3"}, input);
}

/// The answers to the five questions, as the host gives them to who skips them all.
std::string answers_of(const std::string& transcript) {
  const std::string before = "It was ";
  std::string answers;
  for (std::size_t at = transcript.find(before); at != std::string::npos; at = transcript.find(before, at)) {
    at += before.size();
    answers += transcript.substr(at, transcript.find('.', at) - at) + "\n";
  }
  return answers;
}

TEST(CharctlChat, PlaysAWholeQuiz) {
  const auto skipped = quiz("skip\nskip\nskip\nskip\nskip\n");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("Your final score is zero out of five."));
  const std::string answers = answers_of(skipped.out);
  ASSERT_EQ(lines_in(answers), 5U) << skipped.out;

  const auto played = quiz(answers);
  EXPECT_EQ(played.exit_code, 0);
  EXPECT_THAT(played.out, StartsWith("Quiz show: Good evening, and welcome to the quiz show!"));
  EXPECT_THAT(played.out, HasSubstr("Your final score is five out of five. A perfect game!"));
  EXPECT_EQ(lines_in(played.out), 6U) << played.out;
  EXPECT_EQ(played.err, "");
}

TEST(CharctlChat, AFarewellEndsIt) {
  const auto result = quiz("stop\nthis is not read any more\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, testing::EndsWith("Good night!\n"));
  EXPECT_EQ(lines_in(result.out), 2U);
}

TEST(CharctlChat, SpeaksAtAPace) {
  const auto result =
      charctl({"chat", cast_path("partly-broken"), "Gardener", "--pace", "6000"}, "One more line\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith("Gardener: Mind the roses.\nGardener: "));
}

TEST(CharctlChat, ARehearsalSaysThatNoModelIsConnected) {
  const auto result = charctl({"chat", cast_path("alpha"), "Charles"}, "Are you there?");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out,
            "Charles: Hello, this is Charles.\n"
            "Charles: No language model is connected, so I can only repeat what I hear. I heard: \"Are you "
            "there?\".\n");
}

TEST(CharctlChat, ListsTheCastAndTheHistory) {
  const auto result = charctl({"chat", cast_path("alpha"), "Charles"}, "/characters\n/history\n/help\n");
  EXPECT_THAT(result.out, HasSubstr("\n  Anna (en)"));
  EXPECT_THAT(result.out, HasSubstr("\n* Charles (en): Charles of alpha\n"));
  EXPECT_THAT(result.out, HasSubstr("alpha\nCharles: Hello, this is Charles.\n/characters "));
}

TEST(CharctlChat, AReloadBeginsAnewWithTheSameName) {
  const auto result = charctl({"chat", cast_path("alpha"), "Charles"},
                              "hello\n/reload " + cast_path("beta") + "\n/characters\n/history\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("loaded 2 of 2 from " + cast_path("beta") + ", 0 errors\nCharles: "));
  EXPECT_THAT(result.out, HasSubstr("\n  Boris (en)"));
  EXPECT_THAT(result.out.substr(result.out.find("loaded ")), Not(HasSubstr("You: hello")));
  EXPECT_EQ(result.err, "");
}

TEST(CharctlChat, AReloadShowsWhatDoesNotLoad) {
  const auto result = charctl({"chat", cast_path("alpha"), "Charles"},
                              "/reload " + cast_path("partly-broken") + "\nhello\n/select Gardener\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("loaded 2 of 8 from "));
  EXPECT_THAT(result.err, HasSubstr("charctl: no-handler.lua:7: [missing-tool-handler] "));
  EXPECT_THAT(result.err, HasSubstr("there is no 'Charles' in this cast"));
  EXPECT_THAT(result.err, HasSubstr("nobody is here to hear that"));
  EXPECT_THAT(result.out, testing::EndsWith("Gardener: Mind the roses.\n"));
}

TEST(CharctlChat, WhatFailsChangesNothing) {
  const auto result =
      charctl({"chat", cast_path("alpha"), "Charles"},
              "/reload /no/such/cast\n/select Nobody\n/frobnicate\n/select\nbad \x01\xff\nhello\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("charctl: Character directory not found: /no/such/cast\n"));
  EXPECT_THAT(result.err, HasSubstr("Anna"));
  EXPECT_THAT(result.err, HasSubstr("There is no command /frobnicate"));
  EXPECT_THAT(result.err, HasSubstr("/select wants the name"));
  EXPECT_THAT(result.err, HasSubstr("control characters"));
  EXPECT_THAT(result.out, testing::EndsWith("I heard: \"hello\".\n"));
  EXPECT_EQ(lines_in(result.out), 2U) << result.out;
}

TEST(CharctlChat, WhatIsNotThereIsExitCodeTwo) {
  const auto nobody = charctl({"chat", cast_path("alpha"), "Charlse"});
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.err, HasSubstr("did you mean 'Charles'? There are: Anna, Charles\n"));
  EXPECT_EQ(charctl({"chat", "/no/such/cast", "Charles"}).exit_code, 2);
  EXPECT_EQ(charctl({"chat", cast_path("alpha"), "Charles", "--llm", "ftp://localhost"}).exit_code, 2);
}

TEST(CharctlChat, AFullDiskIsToldOf) {
  const auto result = test::run_process({"/bin/sh", "-c", "exec \"$0\" chat \"$1\" Charles > /dev/full",
                                         test::binary("charctl"), cast_path("alpha")});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot write to stdout"));
}

ProcessResult chat_with_model(const ModelServer& server, const std::string& name, const std::string& input) {
  return charctl(
      {"chat", cast_path("partly-broken"), name, "--llm", server.url(), "--llm-model", "test-model"}, input);
}

TEST(CharctlChat, AModelAnswersAndCallsTools) {
  ModelServer server;
  server.reply({test::call(0, "c1", "count_plants", "{}"), test::finish("tool_calls")});
  server.reply({test::text("There are"), test::text(" three."), test::finish()});
  const auto result = chat_with_model(server, "Gardener", "How many plants do you know?\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "Gardener: Mind the roses.\nGardener: There are three.\n");
  EXPECT_THAT(result.err, HasSubstr("[count_plants {} -> 3]\n"));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(CharctlChat, AModelThatFailsIsToldOfAndTheChatGoesOn) {
  ModelServer server;
  server.behave(Behaviour::error, 1);
  const auto result = chat_with_model(server, "Gardener", "One\nTwo\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("charctl: "));
  EXPECT_THAT(result.err, HasSubstr("500"));
  EXPECT_THAT(result.out, StartsWith("Gardener: Mind the roses.\nGardener: "));
  EXPECT_THAT(result.out, HasSubstr("Two\n"));
}

}  // namespace
}  // namespace unmuted
