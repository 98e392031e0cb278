#include "core/unicode.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

void expect_kind(Kind kind, std::u32string_view code_points) {
  for (const char32_t c : code_points) EXPECT_EQ(kind_of(c), kind) << std::hex << static_cast<unsigned>(c);
}

TEST(Unicode, TellsWhatIsReadFromWhatIsDrawn) {
  expect_kind(Kind::word, U"aZ09éßαЖ日क한\u0301\u0600°©®™€№½²→♯♭");
  expect_kind(Kind::punctuation, U"!*_~`#|<$\"—…。「¿");
  expect_kind(Kind::white_space, U" \t\r\v\f\u00A0\u2009\u202F\u3000");
  expect_kind(Kind::line_break, U"\n\u2028\u2029");
  expect_kind(Kind::pictograph, U"🙂☀♥✔✓☆⌚▪🇫🏽🀄");
  expect_kind(Kind::text_pictograph, U"↗↔‼ℹ㊗〰");
  expect_kind(Kind::joiner, U"\u200C\u200D");
  expect_kind(Kind::invisible, U"\u00AD\u200B\u200E\u202E\u2060\u2066\uFEFF\uFE0E\uFE0F\u20E3\uFFFD");
  for (const char32_t c : {U'\x01', U'\x1B', U'\x7F', char32_t{0x80}, char32_t{0x9F}, char32_t{0xE0067}}) {
    EXPECT_EQ(kind_of(c), Kind::invisible);
  }
  EXPECT_EQ(kind_of(0x85), Kind::line_break);
  EXPECT_EQ(kind_of(0xE000), Kind::pictograph);   // private use
  EXPECT_EQ(kind_of(0x1FAFF), Kind::pictograph);  // not assigned yet
}

TEST(Unicode, FindsTheFirstAndTheLastCodePoint) {
  EXPECT_EQ(first_code_point("éa").value, U'é');
  EXPECT_EQ(first_code_point("éa").bytes, 2U);
  EXPECT_EQ(last_code_point("a🙂").value, U'🙂');
  EXPECT_EQ(last_code_point("a🙂").bytes, 4U);
  for (const char* text : {"", "\xC3", "\x80", "\xED\xA0\x80", "\xC0\x80", "\xF8\x80\x80\x80\x80"}) {
    EXPECT_EQ(first_code_point(text).bytes, 0U) << text;
  }
  EXPECT_EQ(last_code_point("").bytes, 0U);
  EXPECT_EQ(last_code_point("a\xC3").bytes, 0U);
}

TEST(Unicode, WritesUtf8) {
  std::string text;
  for (const char32_t c : U"aé日🙂") {
    if (c != 0) append_utf8(text, c);
  }
  EXPECT_EQ(text, "aé日🙂");
}

}  // namespace
}  // namespace unmuted
