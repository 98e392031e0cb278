#include "session/default_cast.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "characters/prompt_template.hpp"

namespace unmuted {
namespace {

CharacterSetPtr cast_of(const std::vector<std::pair<std::string, std::string>>& names_and_texts) {
  std::vector<CharacterPtr> characters;
  for (const auto& [name, text] : names_and_texts) {
    auto character = std::make_shared<Character>();
    character->name = name;
    character->instructions = {text, "en", without_placeholders(text)};
    characters.push_back(std::move(character));
  }
  return std::make_shared<CharacterSet>("/cast", std::move(characters), LoadReport{});
}

TEST(DefaultCast, RemembersTheTextsThatItPublishedBefore) {
  DefaultCast cast(cast_of({{"Ann", "Old {{a}}."}, {"Bob", "Bob."}}));
  EXPECT_FALSE(cast.published_before("Ann", "Old \u2026."));
  cast.replace(cast_of({{"Ann", "New."}, {"Bob", "Bob."}}));
  EXPECT_TRUE(cast.published_before("Ann", "Old \u2026."));
  EXPECT_FALSE(cast.published_before("Bob", "Old \u2026."));
  EXPECT_FALSE(cast.published_before("Nobody", "Old \u2026."));
}

TEST(DefaultCast, RemembersTheLastFewOnly) {
  DefaultCast cast(nullptr);
  for (int i = 0; i < 10; ++i) {
    cast.replace(cast_of({{"Ann", "Text " + std::to_string(i)}}));
    cast.replace(cast_of({{"Ann", "Text " + std::to_string(i)}}));  // the same again takes no place
  }
  EXPECT_TRUE(cast.published_before("Ann", "Text 8"));
  EXPECT_TRUE(cast.published_before("Ann", "Text 6"));
  EXPECT_FALSE(cast.published_before("Ann", "Text 5"));
}

TEST(DefaultCast, ForgetsWhoHasLeft) {
  DefaultCast cast(cast_of({{"Ann", "Ann."}}));
  cast.replace(cast_of({{"Bob", "Bob."}}));
  EXPECT_TRUE(cast.published_before("Ann", "Ann."));
  cast.replace(cast_of({}));
  EXPECT_FALSE(cast.published_before("Ann", "Ann."));
}

}  // namespace
}  // namespace unmuted
