#include "characters/lua/foreign_signs.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "core/unicode.hpp"

namespace unmuted {
namespace {

using Look = ForeignSign::Look;

struct Entry {
  char32_t code;
  std::string_view name;
  std::string_view instead;
  Look look = Look::sign;
};

// Sorted by code: what word processors, web pages, phones and Asian keyboards put into a text.
constexpr Entry signs[]{
    {0x0000, "NULL", "", Look::invisible},
    {0x0060, "GRAVE ACCENT", "'"},
    {0x0085, "NEXT LINE", " ", Look::blank},
    {0x00A0, "NO-BREAK SPACE", " ", Look::blank},
    {0x00A6, "BROKEN BAR", "|"},
    {0x00AB, "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK", "\""},
    {0x00AC, "NOT SIGN", "not"},
    {0x00AD, "SOFT HYPHEN", "", Look::invisible},
    {0x00B2, "SUPERSCRIPT TWO", "^2"},
    {0x00B3, "SUPERSCRIPT THREE", "^3"},
    {0x00B4, "ACUTE ACCENT", "'"},
    {0x00B7, "MIDDLE DOT", "*"},
    {0x00BB, "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK", "\""},
    {0x00D7, "MULTIPLICATION SIGN", "*"},
    {0x00F7, "DIVISION SIGN", "/"},
    {0x02B9, "MODIFIER LETTER PRIME", "'"},
    {0x02BA, "MODIFIER LETTER DOUBLE PRIME", "\""},
    {0x02BC, "MODIFIER LETTER APOSTROPHE", "'"},
    {0x02C6, "MODIFIER LETTER CIRCUMFLEX ACCENT", "^"},
    {0x02DC, "SMALL TILDE", "~"},
    {0x037E, "GREEK QUESTION MARK", ";"},
    {0x060C, "ARABIC COMMA", ","},
    {0x061B, "ARABIC SEMICOLON", ";"},
    {0x1680, "OGHAM SPACE MARK", " ", Look::blank},
    {0x180E, "MONGOLIAN VOWEL SEPARATOR", "", Look::invisible},
    {0x2000, "EN QUAD", " ", Look::blank},
    {0x2001, "EM QUAD", " ", Look::blank},
    {0x2002, "EN SPACE", " ", Look::blank},
    {0x2003, "EM SPACE", " ", Look::blank},
    {0x2004, "THREE-PER-EM SPACE", " ", Look::blank},
    {0x2005, "FOUR-PER-EM SPACE", " ", Look::blank},
    {0x2006, "SIX-PER-EM SPACE", " ", Look::blank},
    {0x2007, "FIGURE SPACE", " ", Look::blank},
    {0x2008, "PUNCTUATION SPACE", " ", Look::blank},
    {0x2009, "THIN SPACE", " ", Look::blank},
    {0x200A, "HAIR SPACE", " ", Look::blank},
    {0x200B, "ZERO WIDTH SPACE", "", Look::invisible},
    {0x200C, "ZERO WIDTH NON-JOINER", "", Look::invisible},
    {0x200D, "ZERO WIDTH JOINER", "", Look::invisible},
    {0x200E, "LEFT-TO-RIGHT MARK", "", Look::invisible},
    {0x200F, "RIGHT-TO-LEFT MARK", "", Look::invisible},
    {0x2010, "HYPHEN", "-"},
    {0x2011, "NON-BREAKING HYPHEN", "-"},
    {0x2012, "FIGURE DASH", "-"},
    {0x2013, "EN DASH", "-"},
    {0x2014, "EM DASH", "--"},
    {0x2015, "HORIZONTAL BAR", "--"},
    {0x2018, "LEFT SINGLE QUOTATION MARK", "'"},
    {0x2019, "RIGHT SINGLE QUOTATION MARK", "'"},
    {0x201A, "SINGLE LOW-9 QUOTATION MARK", "'"},
    {0x201B, "SINGLE HIGH-REVERSED-9 QUOTATION MARK", "'"},
    {0x201C, "LEFT DOUBLE QUOTATION MARK", "\""},
    {0x201D, "RIGHT DOUBLE QUOTATION MARK", "\""},
    {0x201E, "DOUBLE LOW-9 QUOTATION MARK", "\""},
    {0x201F, "DOUBLE HIGH-REVERSED-9 QUOTATION MARK", "\""},
    {0x2022, "BULLET", "--"},
    {0x2024, "ONE DOT LEADER", "."},
    {0x2025, "TWO DOT LEADER", ".."},
    {0x2026, "HORIZONTAL ELLIPSIS", "..."},
    {0x2028, "LINE SEPARATOR", " ", Look::blank},
    {0x2029, "PARAGRAPH SEPARATOR", " ", Look::blank},
    {0x202A, "LEFT-TO-RIGHT EMBEDDING", "", Look::invisible},
    {0x202B, "RIGHT-TO-LEFT EMBEDDING", "", Look::invisible},
    {0x202C, "POP DIRECTIONAL FORMATTING", "", Look::invisible},
    {0x202D, "LEFT-TO-RIGHT OVERRIDE", "", Look::invisible},
    {0x202E, "RIGHT-TO-LEFT OVERRIDE", "", Look::invisible},
    {0x202F, "NARROW NO-BREAK SPACE", " ", Look::blank},
    {0x2032, "PRIME", "'"},
    {0x2033, "DOUBLE PRIME", "\""},
    {0x2035, "REVERSED PRIME", "'"},
    {0x2036, "REVERSED DOUBLE PRIME", "\""},
    {0x2039, "SINGLE LEFT-POINTING ANGLE QUOTATION MARK", "'"},
    {0x203A, "SINGLE RIGHT-POINTING ANGLE QUOTATION MARK", "'"},
    {0x2044, "FRACTION SLASH", "/"},
    {0x205F, "MEDIUM MATHEMATICAL SPACE", " ", Look::blank},
    {0x2060, "WORD JOINER", "", Look::invisible},
    {0x2066, "LEFT-TO-RIGHT ISOLATE", "", Look::invisible},
    {0x2067, "RIGHT-TO-LEFT ISOLATE", "", Look::invisible},
    {0x2068, "FIRST STRONG ISOLATE", "", Look::invisible},
    {0x2069, "POP DIRECTIONAL ISOLATE", "", Look::invisible},
    {0x2190, "LEFTWARDS ARROW", "="},
    {0x2192, "RIGHTWARDS ARROW", "="},
    {0x21D2, "RIGHTWARDS DOUBLE ARROW", "="},
    {0x2212, "MINUS SIGN", "-"},
    {0x2215, "DIVISION SLASH", "/"},
    {0x2217, "ASTERISK OPERATOR", "*"},
    {0x2219, "BULLET OPERATOR", "*"},
    {0x221E, "INFINITY", "math.huge"},
    {0x2223, "DIVIDES", "|"},
    {0x2227, "LOGICAL AND", "and"},
    {0x2228, "LOGICAL OR", "or"},
    {0x2236, "RATIO", ":"},
    {0x223C, "TILDE OPERATOR", "~"},
    {0x2248, "ALMOST EQUAL TO", "=="},
    {0x2260, "NOT EQUAL TO", "~="},
    {0x2261, "IDENTICAL TO", "=="},
    {0x2264, "LESS-THAN OR EQUAL TO", "<="},
    {0x2265, "GREATER-THAN OR EQUAL TO", ">="},
    {0x22C5, "DOT OPERATOR", "*"},
    {0x2329, "LEFT-POINTING ANGLE BRACKET", "<"},
    {0x232A, "RIGHT-POINTING ANGLE BRACKET", ">"},
    {0x275B, "HEAVY SINGLE TURNED COMMA QUOTATION MARK ORNAMENT", "'"},
    {0x275C, "HEAVY SINGLE COMMA QUOTATION MARK ORNAMENT", "'"},
    {0x275D, "HEAVY DOUBLE TURNED COMMA QUOTATION MARK ORNAMENT", "\""},
    {0x275E, "HEAVY DOUBLE COMMA QUOTATION MARK ORNAMENT", "\""},
    {0x3000, "IDEOGRAPHIC SPACE", " ", Look::blank},
    {0x3001, "IDEOGRAPHIC COMMA", ","},
    {0x3002, "IDEOGRAPHIC FULL STOP", "."},
    {0x3008, "LEFT ANGLE BRACKET", "<"},
    {0x3009, "RIGHT ANGLE BRACKET", ">"},
    {0x300A, "LEFT DOUBLE ANGLE BRACKET", "\""},
    {0x300B, "RIGHT DOUBLE ANGLE BRACKET", "\""},
    {0x300C, "LEFT CORNER BRACKET", "\""},
    {0x300D, "RIGHT CORNER BRACKET", "\""},
    {0x300E, "LEFT WHITE CORNER BRACKET", "\""},
    {0x300F, "RIGHT WHITE CORNER BRACKET", "\""},
    {0x3010, "LEFT BLACK LENTICULAR BRACKET", "["},
    {0x3011, "RIGHT BLACK LENTICULAR BRACKET", "]"},
    {0x301C, "WAVE DASH", "~"},
    {0x301D, "REVERSED DOUBLE PRIME QUOTATION MARK", "\""},
    {0x301E, "DOUBLE PRIME QUOTATION MARK", "\""},
    {0x301F, "LOW DOUBLE PRIME QUOTATION MARK", "\""},
    {0x30FC, "KATAKANA-HIRAGANA PROLONGED SOUND MARK", "-"},
    {0xA789, "MODIFIER LETTER COLON", ":"},
    {0xFE63, "SMALL HYPHEN-MINUS", "-"},
    {0xFEFF, "ZERO WIDTH NO-BREAK SPACE, a byte order mark", "", Look::invisible},
    {0xFF40, "FULLWIDTH GRAVE ACCENT", "'"},
    {0xFFE3, "FULLWIDTH MACRON", "~"},
    {0xFFFC, "OBJECT REPLACEMENT CHARACTER", "", Look::invisible},
};

/// From `!` on: what Unicode calls the punctuation of ASCII.
constexpr std::array<std::string_view, 15> names_from_exclamation_mark{
    "EXCLAMATION MARK", "QUOTATION MARK", "NUMBER SIGN",      "DOLLAR SIGN",       "PERCENT SIGN",
    "AMPERSAND",        "APOSTROPHE",     "LEFT PARENTHESIS", "RIGHT PARENTHESIS", "ASTERISK",
    "PLUS SIGN",        "COMMA",          "HYPHEN-MINUS",     "FULL STOP",         "SOLIDUS"};
constexpr std::array<std::string_view, 7> names_from_colon{
    "COLON",         "SEMICOLON",    "LESS-THAN SIGN", "EQUALS SIGN", "GREATER-THAN SIGN",
    "QUESTION MARK", "COMMERCIAL AT"};
constexpr std::array<std::string_view, 6> names_from_left_bracket{
    "LEFT SQUARE BRACKET", "REVERSE SOLIDUS", "RIGHT SQUARE BRACKET",
    "CIRCUMFLEX ACCENT",   "LOW LINE",        "GRAVE ACCENT"};
constexpr std::array<std::string_view, 4> names_from_left_brace{"LEFT CURLY BRACKET", "VERTICAL LINE",
                                                                "RIGHT CURLY BRACKET", "TILDE"};

std::string name_of_ascii(char c) {
  const auto nth = [c](char first) { return static_cast<std::size_t>(c - first); };
  constexpr std::array<std::string_view, 10> digits{"ZERO", "ONE", "TWO",   "THREE", "FOUR",
                                                    "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"};
  if (c >= '0' && c <= '9') return "DIGIT " + std::string(digits[nth('0')]);
  if (c >= 'A' && c <= 'Z') return std::string("LATIN CAPITAL LETTER ") + c;
  if (c >= 'a' && c <= 'z') return std::string("LATIN SMALL LETTER ") + static_cast<char>(c - 'a' + 'A');
  if (c < '0') return std::string(names_from_exclamation_mark[nth('!')]);
  if (c < 'A') return std::string(names_from_colon[nth(':')]);
  return std::string(c < 'a' ? names_from_left_bracket[nth('[')] : names_from_left_brace[nth('{')]);
}

struct Lookalike {
  char32_t code;
  char latin;
  std::string_view name;
};

constexpr Lookalike lookalikes[]{
    {0x0391, 'A', "GREEK CAPITAL LETTER ALPHA"},
    {0x0392, 'B', "GREEK CAPITAL LETTER BETA"},
    {0x0395, 'E', "GREEK CAPITAL LETTER EPSILON"},
    {0x0396, 'Z', "GREEK CAPITAL LETTER ZETA"},
    {0x0397, 'H', "GREEK CAPITAL LETTER ETA"},
    {0x0399, 'I', "GREEK CAPITAL LETTER IOTA"},
    {0x039A, 'K', "GREEK CAPITAL LETTER KAPPA"},
    {0x039C, 'M', "GREEK CAPITAL LETTER MU"},
    {0x039D, 'N', "GREEK CAPITAL LETTER NU"},
    {0x039F, 'O', "GREEK CAPITAL LETTER OMICRON"},
    {0x03A1, 'P', "GREEK CAPITAL LETTER RHO"},
    {0x03A4, 'T', "GREEK CAPITAL LETTER TAU"},
    {0x03A5, 'Y', "GREEK CAPITAL LETTER UPSILON"},
    {0x03A7, 'X', "GREEK CAPITAL LETTER CHI"},
    {0x03B1, 'a', "GREEK SMALL LETTER ALPHA"},
    {0x03B9, 'i', "GREEK SMALL LETTER IOTA"},
    {0x03BD, 'v', "GREEK SMALL LETTER NU"},
    {0x03BF, 'o', "GREEK SMALL LETTER OMICRON"},
    {0x03C1, 'p', "GREEK SMALL LETTER RHO"},
    {0x03C5, 'u', "GREEK SMALL LETTER UPSILON"},
    {0x0405, 'S', "CYRILLIC CAPITAL LETTER DZE"},
    {0x0406, 'I', "CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I"},
    {0x0408, 'J', "CYRILLIC CAPITAL LETTER JE"},
    {0x0410, 'A', "CYRILLIC CAPITAL LETTER A"},
    {0x0412, 'B', "CYRILLIC CAPITAL LETTER VE"},
    {0x0415, 'E', "CYRILLIC CAPITAL LETTER IE"},
    {0x041A, 'K', "CYRILLIC CAPITAL LETTER KA"},
    {0x041C, 'M', "CYRILLIC CAPITAL LETTER EM"},
    {0x041D, 'H', "CYRILLIC CAPITAL LETTER EN"},
    {0x041E, 'O', "CYRILLIC CAPITAL LETTER O"},
    {0x0420, 'P', "CYRILLIC CAPITAL LETTER ER"},
    {0x0421, 'C', "CYRILLIC CAPITAL LETTER ES"},
    {0x0422, 'T', "CYRILLIC CAPITAL LETTER TE"},
    {0x0423, 'Y', "CYRILLIC CAPITAL LETTER U"},
    {0x0425, 'X', "CYRILLIC CAPITAL LETTER HA"},
    {0x0430, 'a', "CYRILLIC SMALL LETTER A"},
    {0x0432, 'b', "CYRILLIC SMALL LETTER VE"},
    {0x0435, 'e', "CYRILLIC SMALL LETTER IE"},
    {0x043A, 'k', "CYRILLIC SMALL LETTER KA"},
    {0x043C, 'm', "CYRILLIC SMALL LETTER EM"},
    {0x043E, 'o', "CYRILLIC SMALL LETTER O"},
    {0x0440, 'p', "CYRILLIC SMALL LETTER ER"},
    {0x0441, 'c', "CYRILLIC SMALL LETTER ES"},
    {0x0442, 't', "CYRILLIC SMALL LETTER TE"},
    {0x0443, 'y', "CYRILLIC SMALL LETTER U"},
    {0x0445, 'x', "CYRILLIC SMALL LETTER HA"},
    {0x0455, 's', "CYRILLIC SMALL LETTER DZE"},
    {0x0456, 'i', "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I"},
    {0x0458, 'j', "CYRILLIC SMALL LETTER JE"},
    {0x04BB, 'h', "CYRILLIC SMALL LETTER SHHA"},
    {0x0501, 'd', "CYRILLIC SMALL LETTER KOMI DE"},
    {0x051B, 'q', "CYRILLIC SMALL LETTER QA"},
    {0x051D, 'w', "CYRILLIC SMALL LETTER WE"},
};

constexpr auto by_code = [](const auto& a, const auto& b) { return a.code < b.code; };
static_assert(std::is_sorted(std::begin(signs), std::end(signs), by_code));
static_assert(std::is_sorted(std::begin(lookalikes), std::end(lookalikes), by_code));

template <class Table>
auto find_in(const Table& table, char32_t code) {
  const auto found = std::lower_bound(std::begin(table), std::end(table), code,
                                      [](const auto& entry, char32_t wanted) { return entry.code < wanted; });
  return found != std::end(table) && found->code == code ? &*found : nullptr;
}

}  // namespace

ForeignSign foreign_sign(char32_t code) {
  if (const auto* const entry = find_in(signs, code)) {
    return {std::string(entry->name), std::string(entry->instead), entry->look};
  }
  if (const auto* const letter = find_in(lookalikes, code)) {
    return {std::string(letter->name), std::string(1, letter->latin)};
  }
  if (code >= 0xFF01 && code <= 0xFF5E) {
    const auto c = static_cast<char>(code - 0xFEE0);
    return {"FULLWIDTH " + name_of_ascii(c), std::string(1, c)};
  }
  ForeignSign unknown;
  if (cells_of(code) == 0 && !is_word_sign(code)) unknown.look = Look::invisible;
  return unknown;
}

char latin_lookalike(char32_t code) {
  const auto* const letter = find_in(lookalikes, code);
  return letter == nullptr ? '\0' : letter->latin;
}

char quote_meant_by(char32_t code) {
  if (code < 0x80) return '\0';
  const ForeignSign sign = foreign_sign(code);
  if (sign.instead.size() != 1) return '\0';
  const char instead = sign.instead.front();
  return instead == '"' || instead == '\'' ? instead : '\0';
}

std::string shown(char32_t code) {
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(code));
  const ForeignSign sign = foreign_sign(code);
  std::string text = sign.name.empty() ? number : number + (" " + sign.name);
  if (sign.look != Look::sign) return text;
  return encode_utf8(code) + " (" + text + ")";
}

}  // namespace unmuted
