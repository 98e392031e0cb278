#include "core/ids.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

bool is_base62(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

TEST(Ids, Base62OfAnyLength) {
  for (const std::size_t length : {0U, 1U, 12U, 21U, 5000U}) {  // past the buffer of random bytes
    const std::string id = random_base62(length);
    EXPECT_EQ(id.size(), length);
    EXPECT_TRUE(is_base62(id)) << id;
  }
}

TEST(Ids, EventId) {
  const std::string id = new_event_id();
  EXPECT_EQ(id.substr(0, 6), "event_");
  EXPECT_EQ(id.size(), 27U);
  EXPECT_TRUE(is_base62(id.substr(6)));
}

TEST(Ids, SessionId) {
  const std::string id = new_session_id();
  EXPECT_EQ(id.size(), 12U);
  EXPECT_TRUE(is_base62(id));
}

TEST(Ids, NoneTwiceOnAnyThread) {
  std::array<std::vector<std::string>, 4> made;
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < 5000; ++i) mine.push_back(new_session_id());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& some : made) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 20'000U);
}

TEST(Ids, EveryLetterIsAboutAsLikely) {
  constexpr std::size_t letters = 620'000;
  std::array<std::size_t, 256> counts{};
  for (const char c : random_base62(letters)) ++counts[static_cast<unsigned char>(c)];
  // The standard deviation of a count is 99. A plain remainder of a byte would put 8 letters at 12,109.
  for (int c = 0; c < 256; ++c) {
    if (std::isalnum(c) == 0) continue;
    EXPECT_NEAR(static_cast<double>(counts[static_cast<std::size_t>(c)]), 10'000.0, 1'000.0) << c;
  }
}

TEST(Ids, SeedsDiffer) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 1000; ++i) seeds.insert(random_seed());
  EXPECT_EQ(seeds.size(), 1000U);
}

}  // namespace
}  // namespace unmuted
