#include "probe/assertion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;

Measurements measured() {
  Measurements measurements;
  for (int i = 1; i <= 100; ++i) measurements.latencies["reload"].push_back(i / 1000.0);
  measurements.scrapes["before"] = parse_metrics("c_total{t=\"a\"} 4\n").value();
  measurements.scrapes[""] =
      parse_metrics("# HELP c_total x\nc_total{t=\"a\"} 5\nc_total{t=\"b, \\\"}\"} 2\nup 1 123\n").value();
  return measurements;
}

std::optional<std::string> failure(const std::string& text) {
  return failure_of(parse_assertion(text).value(), measured());
}

TEST(Assertion, ComparesLatencies) {
  EXPECT_EQ(failure("latency(reload).p50 == 50ms"), std::nullopt);
  EXPECT_EQ(failure("latency(reload).p99 < 0.2"), std::nullopt);
  EXPECT_EQ(failure("latency(reload).max >= 100000us"), std::nullopt);
  EXPECT_EQ(failure("latency(reload).count == 100"), std::nullopt);
  EXPECT_EQ(failure("latency(unknown).count == 0"), std::nullopt);
  EXPECT_THAT(failure("latency(unknown).p50 < 1").value(), HasSubstr("nothing measured"));
  EXPECT_THAT(failure("latency(reload).p99 < 10ms").value(), HasSubstr("0.099 against 0.01"));
}

TEST(Assertion, ComparesMetrics) {
  EXPECT_EQ(failure("metric(c_total).series == 2"), std::nullopt);
  EXPECT_EQ(failure("metric(c_total).value == 7"), std::nullopt);
  EXPECT_EQ(failure("metric(c_total{t=\"a\"}).value == metric(c_total{t=\"a\"}, before).value + 1"),
            std::nullopt);
  EXPECT_EQ(failure("metric(c_total{t=\"b, \\\"}\"}).value == 2"), std::nullopt);
  EXPECT_EQ(failure("metric(never_touched).value == 0"), std::nullopt);
  EXPECT_EQ(failure("metric(up).value != 0"), std::nullopt);
  EXPECT_THAT(failure("metric(up, later).value == 0").value(), HasSubstr("nothing measured"));
}

TEST(Assertion, KnowsWhetherItScrapes) {
  EXPECT_TRUE(needs_scrape(parse_assertion("metric(a).value == 1").value()));
  EXPECT_FALSE(needs_scrape(parse_assertion("metric(a, before).value == 1").value()));
  EXPECT_FALSE(needs_scrape(parse_assertion("latency(a).p50 < 1").value()));
}

TEST(Assertion, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "latency(a).p50", "latency(a).p98 < 1", "metric().value == 1", "metric(a).sum == 1", "1 < 2 < 3",
        "metric(a{b).value == 1", "1 < 2h", "latency(a.p50 < 1", "< 1"}) {
    const auto parsed = parse_assertion(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, "invalid_assertion");
  }
}

TEST(MetricsText, RefusesWhatIsNone) {
  for (const char* text : {"name\n", "name{a=\"b\" 1\n", "name x\n", "name{a=b} 1\n", "<html>\n"}) {
    EXPECT_FALSE(parse_metrics(text)) << text;
  }
  EXPECT_EQ(parse_metrics("a +Inf\nb NaN").value().size(), 2U);
}

TEST(Percentile, IsAValueThatWasMeasured) {
  EXPECT_EQ(percentile({3}, 0.5), 3);
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0.5), 2);
  EXPECT_EQ(percentile({4, 3, 2, 1}, 1), 4);
  EXPECT_EQ(percentile({1, 2}, 0), 1);
}

TEST(Assertion, WhatIsNoTextIsRefusedAsText) {
  for (const char* text : {"p99(\xff) < 1 s", "\xff", "1 \xc3 < 2 \x1b[m", "latency(a).p99 < 5\xfe"}) {
    const auto refused = parse_assertion(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().message, printable(refused.error().message));
  }
}

}  // namespace
}  // namespace unmuted::probe
