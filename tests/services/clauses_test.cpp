#include "services/clauses.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find_first_not_of(' ', at), text.size());
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<Clause> clauses_of(const std::vector<std::string>& words, Spelling spelling = spelled_for_flite) {
  Clauses clauses(spelling);
  std::vector<Clause> all;
  const auto take = [&] {
    while (auto clause = clauses.take()) all.push_back(*clause);
  };
  for (const std::string& word : words) {
    clauses.say(word);
    take();
  }
  clauses.complete();
  take();
  EXPECT_TRUE(clauses.over());
  return all;
}

std::vector<std::string> texts(const std::vector<Clause>& clauses) {
  std::vector<std::string> texts;
  for (const Clause& clause : clauses) texts.push_back(clause.text());
  return texts;
}

std::vector<std::string> cut(const std::string& text, Spelling spelling = spelled_for_flite) {
  return texts(clauses_of(words_of(text), spelling));
}

std::size_t said_in(const Clause& clause) {
  std::size_t said = 0;
  for (const auto& word : clause.words) said += word.said;
  return said;
}

std::size_t said_in(const std::vector<Clause>& clauses) {
  std::size_t said = 0;
  for (const Clause& clause : clauses) said += said_in(clause);
  return said;
}

TEST(EmbeddedClauses, EndWithSentences) {
  EXPECT_THAT(cut("Yes. No! Maybe? \"I am.\" (Good.) Well"),
              ElementsAre("Yes.", "No!", "Maybe?", "\"I am.\"", "(Good.)", "Well"));
  EXPECT_THAT(cut("Dr. Who, e.g. J. Smith of the U.S. on the 3. day. Hello..."),
              ElementsAre("Dr. Who, e.g. J. Smith of the U.S. on the 3. day.", "Hello..."));
}

TEST(EmbeddedClauses, EndWithPartsOfSentencesOnceSomeWordsAreThere) {
  EXPECT_THAT(cut("Well, my dear friend, it is a very fine day, is it not, in the end."),
              ElementsAre("Well, my dear friend,", "it is a very fine day,", "is it not, in the end."));
  EXPECT_THAT(cut("Once upon a time — long ago — there was — a king"),
              ElementsAre("Once upon a time,", "long ago, there was, a king"));
}

TEST(EmbeddedClauses, AreGivenBeforeMoreIsSaid) {
  Clauses clauses(spelled_for_flite);
  clauses.say("Hello");
  EXPECT_FALSE(clauses.take());
  clauses.say(" there.");
  EXPECT_EQ(clauses.take()->text(), "Hello there.");
  EXPECT_FALSE(clauses.over());
  clauses.complete();
  EXPECT_TRUE(clauses.over());
}

TEST(EmbeddedClauses, AreShortWithoutAnyPunctuation) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += " word";
  const auto all = clauses_of(words_of(text));
  EXPECT_GT(all.size(), 3U);
  for (const Clause& clause : all) EXPECT_LE(clause.text().size(), 200U);
  EXPECT_LE(all.front().text().size(), 120U);
  EXPECT_EQ(said_in(all), 200U);
}

TEST(EmbeddedClauses, WordsThatAreNotHeardCountWithTheirNeighbours) {
  const auto all = clauses_of({"😀", " Hello", " 😀", " -", " there.", " 😀"});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text(), "Hello, there.");
  EXPECT_EQ(all[0].words[0].said, 4U);
  EXPECT_EQ(all[0].words[1].said, 1U);
  EXPECT_EQ(all[1].text(), "");
  EXPECT_EQ(said_in(all[1]), 1U);
}

