#include "characters/records.hpp"

#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace unmuted {
namespace {

TEST(Records, WordsArePartedByWhiteSpace) {
  EXPECT_EQ(count_words(""), 0U);
  EXPECT_EQ(count_words(" \n\t"), 0U);
  EXPECT_EQ(count_words("one"), 1U);
  EXPECT_EQ(count_words(" one  two\nthree,\tfour–five\r\n"), 4U);
}

TEST(Records, APromptComesWithItsGreeting) {
  Character character;
  character.name = "Ada";
  const nlohmann::json silent = prompt_record(character, "Two words.");
  EXPECT_EQ(
      silent,
      nlohmann::json(
          {{"character", "Ada"}, {"system_prompt", "Two words."}, {"greeting", nullptr}, {"words", 2}}));
  character.greeting = "Hello.";
  EXPECT_EQ(prompt_record(character, "").at("greeting"), "Hello.");
}

TEST(Records, ADiagnosticKeepsAllThatIsKnownOfIt) {
  const Diagnostic found = make_diagnostic("ada.lua", {3, 5}, "missing-field", "name is required", "add it");
  EXPECT_EQ(record_of(found), nlohmann::json({{"file", "ada.lua"},
                                              {"line", 3},
                                              {"column", 5},
                                              {"severity", "error"},
                                              {"code", "missing-field"},
                                              {"message", "name is required"},
                                              {"help", "add it"}}));
}

}  // namespace
}  // namespace unmuted
