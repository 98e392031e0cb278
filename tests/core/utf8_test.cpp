#include "core/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, WellFormed) {
  for (const std::string_view text :
       {""sv, "plain"sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xe1\x80\x80"sv,
        "\xec\xbf\xbf"sv, "\xed\x80\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
        "\xf0\x90\x80\x80"sv, "\xf1\x80\x80\x80"sv, "\xf3\xbf\xbf\xbf"sv, "\xf4\x8f\xbf\xbf"sv,
        "naïve 界 😀"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, IllFormed) {
  for (const std::string_view text : {
           "\x80"sv,
           "\xbf"sv,
           "a\x80"sv,  // continuation without a lead
           "\xc2"sv,
           "\xe1\x80"sv,
           "\xf1\x80\x80"sv,
           "\xe1"sv,  // cut off
           "\xc2\x41"sv,
           "\xe1\x80\x41"sv,
           "\xf1\x80\x80\x41"sv,  // not continued
           "\xc2\xc0"sv,
           "\xe1\x41\x80"sv,
           "\xf1\x41\x80\x80"sv,  //
           "\xc0\x80"sv,
           "\xc1\xbf"sv,
           "\xe0\x80\x80"sv,  // overlong
           "\xe0\x9f\xbf"sv,
           "\xf0\x80\x80\x80"sv,
           "\xf0\x8f\xbf\xbf"sv,
           "\xed\xa0\x80"sv,
           "\xed\xbf\xbf"sv,  // surrogates
           "\xf4\x90\x80\x80"sv,
           "\xf5\x80\x80\x80"sv,
           "\xfe"sv,
           "\xff"sv,  // past U+10FFFF
       }) {
    EXPECT_FALSE(is_utf8(text)) << printable(text);
    EXPECT_FALSE(is_utf8("before" + std::string(text)));
    EXPECT_FALSE(is_utf8(std::string(text) + "after"));
  }
}

TEST(Utf8, EveryTwoBytesAreEitherOneOrTwoCharactersOrNone) {
  for (unsigned lead = 0x80; lead < 0x100; ++lead) {
    for (unsigned next = 0; next < 0x100; ++next) {
      const std::string text{static_cast<char>(lead), static_cast<char>(next)};
      EXPECT_EQ(is_utf8(text), lead >= 0xC2 && lead <= 0xDF && next >= 0x80 && next <= 0xBF);
    }
  }
}

TEST(Utf8, PrefixCutsNoCharacter) {
  const std::string_view text = "aé界😀";  // 1 + 2 + 3 + 4 bytes
  const std::size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t max = 0; max < std::size(lengths); ++max) {
    EXPECT_EQ(utf8_prefix(text, max), text.substr(0, lengths[max])) << max;
  }
}

TEST(Utf8, Shorten) {
  EXPECT_EQ(shorten("hello", 5), "hello");
  EXPECT_EQ(shorten("hello!", 5), "he...");
  EXPECT_EQ(shorten("aé界", 5), "a...");
  EXPECT_EQ(shorten("éééé", 7), "éé...");
  EXPECT_EQ(shorten("hello", 3), "...");
  EXPECT_EQ(shorten("hello", 2), "he");
  EXPECT_EQ(shorten("界", 2), "");
  EXPECT_EQ(shorten("hello", 0), "");
  EXPECT_EQ(shorten("", 0), "");
}

TEST(Utf8, ShortenNeverGivesMoreThanAskedFor) {
  const std::string text = "aé界😀aé界😀";
  for (std::size_t max = 0; max < 25; ++max) {
    EXPECT_LE(shorten(text, max).size(), max);
    EXPECT_TRUE(is_utf8(shorten(text, max)));
  }
}

TEST(Utf8, PrintableKeepsText) {
  EXPECT_EQ(printable("naïve 界 😀 \u00a0 \\ \""), "naïve 界 😀 \u00a0 \\ \"");
  EXPECT_EQ(printable(""), "");
}

TEST(Utf8, PrintableEscapesControlCharacters) {
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\x0d");
  EXPECT_EQ(printable("\x1b[31m\0\x7f"sv), "\\x1b[31m\\x00\\x7f");
  EXPECT_EQ(printable("\u0080\u009f"), "\\x80\\x9f");
}

TEST(Utf8, PrintableEscapesWhatTurnsOrBreaksALine) {
  EXPECT_EQ(printable("a\u202Eb\u202C\uFEFF"), "a\\u202eb\\u202c\\ufeff");
  EXPECT_EQ(printable("\u2028\u2029"), "\\u2028\\u2029");
  EXPECT_EQ(printable("\u202A\u202B\u202D\u2066\u2067\u2068\u2069"),
            "\\u202a\\u202b\\u202d\\u2066\\u2067\\u2068\\u2069");
}

TEST(Utf8, PrintableKeepsWhatWordsAreMadeWith) {
  const std::string text = "می\u200Cخواهم 👩\u200D🚀 soft\u00ADly a\u200Bb a\u202Fb \u202F\u2027\u2065\u206A";
  EXPECT_EQ(printable(text), text);
}

TEST(Utf8, PrintableReplacesIllFormedBytes) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a\uFFFDb");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(printable("\xe7\x95"), "\uFFFD\uFFFD");
}

TEST(Utf8, PrintableIsAlwaysOneLineOfUtf8) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; b += 5) {
      const std::string text = printable(std::string{static_cast<char>(a), static_cast<char>(b), '\n'});
      EXPECT_TRUE(is_utf8(text));
      EXPECT_EQ(printable(text), text);
    }
  }
}

TEST(Utf8, Length) {
  EXPECT_EQ(utf8_length(""), 0U);
  EXPECT_EQ(utf8_length("aé界😀"), 4U);
}

TEST(Utf8, EscapesMarkup) {
  EXPECT_EQ(escape_markup(R"(<a href="x">R&D</a>)"), "&lt;a href=&quot;x&quot;&gt;R&amp;D&lt;/a&gt;");
  EXPECT_EQ(escape_markup("plain é"), "plain é");
}

}  // namespace
}  // namespace unmuted
