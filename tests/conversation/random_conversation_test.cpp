#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include "world.hpp"

namespace unmuted {
namespace {

World world_of(std::uint32_t seed) {
  return World([random = std::mt19937(seed)](std::size_t n) mutable { return random() % n; });
}

/// How many replies there were.
std::uint64_t run(std::uint32_t seed, int events) {
  try {
    World world = world_of(seed);
    world.begin();
    for (int i = 0; i < events; ++i) world.go_on();
    world.end();
    return world.witness().replies();
  } catch (const std::logic_error& contradiction) {
    ADD_FAILURE() << "seed " << seed << " " << contradiction.what();
    return 0;
  }
}

TEST(RandomConversation, NeverContradictsItself) {
  std::uint64_t replies = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) replies += run(seed, 150);
  EXPECT_GT(replies, 4'000U);  // or the dice test nothing
}

/// Short ones, so that a hundred thousand of them are played each time.
TEST(RandomConversation, NeverAsksWhatAStrictModelRefuses) {
  for (std::uint32_t seed = 1'000'000; seed < 1'100'000 && !HasFailure(); ++seed) run(seed, 12);
}

TEST(RandomConversation, StaysBoundedWhenItIsLong) {
  run(4711, 5'000);
}

}  // namespace
}  // namespace unmuted
