#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/embedded/grammar.hpp"
#include "services/embedded/noise_floor.hpp"
#include "services/embedded/recogniser.hpp"
#include "services/embedded/recogniser_pool.hpp"
#include "services/embedded/sphinx.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::embedded {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class GrammarTest : public testing::Test {
 protected:
  GrammarTest() {
    folder.write("dictionary",
                 "saturn S AE T ER N\nto T UW\nto(2) T AH\nto(3) T IH\nto-do T UW D UW\nnothing\n");
  }
  Grammar grammar_of(const std::vector<std::string>& phrases) {
    return make_grammar(phrases, folder.path("dictionary"));
  }
  std::vector<std::string> sounds_of(const std::string& word) {
    std::vector<std::string> sounds;
    for (const auto& each : grammar_of({word}).words) sounds.push_back(each.spelling + ": " + each.phones);
    return sounds;
  }
  test::TemporaryFolder folder;
};

TEST_F(GrammarTest, WordsSoundAsTheDictionarySays) {
  EXPECT_THAT(sounds_of("Saturn"), ElementsAre("saturn: S AE T ER N"));
  EXPECT_THAT(sounds_of("to"), ElementsAre("to: T UW", "to(2): T AH", "to(3): T IH"));
}

TEST_F(GrammarTest, OtherWordsSoundAsTheirLettersAndDigitsDo) {
  EXPECT_THAT(sounds_of("cat"), ElementsAre("cat: K AE T"));
  EXPECT_THAT(sounds_of("nothing"), ElementsAre("nothing: N AH TH IH NG"));  // its line has no sounds
  EXPECT_THAT(sounds_of("8"), ElementsAre("8: EY T"));
  EXPECT_THAT(sounds_of("42"), ElementsAre("42: F AO R T IY T UW"));
  EXPECT_THAT(sounds_of("don't"), ElementsAre("don't: D AA N T"));
  EXPECT_EQ(sounds_of("kyutai").size(), 1U);
  EXPECT_THAT(sounds_of("co2"), ElementsAre("co2: S IY OW T UW"));
}

TEST_F(GrammarTest, PhrasesAreTheirWordsInSmallLetters) {
  EXPECT_THAT(
      grammar_of({"To Saturn!", "to  saturn", "to-do", "Café"}).phrases,
      UnorderedElementsAre(ElementsAre("to", "saturn"), ElementsAre("to", "do"), ElementsAre("cafe")));
}

TEST_F(GrammarTest, WhatCannotBeSaidIsLeftOut) {
  const Grammar grammar =
      grammar_of({"", "...", "' '", "漢字", std::string(41, 'x'), std::string(10, '7'), "to"});
  EXPECT_THAT(grammar.phrases, ElementsAre(ElementsAre("to")));
  EXPECT_THAT(grammar.words, testing::SizeIs(3));
  EXPECT_THAT(make_grammar(std::vector<std::string>{"cat"}, "/nonexistent").phrases,
              ElementsAre(ElementsAre("cat")));
}

TEST_F(GrammarTest, NothingThatSomebodyWritesIsTooMuchForTheDecoder) {
  const SphinxModel model;
  std::vector<std::string> phrases;
  for (int i = 0; i < 200; ++i) phrases.push_back("grammar public <x> | (import) " + std::to_string(i));
  const Grammar grammar = make_grammar(phrases, model.dictionary());
  EXPECT_EQ(grammar.phrases.size(), 200U);
  auto decoder = SphinxDecoder::of_grammar(model, grammar);
  ASSERT_TRUE(decoder) << decoder.error().message;
  decoder->begin();
  decoder->begin();  // drops the one before
  EXPECT_THAT(decoder->end().words, IsEmpty());
}

TEST(RecogniserPool, LendsToWhoWaitsForLongest) {
  const auto pool = std::make_shared<RecogniserPool>(1);
  int first_told = 0;
  int second_told = 0;
  std::optional<RecogniserPool::Loan> lent;
  {
    RecogniserPool::Place place(pool, [] {});
    lent.emplace(*place.take({}));
    EXPECT_FALSE(place.take({}));
  }
  std::optional<RecogniserPool::Place> first(std::in_place, pool, [&] { ++first_told; });
  RecogniserPool::Place second(pool, [&] { ++second_told; });
  EXPECT_FALSE(first->take({}));
  lent.reset();
  EXPECT_EQ(first_told, 1);
  EXPECT_EQ(second_told, 0);
  EXPECT_FALSE(second.take({}));  // it is the other's turn
  first.reset();                  // who wants it no more
  EXPECT_EQ(second_told, 1);
  EXPECT_TRUE(second.take({}));
}

TEST(RecogniserPool, LendsNoMoreThanThereAre) {
  const auto pool = std::make_shared<RecogniserPool>(3);
  std::vector<RecogniserPool::Loan> lent;
  RecogniserPool::Place place(pool, [] {});
  while (auto loan = place.take({})) lent.push_back(std::move(*loan));
  EXPECT_EQ(lent.size(), 3U);
  lent.pop_back();
  EXPECT_TRUE(place.take({}));
}

TEST(IsOfVocabulary, AsksWhatIsLikelierAndWhatIsWhole) {
  const Hypothesis english{{{"us", 0}}, -3625, 55, 0};
  const Hypothesis fits{{{"yes", 0}}, -2714, 55, -14};
  EXPECT_TRUE(is_of_vocabulary(fits, english, false));
  EXPECT_TRUE(is_of_vocabulary(fits, english, true));
  Hypothesis other = fits;
  other.words.clear();
  EXPECT_FALSE(is_of_vocabulary(other, english, true));
  other = fits;
  other.score = english.score + 110;  // better by 2 a frame of words
  EXPECT_FALSE(is_of_vocabulary(other, english, false));
  EXPECT_TRUE(is_of_vocabulary(other, english, true));
  other.score = english.score - 1;
  EXPECT_FALSE(is_of_vocabulary(other, english, false));
  EXPECT_FALSE(is_of_vocabulary(other, english, true));
  other = fits;
  other.likeness = -41;
  EXPECT_FALSE(is_of_vocabulary(other, english, false));
  EXPECT_FALSE(is_of_vocabulary(other, english, true));
  other = fits;
  other.word_frames = 20;
  EXPECT_FALSE(is_of_vocabulary(other, english, false));
  EXPECT_TRUE(is_of_vocabulary(other, english, true));
  EXPECT_FALSE(is_of_vocabulary({}, {}, false));
  EXPECT_FALSE(is_of_vocabulary({}, {}, true));
}

TEST(NoiseFloor, IsWhatTheQuietestTenthIs) {
  const auto is_noisy = [](int quiet, int loud, std::size_t quiet_frames) {
    NoiseFloor floor;
    const std::vector<std::int16_t> before(quiet_frames * 160, static_cast<std::int16_t>(quiet));
    const std::vector<std::int16_t> speech((100 - quiet_frames) * 160, static_cast<std::int16_t>(loud));
    floor.hear(before);
    for (const std::int16_t& sample : speech) floor.hear({&sample, 1});
    return floor.is_noisy();
  };
  EXPECT_FALSE(NoiseFloor().is_noisy());
  EXPECT_FALSE(is_noisy(100, 8'000, 30));
  EXPECT_TRUE(is_noisy(300, 8'000, 30));
  EXPECT_TRUE(is_noisy(0, 8'000, 5));
}

}  // namespace
}  // namespace unmuted::embedded
