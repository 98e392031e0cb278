#include "probe/assertion.hpp"

#include <chrono>
#include <memory>
#include <string>

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

TEST(Assertion, ComparesWhatWasSaidAndHeard) {
  const auto spoken = [](int samples) {
    auto log = std::make_shared<VoiceLog>();
    log->said = {{TimePoint{}, TimePoint{} + std::chrono::seconds(1), "one two"}};
    log->transcript = {
        {TimePoint{} + std::chrono::milliseconds(1'500), samples > 24'000 ? "one two" : "one"}};
    log->replies = {{TimePoint{} + std::chrono::seconds(2)}};
    log->replies[0].pieces = {{TimePoint{} + std::chrono::seconds(3), static_cast<std::size_t>(samples)}};
    log->replies[0].pcm.assign(static_cast<std::size_t>(samples), std::int16_t{3'277});
    return log;
  };
  Measurements measurements;
  measurements.voices["a"] = {spoken(24'000)};
  measurements.voices["many"] = {spoken(48'000), spoken(24'000)};
  measurements.voices["deaf"] = {std::make_shared<VoiceLog>()};
  measurements.voices["none"] = {};
  const auto failed = [&](const std::string& text) {
    return failure_of(parse_assertion(text).value(), measurements).value_or("");
  };
  for (const char* holds : {"heard(a).seconds == 1",
                            "heard(a).replies == 1",
                            "heard(a).level > -20.1dB",
                            "heard(a).level < -19.9 dB",
                            "heard(many).seconds == 1",
                            "transcript_delay(a).max == 500ms",
                            "transcript_delay(many).count == 2",
                            "audio_delay(a).p50 == 2s",
                            "word_delay(a).count == 0",
                            "gaps(a).count == 0",
                            "jitter(a).p99 == 0",
                            "after_interruption(a).count == 0",
                            "likeness(a) == 0.5",
                            "likeness(many) == 0.5",
                            "likeness(a, \"one\") == 1",
                            "likeness(a, 'one') - 1 == 0",
                            "likeness(a, '') == 0",
                            "heard(deaf).seconds == 0",
                            "likeness(deaf, 'x') == 0",
                            "difference(a, a) < -96dB",
                            "difference(a, many) > -23.1dB",
                            "difference(many, a) < -22.9dB",
                            "difference(a, deaf) > -20.1dB"}) {
    EXPECT_EQ(failed(holds), "") << holds;
  }
  for (const char* unknown :
       {"heard(x).seconds == 0", "heard(deaf).level < 0", "likeness(deaf) == 0", "gaps(a).max == 0",
        "likeness(none, 'x') == 0", "gaps(x).count == 0", "heard(a).pitch > 0Hz", "difference(a, x) < 0",
        "difference(a, none) < 0", "difference(deaf, deaf) < 0"}) {
    EXPECT_THAT(failed(unknown), HasSubstr("nothing measured")) << unknown;
  }
  const auto assertion = parse_assertion(
      "heard(a).seconds + gaps(b).max > likeness(c, 'x') + latency(d).p50 + difference(e, f)");
  EXPECT_THAT(sessions_of(assertion.value()), testing::ElementsAre("a", "b", "c", "e", "f"));
}

TEST(Assertion, KnowsWhetherItScrapes) {
  EXPECT_TRUE(needs_scrape(parse_assertion("metric(a).value == 1").value()));
  EXPECT_FALSE(needs_scrape(parse_assertion("metric(a, before).value == 1").value()));
  EXPECT_FALSE(needs_scrape(parse_assertion("latency(a).p50 < 1").value()));
}

TEST(Assertion, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"",
                           "latency(a).p50",
                           "latency(a).p98 < 1",
                           "metric().value == 1",
                           "metric(a).sum == 1",
                           "heard(a) > 1",
                           "heard().level > 1",
                           "heard(a).x > 1",
                           "likeness(a, x) > 1",
                           "likeness(a, 'x) > 1",
                           "likeness(a",
                           "difference(a) > 1",
                           "difference(, a) > 1",
                           "difference(a, b > 1",
                           "gaps(a).p98 > 1",
                           "gaps() > 1",
                           "1 < 2kB",
                           "1 < 2 < 3",
                           "metric(a{b).value == 1",
                           "1 < 2h",
                           "latency(a.p50 < 1",
                           "< 1"}) {
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
