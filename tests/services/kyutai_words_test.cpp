// The words of a reply and the sound that comes of them, without sockets.
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/kyutai/spoken_words.hpp"

namespace unmuted::kyutai {
namespace {

using audio::Samples;
using testing::ElementsAre;
using testing::IsEmpty;

/// "2 words", "1920".
std::vector<std::string> heard(SpokenWords& words) {
  std::vector<std::string> all;
  for (const SpeechEvent& event : words.events) {
    if (const auto* begin = std::get_if<WordsBegin>(&event)) {
      all.push_back(std::to_string(begin->words) + " words");
    } else {
      all.push_back(std::to_string(std::get<SpeechAudio>(event).samples.size()));
    }
  }
  words.events.clear();
  return all;
}

TEST(SpokenWords, TheServiceIsSentWhatIsPronounced) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {" Hello", "Hello"},
      {"  *very*", "very"},
      {" \u201cSo\u201d,", "\"So\","},
      {" don\u2019t", "don't"},
      {" `x_1`", "x1"},
      {" (really)", "really"},
      {" 10:30", "10 30"},
      {" 1990\u20132000", "19902000"},
      {" a\x01\tb\n", "a b"},
      {" *", ""},
      {" : ", ""},
      {"", ""},
      {" \U0001F600", "\U0001F600"},
      {" l'\u00e9t\u00e9", "l'\u00e9t\u00e9"},
  };
  for (const auto& [said, sent] : cases) {
    SpokenWords words;
    EXPECT_EQ(words.say(said), sent) << testing::PrintToString(said);
  }
}

TEST(SpokenWords, AWordBeginsAtItsSample) {
  SpokenWords words;
  words.say("Good");
  words.say(" evening");
  words.say(" all.");
  words.begins({"Good", 0.04, 0.16});
  words.sounds(Samples(1'920));
  words.sounds(Samples(1'920));
  EXPECT_THAT(heard(words), ElementsAre("960", "1 words", "960", "1920"));
  words.begins({"evening", 0.16, 0.24});
  words.sounds(Samples(1'920));
  words.sounds(Samples(1'920));
  EXPECT_THAT(heard(words), ElementsAre("1 words", "1920", "1 words", "1920"));
  words.begins({"all.", 0.24, 0.4});
  words.end();
  EXPECT_THAT(heard(words), IsEmpty());
}

TEST(SpokenWords, SeveralBeginInOnePieceOfSound) {
  SpokenWords words;
  for (const char* word : {"a", " b", " c"}) words.say(word);
  words.begins({"a", 0, 0.01});
  words.begins({"b", 0.01, 0.02});
  words.sounds(Samples(1'000));
  EXPECT_THAT(heard(words), ElementsAre("1 words", "240", "1 words", "240", "1 words", "520"));
}

TEST(SpokenWords, WhatIsSaidTooLateBeginsAtOnce) {
  SpokenWords words;
  for (const char* word : {"a", " b", " c"}) words.say(word);
  words.begins({"a", 0, 0});
  words.sounds(Samples(1'920));
  EXPECT_THAT(heard(words), ElementsAre("1 words", "1 words", "1920"));
  words.begins({"b", 0, 0.01});
  EXPECT_THAT(heard(words), ElementsAre("1 words"));
}

TEST(SpokenWords, TheOnlyWordBeginsWithTheSound) {
  SpokenWords words;
  words.say("Yes.");
  words.sounds(Samples(1'920));
  words.begins({"Yes.", 0.08, 0.3});
  words.end();
  EXPECT_THAT(heard(words), ElementsAre("1 words", "1920"));
}

TEST(SpokenWords, WordsThatAreNotSpokenBeginWithTheNext) {
  SpokenWords words;
  words.say("*");
  words.say(" _");
  words.say(" Hello");
  words.say(" there");
  words.say(" *");
  words.begins({"Hello", 0, 0.08});
  words.sounds(Samples(3'840));
  words.begins({"there", 0.08, 0.16});
  words.end();
  EXPECT_THAT(heard(words), ElementsAre("3 words", "1920", "1 words", "1920", "1 words"));
}

TEST(SpokenWords, AWordInPartsBeginsOnce) {
  SpokenWords words;
  words.say("At");
  EXPECT_EQ(words.say(" 10:30"), "10 30");
  words.say(" sharp");
  words.begins({"At", 0, 0.08});
  words.begins({"10", 0.08, 0.16});
  words.begins({"30", 0.16, 0.24});
  words.sounds(Samples(4 * 1'920));
  words.begins({"sharp", 0.24, 0.32});
  EXPECT_THAT(heard(words), ElementsAre("1 words", "1920", "1 words", "3840", "1 words", "1920"));
}

TEST(SpokenWords, WhatTheServiceLeavesOutBeginsWithWhatItNames) {
  SpokenWords words;
  for (const char* word : {"a", " b", " c", " d"}) words.say(word);
  words.begins({"c", 0, 0});
  words.sounds(Samples(100));
  EXPECT_THAT(heard(words), ElementsAre("3 words", "1 words", "100"));
  words.begins({"unknown", 0, 0});
  words.begins({"of nothing", 0, 0});
  words.begins({"", 0, 0});
  EXPECT_THAT(heard(words), IsEmpty());
}

TEST(SpokenWords, NoWordIsLostWhateverTheServiceSays) {
  SpokenWords words;
  for (const char* word : {"a", " b", " c", " d"}) words.say(word);
  words.begins({"a", 1e300, -5});
  words.sounds(Samples(100));
  words.end();
  EXPECT_THAT(heard(words), ElementsAre("100", "4 words"));
}

}  // namespace
}  // namespace unmuted::kyutai
