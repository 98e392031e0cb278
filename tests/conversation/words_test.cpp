#include "conversation/words.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

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
