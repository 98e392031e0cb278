#include "characters/character_store.hpp"

#include <gtest/gtest.h>

namespace unmuted {
namespace {

std::shared_ptr<const script::Resources> resources(std::string text) {
  return std::make_shared<const script::Resources>(script::Resources{{"words", std::move(text)}});
}

CharacterPtr made_of(Origin origin) {
  auto character = std::make_shared<Character>();
  character->origin = std::move(origin);
  return character;
}

TEST(CharacterStore, KnowsACharacterByAllThatItIsMadeOf) {
  CharacterStore store;
  const Origin origin{"lua", "a.lua", "return {}", resources("one")};
  const CharacterPtr character = store.insert(made_of(origin));
  EXPECT_EQ(store.find(origin), character);
  EXPECT_EQ(store.find({"lua", "a.lua", "return {}", resources("one")}), character);
  for (const Origin& other : {Origin{"card", "a.lua", "return {}", origin.resources},
                              Origin{"lua", "b.lua", "return {}", origin.resources},
                              Origin{"lua", "a.lua", "return {} ", origin.resources},
                              Origin{"lua", "a.lua", "return {}", resources("two")},
                              Origin{"lua", "a.lua", "return {}", nullptr}}) {
    EXPECT_EQ(store.find(other), nullptr) << other.format << " " << other.file_name << " " << other.bytes;
  }
}

TEST(CharacterStore, OfEqualCharactersTheFirstIsKept) {
  CharacterStore store;
  const Origin origin{"lua", "a.lua", "return {}", nullptr};
  const CharacterPtr first = store.insert(made_of(origin));
  EXPECT_EQ(store.insert(made_of(origin)), first);
  EXPECT_EQ(store.size(), 1U);
}

TEST(CharacterStore, KeepsNobodyAlive) {
  CharacterStore store;
  const Origin origin{"lua", "a.lua", "return {}", nullptr};
  store.insert(made_of(origin));
  EXPECT_EQ(store.find(origin), nullptr);
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace unmuted