TEST(EmbeddedClauses, LongWordsAreBrokenUp) {
  const auto letters = clauses_of({std::string(4'000, 'x')});
  EXPECT_EQ(said_in(letters), 1U);
  EXPECT_EQ(letters[0].words[0].said, 1U);
  std::string together;
  for (const Clause& clause : letters) {
    for (const auto& word : clause.words) {
      EXPECT_LE(word.text.size(), 48U);
      together += word.text;
    }
  }
  EXPECT_EQ(together, std::string(4'000, 'x'));
  EXPECT_THAT(cut("call 123456789012345678901234567890 now"),
              ElementsAre("call 123456789012", "345678901234 567890 now"));
  EXPECT_THAT(cut("1234567890 12345678901234567890"), ElementsAre("1234567890", "12345678901234567890"));
}

TEST(EmbeddedClauses, AScriptThatCannotBeSpelledIsKnown) {
  const auto unreadable = [](const std::string& text, Spelling spelling) {
    Clauses clauses(spelling);
    for (const std::string& word : words_of(text)) clauses.say(word);
    clauses.complete();
    return clauses.unreadable();
  };
  EXPECT_TRUE(unreadable("你好 世界", spelled_for_flite));
  EXPECT_FALSE(unreadable("你好 world", spelled_for_flite));
  EXPECT_FALSE(unreadable("你好", spelled_in_unicode));
  EXPECT_FALSE(unreadable("😀 !!!", spelled_for_flite));
  EXPECT_FALSE(unreadable("", spelled_for_flite));
}

TEST(EmbeddedSpelling, FliteIsGivenPlainSigns) {
  struct Case {
    std::string word, spelled;
  };
  for (const auto& [word, spelled] : {
           Case{" café", "cafe"},
           Case{"“Ça…”", "\"Ca...\""},
           Case{"naïve—truly", "naive, truly"},
           Case{"Größe", "Grosse"},
           Case{"½", "1/2"},
           Case{"20°", "20 degree"},
           Case{"€5", "euro 5"},
           Case{"it’s", "it's"},
           Case{"a\x01\x7f\xff"
                "b",
                "ab"},
           Case{"\xE2\x80\x8B", ""},
           Case{"😀", ""},
           Case{"привет", ""},
           Case{"a\n\tb", "a b"},
           Case{"ＡＢ", "AB"},
           Case{"", ""},
           Case{"Œuvre", "OEuvre"},
           Case{"ﬁne", "fine"},
       }) {
    EXPECT_EQ(spelled_for_flite(word), spelled) << word;
  }
}

TEST(EmbeddedSpelling, EspeakIsGivenNoPhonemesAndNoControls) {
  struct Case {
    std::string word, spelled;
  };
  for (const auto& [word, spelled] : {
           Case{"[[h@'loU]]", "[h@'loU]]"},
           Case{"[[[x", "[x"},
           Case{"[😀[x", "[x"},
           Case{"café", "café"},
           Case{"a\x1b\xff", "a"},
           Case{"你好", "你好"},
           Case{"😀", ""},
           Case{"mot—mot", "mot, mot"},
       }) {
    EXPECT_EQ(spelled_in_unicode(word), spelled) << word;
  }
}

// Whatever is said: every word counts once, nothing that can be spelled is lost or doubled, and no clause is
// long.
TEST(EmbeddedClauses, KeepAllThatIsSaid) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a",  "word", ",", ".",     "!",    "…",   "—",  "-",
                                        "é",  "你",   "😀", "12345", "[[",   "]",   "\"", " ",
                                        "\n", "$",    "%", "'",     "\xff", "Dr.", "ß",  "\x01"};
  for (int round = 0; round < 2'000; ++round) {
    const Spelling spelling = round % 2 == 0 ? spelled_for_flite : spelled_in_unicode;
    std::vector<std::string> words(random() % 60);
    std::string wanted;
    for (std::string& word : words) {
      const std::size_t length = random() % 20 == 0 ? 100 : 1 + random() % 5;
      for (std::size_t i = 0; i < length; ++i) word += pieces[random() % pieces.size()];
      wanted += spelling(word);
    }
    const auto all = clauses_of(words, spelling);
    std::string spoken;
    for (const Clause& clause : all) {
      spoken += clause.text();
      EXPECT_LE(utf8_length(clause.text()), 300U);
      if (spelling == spelled_in_unicode) {
        EXPECT_EQ(clause.text().find("[["), std::string::npos);
      }
      EXPECT_FALSE(clause.words.empty());
    }
    EXPECT_EQ(said_in(all), words.size());
    const auto bare = [](std::string text) {  // pauses are signs that may come and go
      std::string kept;
      for (const char c : text) {
        if (std::string(" ,.-!'\"[]").find(c) == std::string::npos && static_cast<unsigned char>(c) < 0x80)
          kept += c;
      }
      return kept;
    };
    EXPECT_EQ(bare(spoken), bare(wanted));
  }
}

TEST(EmbeddedClauses, WithoutAWordThereIsNone) {
  EXPECT_THAT(cut(""), IsEmpty());
}

}  // namespace
}  // namespace unmuted
