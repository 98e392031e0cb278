#include "session/outbox.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using Kind = Outbox::Kind;
using Pushed = Outbox::Pushed;

std::string text_of(const std::optional<Outbox::Frame>& frame) {
  if (!frame) return "nothing";
  if (const auto* close = std::get_if<CloseFrame>(&*frame)) return "close " + std::to_string(close->code);
  return std::get<std::string>(*frame);
}

TEST(Outbox, GivesFramesInTheOrderTheyCame) {
  Outbox outbox(100);
  EXPECT_EQ(outbox.push("one"), Pushed::ok);
  EXPECT_EQ(outbox.push("two", Kind::sound), Pushed::ok);
  EXPECT_EQ(outbox.push("three"), Pushed::ok);
  EXPECT_EQ(text_of(outbox.pop()), "one");
  EXPECT_EQ(text_of(outbox.pop()), "two");
  EXPECT_EQ(text_of(outbox.pop()), "three");
  EXPECT_FALSE(outbox.pop());
}

TEST(Outbox, TakesControlEventsPastTheLimitAndSaysFull) {
  Outbox outbox(4);
  EXPECT_EQ(outbox.push("four"), Pushed::ok);
  EXPECT_EQ(outbox.push("more"), Pushed::full);
  EXPECT_TRUE(outbox.full());
  EXPECT_EQ(text_of(outbox.pop()), "four");
  EXPECT_FALSE(outbox.full());
  EXPECT_EQ(text_of(outbox.pop()), "more");
  EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, SoundMayOvertakeWordsAndNothingElse) {
  Outbox outbox(100);
  EXPECT_FALSE(outbox.pop_sound());
  outbox.push("w1", Kind::word);
  outbox.push("w2", Kind::word);
  EXPECT_FALSE(outbox.pop_sound());
  outbox.push("s1", Kind::sound);
  outbox.push("w3", Kind::word);
  outbox.push("s2", Kind::sound);
  outbox.push("control");
  outbox.push("s3", Kind::sound);
  EXPECT_EQ(text_of(outbox.pop_sound()), "s1");
  EXPECT_EQ(text_of(outbox.pop_sound()), "s2");
  EXPECT_FALSE(outbox.pop_sound());
  for (const char* next : {"w1", "w2", "w3", "control", "s3"}) EXPECT_EQ(text_of(outbox.pop()), next);
  EXPECT_FALSE(outbox.pop());
  EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, ClosesAfterWhatWasSaid) {
  Outbox outbox(100);
  outbox.push("last words");
  outbox.close({1001, "bye"});
  outbox.close({1008, "too late"});
  EXPECT_TRUE(outbox.closed());
  EXPECT_EQ(outbox.push("unheard"), Pushed::closed);
  EXPECT_EQ(outbox.push("unheard", Kind::sound), Pushed::closed);
  EXPECT_EQ(text_of(outbox.pop()), "last words");
  EXPECT_EQ(text_of(outbox.pop()), "close 1001");
  EXPECT_FALSE(outbox.pop());
  EXPECT_TRUE(outbox.closed());
}

TEST(Outbox, HasABudgetWithOthersBeyondItsFreeBytes) {
  const auto budget = std::make_shared<MemoryBudget>(100);
  const std::string free(Outbox::free_bytes, 'x');
  Outbox first(1U << 20U, budget);
  Outbox second(1U << 20U, budget);
  EXPECT_EQ(first.push(free), Pushed::ok);
  EXPECT_EQ(second.push(free), Pushed::ok);
  EXPECT_EQ(budget->used(), 0U);
  EXPECT_EQ(first.push(std::string(60, 'x')), Pushed::ok);
  EXPECT_EQ(second.push(std::string(60, 'x')), Pushed::full);
  EXPECT_TRUE(second.full());
  EXPECT_EQ(budget->used(), 60U);
  EXPECT_FALSE(first.full());
  second.pop();
  EXPECT_TRUE(second.full());  // what is under way still counts
  second.sent();
  EXPECT_FALSE(second.full());
  first.discard_and_close({1008, "slow reader"});
  EXPECT_EQ(budget->used(), 0U);
  {
    Outbox third(1U << 20U, budget);
    third.push(free);
    third.push("audio", Kind::sound);
    third.push("more", Kind::sound);
    EXPECT_EQ(budget->used(), 9U);
  }
  EXPECT_EQ(budget->used(), 0U);
}

TEST(Outbox, DropsWhatWaitsForAClientThatDoesNotRead) {
  Outbox outbox(2);
  outbox.push("unread");
  outbox.discard_and_close({1008, "slow reader"});
  EXPECT_FALSE(outbox.full());
  EXPECT_EQ(text_of(outbox.pop()), "close 1008");
  EXPECT_FALSE(outbox.pop());
}

}  // namespace
}  // namespace unmuted
