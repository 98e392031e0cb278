#include "core/unicode.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

void expect_kind(TextKind kind, std::u32string_view code_points) {
  for (const char32_t c : code_points) EXPECT_EQ(kind_of(c), kind) << std::hex << static_cast<unsigned>(c);
}

TEST(Unicode, TellsWhatIsReadFromWhatIsDrawn) {
  expect_kind(TextKind::word, U"aZ09éßαЖ日क한\u0301\u0600°©®™€№½²→♯♭");
  expect_kind(TextKind::punctuation, U"!*_~`#|<$\"—…。「¿");
  expect_kind(TextKind::white_space, U" \t\r\v\f\u00A0\u2009\u202F\u3000");
  expect_kind(TextKind::line_break, U"\n\u2028\u2029");
  expect_kind(TextKind::pictograph, U"🙂☀♥✔✓☆⌚▪🇫🏽🀄");
  expect_kind(TextKind::text_pictograph, U"↗↔‼ℹ㊗〰");
  expect_kind(TextKind::joiner, U"\u200C\u200D");
  expect_kind(TextKind::invisible, U"\u00AD\u200B\u200E\u202E\u2060\u2066\uFEFF\uFE0E\uFE0F\u20E3\uFFFD");
  for (const char32_t c : {U'\x01', U'\x1B', U'\x7F', char32_t{0x80}, char32_t{0x9F}, char32_t{0xE0067}}) {
    EXPECT_EQ(kind_of(c), TextKind::invisible);
  }
  EXPECT_EQ(kind_of(0x85), TextKind::line_break);
  EXPECT_EQ(kind_of(0xE000), TextKind::pictograph);   // private use
  EXPECT_EQ(kind_of(0x1FAFF), TextKind::pictograph);  // not assigned yet
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

TEST(Unicode, BothSpellingsOfALetterHaveOneNormalForm) {
  EXPECT_EQ(nfc("De\u0301sire\u0301e"), "D\u00E9sir\u00E9e");
  EXPECT_EQ(nfc("D\u00E9sir\u00E9e"), "D\u00E9sir\u00E9e");
  EXPECT_EQ(nfc("\u1112\u1161\u11AB"), "\uD55C");         // Hangul from its parts
  EXPECT_EQ(nfc("A\u030A"), nfc("\u212B"));               // the Angstrom sign is a letter
  EXPECT_EQ(nfc("o\u0323\u0302"), nfc("o\u0302\u0323"));  // the order of the marks does not matter
  EXPECT_EQ(nfc("plain"), "plain");
  EXPECT_EQ(nfc(""), "");
  EXPECT_EQ(nfc("\uFB01n"), "\uFB01n");  // what only looks alike stays
  EXPECT_EQ(nfc("bad \xFF e\u0301"), "bad \xFF e\u0301");
}

TEST(Unicode, FoldedNamesAreTheSameInAnyCaseAndSpelling) {
  EXPECT_EQ(case_folded("Quiz SHOW"), "quiz show");
  EXPECT_EQ(case_folded("\u00C9VE"), case_folded("e\u0301ve"));
  EXPECT_EQ(case_folded("STRASSE"), case_folded("stra\u00DFe"));
  EXPECT_EQ(case_folded("\u039F\u0394\u03A5\u03A3\u03A3\u0395\u03A5\u03A3"),
            case_folded("\u03BF\u03B4\u03C5\u03C3\u03C3\u03B5\u03C5\u03C2"));  // final sigma
  EXPECT_EQ(case_folded("\u0418\u0413\u041E\u0420\u042C"), case_folded("\u0438\u0433\u043E\u0440\u044C"));
  EXPECT_NE(case_folded("Eve"), case_folded("\u00C8ve"));
  EXPECT_EQ(case_folded("\xFF"
                        "A"),
            "\xFF"
            "A");
}

TEST(Unicode, CodePointsOfAnyBytes) {
  EXPECT_EQ(code_point_at("a\u201Cb", 1).value, U'\u201C');
  EXPECT_EQ(code_point_at("a\u201Cb", 1).bytes, 3U);
  EXPECT_EQ(code_point_at("\xE2\x80", 0).value, U'\uFFFD');
  EXPECT_EQ(code_point_at("\xE2\x80", 0).bytes, 1U);
  EXPECT_EQ(code_point_at(std::string_view("\0", 1), 0).value, U'\0');
}

TEST(Unicode, CellsOfATerminal) {
  EXPECT_EQ(cells_of("abc"), 3U);
  EXPECT_EQ(cells_of("\u6F22\u5B57"), 4U);
  EXPECT_EQ(cells_of("\uFF5B"), 2U);
  EXPECT_EQ(cells_of("e\u0301"), 1U);
  EXPECT_EQ(cells_of("\u200B"), 0U);
}

}  // namespace
}  // namespace unmuted
