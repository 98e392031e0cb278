#include "conversation/words.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words_of(const std::vector<std::string>& pieces) {
  WordChunker chunker;
  std::vector<std::string> words;
  for (const std::string& piece : pieces) {
    for (std::string& word : chunker.feed(piece)) words.push_back(std::move(word));
  }
  if (auto last = chunker.finish()) words.push_back(*last);
  return words;
}

TEST(Words, KeepTheWhiteSpaceBeforeThem) {
  EXPECT_THAT(words_of({"One  two\nthree "}), ElementsAre("One", "  two", "\nthree"));
  EXPECT_THAT(words_of({" One"}), ElementsAre(" One"));
}

TEST(Words, AreWholeHoweverTheTextIsCut) {
  EXPECT_THAT(words_of({"Hel", "lo", " wor", "ld", "!"}), ElementsAre("Hello", " world!"));
  EXPECT_THAT(words_of({"Hello ", "world"}), ElementsAre("Hello", " world"));
  EXPECT_THAT(words_of({"", "Hello", "", " ", "", "world", ""}), ElementsAre("Hello", " world"));
}

TEST(Words, ComeAsSoonAsTheyAreComplete) {
  WordChunker chunker;
  EXPECT_THAT(chunker.feed("Hello"), IsEmpty());
  EXPECT_THAT(chunker.feed(" "), ElementsAre("Hello"));
  EXPECT_THAT(chunker.feed("you"), IsEmpty());
  EXPECT_EQ(chunker.finish(), " you");
  EXPECT_EQ(chunker.finish(), std::nullopt);
}

TEST(Words, OfNothingAndOfWhiteSpaceThereAreNone) {
  EXPECT_THAT(words_of({}), IsEmpty());
  EXPECT_THAT(words_of({" ", "\n\t", " "}), IsEmpty());
}

TEST(Words, HaveNoMarkup) {
  EXPECT_THAT(words_of({"*Very* __good__ `code` ** snake_case"}),
              ElementsAre("Very", " good", " code", "  snakecase"));
}

TEST(Words, HaveStraightQuotes) {
  EXPECT_THAT(words_of({"\u201CIt\u2019s\u201D \u2018so\u2019 \u00AB oui \u00BB"}),
              ElementsAre("\"It's\"", " 'so'", " \u00AB", " oui", " \u00BB"));
}

TEST(Words, AreNotCutInsideACharacter) {
  EXPECT_THAT(words_of({"caf\xC3", "\xA9 \xF0\x9F", "\x98", "\x80!"}), ElementsAre("café", " 😀!"));
}

TEST(Words, LoseBytesThatAreNotUtf8) {
  EXPECT_THAT(words_of({"a\x80"
                        "b \xC3",
                        "c \xED\xA0\x80"
                        "d \xFF"
                        "e\xE2\x82"}),
              ElementsAre("ab", " c", " d", " e"));
}

TEST(Words, LoseControlCharacters) {
  EXPECT_THAT(words_of({std::string("a\0b\x1B[c\x7F", 7)}), ElementsAre("ab[c"));
}

TEST(Words, AreCutWhenTheyDoNotEnd) {
  std::string endless;
  for (int i = 0; i < 150; ++i) endless += "é";
  EXPECT_THAT(words_of({" " + endless}),
              ElementsAre(" " + endless.substr(0, max_word_bytes), endless.substr(max_word_bytes)));
}

TEST(Words, AreCutOnTheBorderOfACharacter) {
  std::string endless = "x";
  for (int i = 0; i < 150; ++i) endless += "é";
  const auto words = words_of({endless});
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].size(), max_word_bytes - 1);
  EXPECT_EQ(words[0] + words[1], endless);
}

TEST(Words, KeepOnlySomeOfEndlessWhiteSpace) {
  EXPECT_THAT(words_of({std::string(100'000, ' ') + "a"}), ElementsAre(std::string(8, ' ') + "a"));
}

TEST(Words, AfterTheEndBelongToAnotherText) {
  WordChunker chunker;
  EXPECT_THAT(chunker.feed("one \xC3"), ElementsAre("one"));
  EXPECT_EQ(chunker.finish(), std::nullopt);
  EXPECT_THAT(chunker.feed("\xA9two "), ElementsAre("two"));
}

TEST(Words, AreTheSameHoweverTheTextIsCut) {
  const std::string text =
      "  \u201CÇa va ?\u201D dit-il\u2026 *Oui* \n\n très 😀bien_ " + std::string(450, 'w') + " Bye!";
  const auto expected = words_of({text});
  std::mt19937 random(20);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = random() % 7;
      pieces.push_back(text.substr(at, length));
      at += length;
    }
    EXPECT_EQ(words_of(pieces), expected);
  }
}

TEST(Words, OfAnyBytesAreUtf8AndBounded) {
  std::mt19937 random(21);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> pieces(20);
    for (std::string& piece : pieces) {
      const std::size_t length = random() % 40;
      for (std::size_t i = 0; i < length; ++i) piece += static_cast<char>(random() % 256);
    }
    for (const std::string& word : words_of(pieces)) {
      EXPECT_TRUE(is_utf8(word));
      EXPECT_FALSE(without_space(word).empty());
      EXPECT_LE(without_space(word).size(), max_word_bytes);
    }
  }
}

TEST(Words, WithoutSpace) {
  EXPECT_EQ(without_space(" \n word"), "word");
  EXPECT_EQ(without_space("word"), "word");
  EXPECT_EQ(without_space("  "), "");
  EXPECT_EQ(without_space(""), "");
}

TEST(Words, AFarewellEndsInBye) {
  for (const std::string_view text : {"Bye!", "So long. Bye!", "Bye! ", "Good, bye. \"Bye!", "Adieu\nBye!"}) {
    EXPECT_TRUE(is_farewell(text)) << text;
  }
  for (const std::string_view text : {"", " ", "Bye", "Bye! Wait.", "GoodBye!", "bye!", "éBye!", "4Bye!"}) {
    EXPECT_FALSE(is_farewell(text)) << text;
  }
}

}  // namespace
}  // namespace unmuted
