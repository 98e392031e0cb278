#include "net/entity_tag.hpp"

#include <gtest/gtest.h>

namespace unmuted::net {
namespace {

TEST(EntityTag, IsOfTheBytes) {
  EXPECT_EQ(entity_tag("abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
  EXPECT_EQ(entity_tag(""), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
  EXPECT_NE(entity_tag("a"), entity_tag(std::string_view("a\0", 2)));
}

TEST(EntityTag, IsFoundInAnyListThatNamesIt) {
  for (const char* list :
       {R"("a")", R"(W/"a")", R"("b", "a")", R"("b" ,, W/"a","c")", "*", " * ", R"("b,", "a")"}) {
    EXPECT_TRUE(names_entity_tag(list, "\"a\"")) << list;
  }
}

TEST(EntityTag, IsNotFoundElsewhere) {
  for (const char* list :
       {"", "a", R"("b")", R"("A")", R"("a)", R"(w/"a")", R"("a b")", R"(a, "a")", R"("*")"}) {
    EXPECT_FALSE(names_entity_tag(list, "\"a\"")) << list;
  }
}

}  // namespace
}  // namespace unmuted::net
