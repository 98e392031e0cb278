#include "session/input_budget.hpp"

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using std::chrono::seconds;

constexpr std::size_t mebibyte = 1U << 20U;
constexpr std::size_t one_mebibyte = mebibyte - InputBudget::message_cost;  // with what a message costs

const TimePoint start{seconds(1'000)};

TEST(InputBudget, SpeechNeverWaits) {
  InputBudget budget;
  for (int frame = 0; frame < 100'000; ++frame) {
    const TimePoint now = start + std::chrono::milliseconds(20) * frame;
    ASSERT_FALSE(budget.spend(2'560, 1, now)) << frame;  // 20 ms of PCM16 at 48 kHz, in base64
    ASSERT_LE(budget.ready_at(), now) << frame;
  }
}

TEST(InputBudget, ABurstIsTakenAtOnceAndTheRestAtItsRate) {
  InputBudget budget;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(budget.spend(one_mebibyte, 1, start));
    EXPECT_LE(budget.ready_at(), start);
  }
  EXPECT_TRUE(budget.spend(one_mebibyte, 1, start));
  EXPECT_EQ(budget.ready_at(), start + seconds(1));
  EXPECT_FALSE(budget.spend(one_mebibyte, 1, start + seconds(1))) << "it was told a second ago";
  EXPECT_EQ(budget.ready_at(), start + seconds(2));
}

TEST(InputBudget, ManySmallMessagesCountToo) {
  InputBudget budget;
  int taken = 0;
  while (budget.ready_at() <= start) {
    (void)budget.spend(20, 1, start);
    ++taken;
  }
  EXPECT_LT(taken, 4'100);
  EXPECT_GT(taken, 3'900);
}

TEST(InputBudget, QuietEarnsNoMoreThanABurst) {
  InputBudget budget;
  for (int i = 0; i < 5; ++i) (void)budget.spend(one_mebibyte, 1, start);
  const TimePoint later = start + seconds(3'600);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(budget.spend(one_mebibyte, 1, later));
  EXPECT_LE(budget.ready_at(), later);
  EXPECT_TRUE(budget.spend(one_mebibyte, 1, later)) << "an hour ago was another time";
}

TEST(InputBudget, AFloodIsToldNowAndThen) {
  InputBudget budget;
  int told = 0;
  TimePoint now = start;
  for (int i = 0; i < 64; ++i) {
    now = std::max(now, budget.ready_at());
    if (budget.spend(one_mebibyte, 1, now)) ++told;
  }
  EXPECT_EQ(now, start + seconds(59));
  EXPECT_EQ(told, 6);
}

TEST(InputBudget, AMessageInManyPiecesCountsForEach) {
  InputBudget budget;
  (void)budget.spend(4'096, 4'096, start);  // byte by byte
  (void)budget.spend(4'096, 4'096, start);
  EXPECT_LT(budget.ready_at(), start);
  for (int i = 0; i < 3; ++i) (void)budget.spend(4'096, 4'096, start);
  EXPECT_GT(budget.ready_at(), start);
}

}  // namespace
}  // namespace unmuted
