#include "core/unicode.hpp"

#include <gtest/gtest.h>

namespace unmuted {
namespace {

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
  EXPECT_EQ(code_point_at("a\u201Cb", 1).code, U'\u201C');
  EXPECT_EQ(code_point_at("a\u201Cb", 1).length, 3U);
  EXPECT_EQ(code_point_at("\xE2\x80", 0).code, U'\uFFFD');
  EXPECT_EQ(code_point_at("\xE2\x80", 0).length, 1U);
  EXPECT_EQ(code_point_at(std::string_view("\0", 1), 0).code, U'\0');
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
