#include "audio/voice_activity.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/room.hpp"

namespace unmuted::audio {
namespace {

using std::chrono::milliseconds;
using unmuted::test::Room;
using testing::IsEmpty;

/// In milliseconds, each change: of speech that begins above zero, of its end below.
std::vector<int> changes_in(VoiceActivity& activity, const Samples& samples, std::size_t piece = 480) {
  std::vector<int> changes;
  for (std::span<const float> rest(samples); !rest.empty();) {
    const auto next = rest.first(std::min(piece, rest.size()));
    for (const auto& change : activity.feed(next)) {
      const int at = static_cast<int>(change.at * 1'000 / sample_rate);
      changes.push_back(change.speaks ? at : -at);
    }
    rest = rest.subspan(next.size());
  }
  return changes;
}

std::vector<int> changes_in(const Room& room) {
  VoiceActivity activity;
  return changes_in(activity, room.samples());
}

TEST(VoiceActivity, HearsNobodyWhereNobodySpeaks) {
  EXPECT_THAT(changes_in(Room().quiet(5'000)), IsEmpty());
  for (const double dbfs : {-60.0, -45.0, -35.0}) {
    SCOPED_TRACE(dbfs);
    EXPECT_THAT(changes_in(Room(dbfs).quiet(10'000)), IsEmpty());
  }
  EXPECT_THAT(changes_in(Room().quiet(2'000).noise(10'000, -45)), IsEmpty());
  VoiceActivity activity;
  EXPECT_THAT(changes_in(activity, Samples(5 * sample_rate)), IsEmpty());
}

TEST(VoiceActivity, LoudNoiseThatBeginsIsSoonKnown) {
  const std::vector<int> changes = changes_in(Room().quiet(2'000).noise(10'000, -35));
  ASSERT_LE(changes.size(), 2U);
  if (!changes.empty()) {
    EXPECT_LT(-changes.back(), 5'000);
  }
}

TEST(VoiceActivity, HearsWhereSpeechBeginsAndEnds) {
  for (const double dbfs : {-14.0, -26.0, -35.0}) {
    SCOPED_TRACE(dbfs);
    const std::vector<int> changes = changes_in(Room().quiet(1'000).voice(1'500, dbfs).quiet(1'500));
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_THAT(changes[0], testing::AllOf(testing::Ge(1'080), testing::Le(1'200)));
    EXPECT_THAT(-changes[1], testing::AllOf(testing::Ge(2'950), testing::Le(3'200)));
  }
}

TEST(VoiceActivity, AShortPauseIsNoEnd) {
  const Room room = Room().quiet(1'000).voice(600).quiet(300).voice(600).quiet(300).voice(400).quiet(1'500);
  EXPECT_EQ(changes_in(room).size(), 2U);
}

TEST(VoiceActivity, EndsAfterTheSilenceThatIsWanted) {
  const Room room = Room().quiet(1'000).voice(600).quiet(600).voice(600).quiet(1'500);
  VoiceActivity patient;
  patient.end_after(milliseconds(900));
  EXPECT_EQ(changes_in(patient, room.samples()).size(), 2U);
  VoiceActivity quick;
  quick.end_after(milliseconds(300));
  EXPECT_EQ(changes_in(quick, room.samples()).size(), 4U);
}

TEST(VoiceActivity, AClickIsNoSpeech) {
  EXPECT_THAT(changes_in(Room().quiet(1'000).voice(40).quiet(500).voice(30).quiet(1'000)), IsEmpty());
}

TEST(VoiceActivity, IsHarderToInterruptWithWhileTheBotSpeaks) {
  const Room cough = Room().quiet(1'000).voice(80).quiet(1'000);
  VoiceActivity usual;
  EXPECT_EQ(changes_in(usual, cough.samples()).size(), 2U);
  VoiceActivity over_bot;
  over_bot.bot_speaks(true);
  EXPECT_THAT(changes_in(over_bot, cough.samples()), IsEmpty());
  EXPECT_EQ(changes_in(over_bot, Room().quiet(500).voice(300).quiet(1'000).samples()).size(), 2U);
}

TEST(VoiceActivity, DoesNotDependOnThePieces) {
  const Room room = Room().quiet(1'000).voice(600).quiet(800).voice(600).quiet(1'000);
  VoiceActivity first;
  const std::vector<int> changes = changes_in(first, room.samples());
  EXPECT_EQ(changes.size(), 4U);
  EXPECT_FALSE(first.speaks());
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{1'920}, room.samples().size()}) {
    VoiceActivity activity;
    EXPECT_EQ(changes_in(activity, room.samples(), piece), changes);
  }
}

}  // namespace
}  // namespace unmuted::audio
