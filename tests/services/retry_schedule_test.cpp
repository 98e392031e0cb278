#include "services/retry_schedule.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "services/openai_model.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;

class RetryScheduleTest : public testing::Test {
 protected:
  static Refusal refusal(Refusal::Kind kind, std::optional<std::chrono::milliseconds> retry_after = {}) {
    Refusal refusal;
    refusal.kind = kind;
    refusal.retry_after = retry_after;
    return refusal;
  }

  OpenAiOptions options;
  const TimePoint start{};
};

TEST_F(RetryScheduleTest, AFullServerIsAskedFiveTimes) {
  RetrySchedule schedule(options, start);
  const Refusal full = refusal(Refusal::Kind::full);
  EXPECT_EQ(schedule.pause_after(full, start), Duration(50ms));
  EXPECT_EQ(schedule.pause_after(full, start), Duration(75ms));
  EXPECT_EQ(schedule.pause_after(full, start), Duration(112500us));
  EXPECT_EQ(schedule.pause_after(full, start), Duration(168750us));
  EXPECT_EQ(schedule.pause_after(full, start), std::nullopt);
}

TEST_F(RetryScheduleTest, AServerMayAskForALongerPause) {
  RetrySchedule schedule(options, start);
  EXPECT_EQ(schedule.pause_after(refusal(Refusal::Kind::full, 2s), start), Duration(2s));
  EXPECT_EQ(schedule.pause_after(refusal(Refusal::Kind::full, 2001ms), start), Duration(75ms));
  EXPECT_EQ(schedule.pause_after(refusal(Refusal::Kind::loading, 2s), start), Duration(2s));
  EXPECT_EQ(schedule.pause_after(refusal(Refusal::Kind::loading, 1min), start), Duration(10s));
}

TEST_F(RetryScheduleTest, AModelThatIsLoadingIsWaitedForAsLongAsThePatienceLasts) {
  options.patience = 3s;
  RetrySchedule schedule(options, start);
  const Refusal loading = refusal(Refusal::Kind::loading);
  EXPECT_FALSE(schedule.loading());
  EXPECT_EQ(schedule.pause_after(loading, start), Duration(500ms));
  EXPECT_TRUE(schedule.loading());
  EXPECT_EQ(schedule.pause_after(loading, start + 1s), Duration(750ms));
  EXPECT_EQ(schedule.pause_after(loading, start + 2500ms), Duration(500ms)) << "no longer than the patience";
  EXPECT_EQ(schedule.pause_after(loading, start + 3s), std::nullopt);
}

TEST_F(RetryScheduleTest, OtherRefusalsAreFinal) {
  RetrySchedule schedule(options, start);
  EXPECT_EQ(schedule.pause_after(refusal(Refusal::Kind::other, 1s), start), std::nullopt);
  EXPECT_FALSE(schedule.loading());
}

}  // namespace
}  // namespace unmuted
