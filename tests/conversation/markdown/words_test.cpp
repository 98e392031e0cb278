#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/markdown/character_reader.hpp"
#include "conversation/markdown/raw_word.hpp"
#include "conversation/markdown/word_output.hpp"

namespace unmuted::markdown {
namespace {

using testing::ElementsAre;

std::vector<std::string> characters_of(const std::vector<std::string>& pieces) {
  CharacterReader reader;
  std::vector<std::string> characters;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const TextCharacter c = reader.next(piece);
      if (!c.empty()) characters.emplace_back(c.bytes);
    }
  }
  return characters;
}

TEST(CharacterReader, PutsCharactersTogether) {
  EXPECT_THAT(characters_of({"a\u00E9", "\u4E2D"}), ElementsAre("a", "\u00E9", "\u4E2D"));
  EXPECT_THAT(characters_of({"\xF0", "\x9F\x98", "\x80!"}), ElementsAre("\U0001F600", "!"));
}

TEST(CharacterReader, PassesOverIllFormedBytes) {
  EXPECT_THAT(characters_of({"a\xFF\x80z"}), ElementsAre("a", "z"));
  EXPECT_THAT(characters_of({"\xE4\xB8", "z"}), ElementsAre("z"));
  EXPECT_THAT(characters_of({"\xE4\xB8", "\xE4\xB8", "\xAD"}), ElementsAre("\u4E2D"));
  EXPECT_THAT(characters_of({"\xE0\x80", "\x80z"}), ElementsAre("z"));
}

/// Hands `text` to the word up to the first character that ends it, as white space does that is not within
/// something open.
std::string taken(RawWord& word, std::string_view text) {
  while (!text.empty()) {
    const TextCharacter c = character_at(text);
    text.remove_prefix(c.bytes.size());
    if (word.is_open() && word.take_into_open(c)) continue;
    if (c.is_blank()) break;
    if (RawWord::is_text(c)) word.add(c);
    if (!RawWord::is_text(c)) word.add_beside_text(c);
  }
  return word.text();
}

std::string taken(std::string_view text) {
  RawWord word;
  return taken(word, text);
}

TEST(RawWord, IsNotCutWithinAStructure) {
  const struct {
    std::string_view text, word;
  } examples[] = {{"a b", "a"},
                  {"[a b](c d) e", "[a b](c d)"},
                  {"[a b] c", "[a b]"},
                  {"[a][b c] d", "[a][b c]"},
                  {"[a](b \"c) d\") e", "[a](b \"c) d\")"},
                  {"`a b` c", "`a b`"},
                  {"it` s", "it`"},
                  {"<a b=\"c\"> d", "<a b=\"c\">"},
                  {"< b", "<"},
                  {"\u30104 5\u3011 c", "\u30104 5\u3011"},
                  {"\u201Ca\u2019s\u201D b", "\"a's\""},
                  {"\\[a b]", "\\[a"}};
  for (const auto& [text, word] : examples) EXPECT_EQ(taken(text), word);
}

TEST(RawWord, HasSeparatorsForWhatIsNotSpoken) {
  EXPECT_EQ(taken("a\U0001F600b"),
            "a\x1F"
            "b");
  EXPECT_EQ(taken("a\u2194\uFE0F"), "a\x1F");
  EXPECT_EQ(taken("a\u2194"), "a\u2194");
  EXPECT_EQ(taken("1\uFE0F\u20E3"), "1\x1F");
  EXPECT_EQ(taken("a<script>b c</script>d"),
            "a\x1F"
            "d");
}

TEST(RawWord, GivesUpWhatIsTooLong) {
  RawWord word;
  taken(word, "[one two " + std::string(300, 'x'));
  ASSERT_TRUE(word.is_too_long());
  EXPECT_EQ(word.give_up(), std::string(300, 'x'));
  EXPECT_EQ(word.text(), "[one two");
  EXPECT_FALSE(word.is_open());
}

TEST(RawWord, TellsWhatEndsIt) {
  RawWord comment;
  taken(comment, "a<!--");
  EXPECT_TRUE(comment.take_comment_begin());
  EXPECT_EQ(comment.text(), "a");

  RawWord code;
  taken(code, "a```py");
  EXPECT_EQ(code.take_code_block(), 3U);
  EXPECT_EQ(code.text(), "a");

  RawWord hidden;
  taken(hidden, "a<style>");
  EXPECT_EQ(hidden.take_hidden_element(), "style");
  EXPECT_EQ(hidden.text(), "a");

  RawWord broken;
  taken(broken, "a\\");
  EXPECT_TRUE(broken.take_line_break());
  EXPECT_EQ(broken.text(), "a");
}

TEST(WordOutput, KeepsTheWhiteSpaceBeforeAWord) {
  WordOutput output;
  output.push("a");
  output.add_space(' ');
  output.add_space('\n');
  output.push("b");
  for (int i = 0; i < 20; ++i) output.add_space(' ');
  output.push("c");
  EXPECT_THAT(output.take_words(), ElementsAre("a", " \nb", std::string(8, ' ') + "c"));
}

TEST(WordOutput, HasOneSpaceWhereSomethingVanished) {
  WordOutput output;
  output.push("a");
  output.add_space(' ');
  output.vanish();
  output.add_space('\n');
  EXPECT_FALSE(output.speak(" "));
  EXPECT_TRUE(output.speak(" b  c"));
  EXPECT_THAT(output.take_words(), ElementsAre("a", " b", " c"));
}

TEST(WordOutput, CutsWhatIsTooLong) {
  WordOutput output;
  output.push(std::string(max_word_bytes, 'x') + "y");
  EXPECT_THAT(output.take_words(), ElementsAre(std::string(max_word_bytes, 'x'), "y"));
}

TEST(WordOutput, EndsCellsWithACommaAfterWords) {
  WordOutput output;
  output.speak_cell(" a b ");
  output.speak_cell("c.");
  output.push("d");
  output.end_cell();
  EXPECT_THAT(output.take_words(), ElementsAre("a", " b,", " c.", "d", ","));
}

}  // namespace
}  // namespace unmuted::markdown
