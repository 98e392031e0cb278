#include "probe/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<RunResult> results() {
  RunResult good{"goes <well>", "a.yaml", 3, std::chrono::milliseconds(5), {{"reload", {0.002}}}, {}};
  RunResult bad{"fails # here",
                "b.yaml",
                1,
                {},
                {},
                Failure{{4, 5}, "a: {next: {n: \"1\"}}", "n should be 1", {"{\"n\":2}\033"}, false}};
  return {good, bad};
}

TEST(Report, TextShowsTheStepAndWhatArrived) {
  const std::string text = report(results(), ReportFormat::text, false);
  EXPECT_THAT(text,
              HasSubstr("ok    goes <well>  (3 steps, 5.00 ms)\n        reload: 1 answer, p50 2.00 ms"));
  EXPECT_THAT(text, HasSubstr("b.yaml:4:5: a: {next: {n: \"1\"}}\n"));
  EXPECT_THAT(text, HasSubstr("n should be 1"));
  EXPECT_THAT(text, HasSubstr("{\"n\":2}\\x1b\n"));
  EXPECT_THAT(text, HasSubstr("1 passed, 1 failed, 4 steps\n"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(report(results(), ReportFormat::text, true), HasSubstr("\033[31mFAIL\033[0m"));
}

TEST(Report, Tap) {
  const std::string text = report(results(), ReportFormat::tap, false);
  EXPECT_THAT(
      text, StartsWith("TAP version 13\n1..2\nok 1 - goes <well>\nnot ok 2 - fails   here\n# b.yaml:4:5: "));
}

TEST(Report, JunitIsEscaped) {
  const std::string text = report(results(), ReportFormat::junit, false);
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"wsprobe\" tests=\"2\" failures=\"1\" errors=\"0\">"));
  EXPECT_THAT(text, HasSubstr("name=\"goes &lt;well&gt;\" time=\"0.005\"/>"));
  EXPECT_THAT(text, HasSubstr("a: {next: {n: &quot;1&quot;}}"));
}

TEST(Report, Json) {
  const Json json = Json::parse(report(results(), ReportFormat::json, false));
  EXPECT_EQ(json["passed"], 1);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["scenarios"][0]["latencies"]["reload"]["p99"], 0.002);
  EXPECT_EQ(json["scenarios"][1]["failure"]["line"], 4);
}

TEST(Report, ExitCodes) {
  auto all = results();
  EXPECT_EQ(exit_code(all), 1);
  all[1].failure->environment = true;
  EXPECT_EQ(exit_code(all), 2);
  all.pop_back();
  EXPECT_EQ(exit_code(all), 0);
}

}  // namespace
}  // namespace unmuted::probe
