#include "characters/lua/text_problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"
#include "characters/lines.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using test::LoaderFixture;
using test::minimal;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TextProblems : public testing::Test, protected LoaderFixture {
 protected:
  /// What is said of a file with these bytes.
  Diagnostic said_of(const std::string& source, const std::string& name = "x.lua") {
    const auto report = loader().check_file(cast.path(), name, source);
    EXPECT_TRUE(report);
    if (!report || report->diagnostics.empty()) {
      ADD_FAILURE() << "nothing is wrong with: " << printable(source);
      return {};
    }
    return report->diagnostics.front();
  }

  /// "line:column" of a syntax error.
  std::string place_of(const std::string& source) {
    const Diagnostic said = said_of(source);
    EXPECT_EQ(said.code, "syntax-error") << printable(source) << said.message;
    return std::to_string(said.line) + ":" + std::to_string(said.column);
  }

  TemporaryFolder cast;
};

struct Sign {
  const char* line;  ///< stands for the name in the table of a character
  int column;
  const char* named;
  const char* help;
};

TEST_F(TextProblems, SignsOfWordProcessorsAreNamedWithTheirPlaceAndWhatToWrite) {
  const Sign signs[]{
      {"name = “Ada”,", 8, "“ (U+201C LEFT DOUBLE QUOTATION MARK)", "write \" for it"},
      {"name = „Ada“,", 8, "„ (U+201E DOUBLE LOW-9 QUOTATION MARK)", "write \" for it"},
      {"name = «Ada»,", 8, "« (U+00AB LEFT-POINTING DOUBLE ANGLE QUOTATION MARK)", "write \" for it"},
      {"name = ‘Ada’,", 8, "‘ (U+2018 LEFT SINGLE QUOTATION MARK)", "write ' for it"},
      {"name = ´Ada´,", 8, "´ (U+00B4 ACUTE ACCENT)", "write ' for it"},
      {"name = `Ada`,", 8, "` (U+0060 GRAVE ACCENT)", "write ' for it"},
      {"name = ″Ada″,", 8, "″ (U+2033 DOUBLE PRIME)", "write \" for it"},
      {"name = ｀Ada｀,", 8, "｀ (U+FF40 FULLWIDTH GRAVE ACCENT)", "write ' for it"},
      {"name = \"Ada\" .. “x”,", 17, "“ (U+201C LEFT DOUBLE QUOTATION MARK)", "write \" for it"},
      {"name = 1 .. – 2,", 13, "– (U+2013 EN DASH)", "write - for it"},
      {"name = ＂Ada＂,", 8, "＂ (U+FF02 FULLWIDTH QUOTATION MARK)", "write \" for it"},
      {"name = 「Ada」,", 8, "「 (U+300C LEFT CORNER BRACKET)", "write \" for it"},
      {"name = \"Ada”,", 12, "” (U+201D RIGHT DOUBLE QUOTATION MARK)", "write \" for it"},
      {"name = \"Ada“, x = 1,", 12, "“ (U+201C LEFT DOUBLE QUOTATION MARK)", "write \" for it"},
      {"name = 'it’s Ada’,", 17, "’ (U+2019 RIGHT SINGLE QUOTATION MARK)", "write ' for it"},
      {"name = \"Ada”, x = \"b\",", 12, "” (U+201D RIGHT DOUBLE QUOTATION MARK)", "write \" for it"},
      {"name\u00A0= \"Ada\",", 5, "a U+00A0 NO-BREAK SPACE", "write a plain blank"},
      {"name\u2009= \"Ada\",", 5, "a U+2009 THIN SPACE", "write a plain blank"},
      {"\u3000name = \"Ada\",", 1, "a U+3000 IDEOGRAPHIC SPACE", "write a plain blank"},
      {"name\u2028= \"Ada\",", 5, "a U+2028 LINE SEPARATOR", "write a plain blank"},
      {"na\u200Bme = \"Ada\",", 3, "U+200B ZERO WIDTH SPACE", "delete it"},
      {"name = \u200E\"Ada\",", 8, "U+200E LEFT-TO-RIGHT MARK", "delete it"},
      {"\uFEFFname = \"Ada\",", 1, "U+FEFF ZERO WIDTH NO-BREAK SPACE", "delete it"},
      {"na\u00ADme = \"Ada\",", 3, "U+00AD SOFT HYPHEN", "delete it"},
      {"x = 1 – 2,", 7, "– (U+2013 EN DASH)", "write - for it"},
      {"x = −2,", 5, "− (U+2212 MINUS SIGN)", "write - for it"},
      {"— a remark", 1, "— (U+2014 EM DASH)", "write -- for it"},
      {"–– a remark", 1, "– (U+2013 EN DASH)", "write -- for it"},
      {"x = \"a\" … \"b\",", 9, "… (U+2026 HORIZONTAL ELLIPSIS)", "write .. to join"},
      {"voice = ｛ },", 9, "｛ (U+FF5B FULLWIDTH LEFT CURLY BRACKET)", "write { for it"},
      {"name = \"Ada\"，", 13, "， (U+FF0C FULLWIDTH COMMA)", "write , for it"},
      {"name ＝ \"Ada\",", 6, "＝ (U+FF1D FULLWIDTH EQUALS SIGN)", "write = for it"},
      {"name = \"Ada\"；", 13, "； (U+FF1B FULLWIDTH SEMICOLON)", "write ; for it"},
      {"x = ｆ,", 5, "ｆ (U+FF46 FULLWIDTH LATIN SMALL LETTER F)", "write f for it"},
      {"name = \"Ada\"、", 13, "、 (U+3001 IDEOGRAPHIC COMMA)", "write , for it"},
      {"x = 2 × 3,", 7, "× (U+00D7 MULTIPLICATION SIGN)", "write * for it"},
      {"x = 2 ÷ 3,", 7, "÷ (U+00F7 DIVISION SIGN)", "write / for it"},
      {"x = 2 ≠ 3,", 7, "≠ (U+2260 NOT EQUAL TO)", "write ~= for it"},
      {"x = 2 ≤ 3,", 7, "≤ (U+2264 LESS-THAN OR EQUAL TO)", "write <= for it"},
      {"x = 2 ≥ 3,", 7, "≥ (U+2265 GREATER-THAN OR EQUAL TO)", "write >= for it"},
      {"name → \"Ada\",", 6, "→ (U+2192 RIGHTWARDS ARROW)", "write = for it"},
      {"name = \"Ada\"\u037E", 13, "U+037E GREEK QUESTION MARK", "write ; for it"},
      {"x = function() еnd,", 16, "U+0435 CYRILLIC SMALL LETTER IE", "write end anew, in Latin letters"},
      {"x = function() return nіl end,", 24, "CYRILLIC SMALL LETTER BYELORUSSIAN", "write nil anew"},
      {"nαme = \"Ada\",", 2, "U+03B1 GREEK SMALL LETTER ALPHA", "write name anew"},
      {"prénom = \"Ada\",", 3, "é (U+00E9) cannot be in a name", "a to z"},
      {"名 = \"Ada\",", 1, "名 (U+540D) cannot be in a name", "in quotes"},
      {"x = ☃,", 5, "☃ (U+2603) is not a sign of Lua", "delete it"},
      {"x = 😀,", 5, "😀 (U+1F600) is not a sign of Lua", "delete it"},
  };
  for (const Sign& sign : signs) {
    const std::string source = std::string("-- “fine” here\nreturn {\n") + sign.line + "\n}\n";
    const Diagnostic said = said_of(source);
    EXPECT_EQ(said.code, "syntax-error") << sign.line;
    EXPECT_EQ(std::to_string(said.line) + ":" + std::to_string(said.column),
              "3:" + std::to_string(sign.column))
        << sign.line << " " << said.message;
    EXPECT_THAT(said.message, HasSubstr(sign.named)) << sign.line;
    EXPECT_THAT(said.help, HasSubstr(sign.help)) << sign.line;
  }
}

TEST_F(TextProblems, ANulByteIsNamed) {
  const Diagnostic said = said_of(std::string("return {\n a = 1,\0 }", 19));
  EXPECT_EQ(said.line, 2);
  EXPECT_EQ(said.column, 8);
  EXPECT_THAT(said.message, HasSubstr("U+0000 NULL"));
}

TEST_F(TextProblems, TypographyInTextsAndCommentsIsFine) {
  const auto report = loader().check_file(
      cast.path(), "x.lua",
      "-- it’s “fine” … – even Ⅻ\n--[[ «here» ]]\nlocal a = \"it’s “fine”\" .. 'a ’ b' .. [[ „long“ ]]\n" +
          minimal("Ada"));
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->diagnostics.empty()) << report->diagnostics[0].message;
}

TEST_F(TextProblems, AQuotationInATextIsNotToBlame) {
  const Diagnostic said = said_of("return { \"He said “hi”, then\" 3 }");
  EXPECT_EQ(said.column, 31);
  EXPECT_THAT(said.message, HasSubstr("near '3'"));
}

// What is wrong comes first; a sign behind it is another matter.
TEST_F(TextProblems, ASignBehindTheMistakeIsNotToBlame) {
  const Diagnostic said = said_of("return {\n  a = = 1,\n  b = “x”,\n}\n");
  EXPECT_EQ(said.line, 2);
  EXPECT_EQ(said.column, 7);
  EXPECT_THAT(said.message, HasSubstr("near '='"));
}

TEST_F(TextProblems, SyntaxErrorsHaveTheColumnOfWhatLuaStumblesOver) {
  EXPECT_EQ(place_of("return {\n  name = \"a\"\n  voice = 1,\n}"), "3:3");
  EXPECT_EQ(place_of("return { 1, 2,, 3 }"), "1:15");
  EXPECT_EQ(place_of("return f(1))"), "1:12");
  EXPECT_EQ(place_of("local é = 1"), "1:7");
  EXPECT_EQ(place_of("x = 'é' 'é' = 2"), "1:9");
  EXPECT_EQ(place_of("if a then then end"), "1:11");
  EXPECT_EQ(place_of("return { a = 1,\n b = (2,\n c = 3 }"), "2:8");
  EXPECT_EQ(place_of("return {\n a = { 1, 2,\n"), "3:1");  // the end of the text
  EXPECT_EQ(place_of("return {\n a = { 1, 2, -- more"), "2:21");
  EXPECT_EQ(place_of("return {\n  a = \"b,\n}"), "2:7");  // where the text begins
  EXPECT_EQ(place_of("return {\n  a = 'b"), "2:7");
  EXPECT_EQ(place_of("return {\n  a = [==[ b\n ]] }\n"), "2:7");
  EXPECT_EQ(place_of("return {}\n  --[[ b\n\n"), "2:3");
  EXPECT_EQ(place_of("return {\r\n  a = = 1 }"), "2:7");
  EXPECT_EQ(place_of("return {\r  a = = 1 }"), "2:7");
  EXPECT_EQ(place_of("\xEF\xBB\xBFreturn = 1"), "1:8");
  EXPECT_EQ(place_of("#!/usr/bin/env lua\nreturn = 1"), "2:8");
  EXPECT_EQ(place_of("return \"\\q\""), "1:8");
  EXPECT_EQ(place_of("return { a = 0x }"), "1:14");
  EXPECT_EQ(place_of("goto nowhere"), "1:6");
}

TEST_F(TextProblems, SyntaxErrorsHaveHelpWhereThereIsAny) {
  EXPECT_EQ(said_of("return { a = 1\n b = 2 }").help, "is a comma missing before it?");
  EXPECT_EQ(said_of("return { a = 1 != 2 }").help, "write ~= for it");
  EXPECT_EQ(said_of("local a = b && c").help, "write and for &&");
  EXPECT_EQ(said_of("local x = 1\nx += 2").help, "write it out: x = x + ...");
  EXPECT_THAT(said_of("return { a = \"b\n}").help, StartsWith("end it with \""));
  EXPECT_EQ(said_of("return [=[ x ]]").help, "end it with ]=]");
}

TEST_F(TextProblems, ASyntaxErrorThatTakesLongToFindHasAtLeastItsLine) {
  std::string source = "local a, x\nx =";
  for (int i = 0; i < 12'000; ++i) source += " a or";
  source += "\n )";
  const TextProblem problem = explain_syntax_error(source, "unexpected symbol near ')'", 3);
  EXPECT_EQ(problem.place.line, 3);
  EXPECT_EQ(problem.message, "unexpected symbol near ')'");
}

TEST_F(TextProblems, AnyPrefixOfAFileIsExplained) {
  const std::string whole = "#!x\nlocal a = [[é]] --[[ c ]]\n" +
                            minimal("Ada", "x = '\\z  b', y = function(...) return ... end, z = 0x1p4 ~= 2,");
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto report = loader().check_file(cast.path(), "x.lua", whole.substr(0, length));
    ASSERT_TRUE(report);
    for (const Diagnostic& said : report->diagnostics) {
      const bool has_place = said.code != "syntax-error" || said.column > 0;
      EXPECT_TRUE(has_place) << whole.substr(0, length) << said.message;
    }
  }
}

std::string utf16(std::string_view ascii, bool little, bool mark) {
  std::string bytes = mark ? (little ? "\xFF\xFE" : "\xFE\xFF") : "";
  for (const char c : ascii) {
    if (!little) bytes += '\0';
    bytes += c;
    if (little) bytes += '\0';
  }
  return bytes;
}

TEST_F(TextProblems, OtherEncodingsAreNamed) {
  for (const bool mark : {true, false}) {
    const Diagnostic little = said_of(utf16(minimal("Ada"), true, mark));
    EXPECT_EQ(little.code, "not-utf8");
    EXPECT_THAT(little.message, HasSubstr("UTF-16 (little-endian)"));
    EXPECT_THAT(little.help, HasSubstr("save the file as UTF-8"));
    EXPECT_THAT(said_of(utf16(minimal("Ada"), false, mark)).message, HasSubstr("UTF-16 (big-endian)"));
  }
  std::string wide("\xFF\xFE\0\0", 4);
  for (const char c : minimal("Ada")) wide.append({c, '\0', '\0', '\0'});
  EXPECT_THAT(said_of(wide).message, HasSubstr("UTF-32 (little-endian)"));
  EXPECT_THAT(said_of(wide.substr(4)).message, HasSubstr("UTF-32 (little-endian)"));

  const Diagnostic latin = said_of("return {\n  name = \"Andr\xE9\",\n}");
  EXPECT_EQ(latin.code, "not-utf8");
  EXPECT_EQ(latin.line, 2);
  EXPECT_EQ(latin.column, 15);
  EXPECT_THAT(latin.message, HasSubstr("0xE9"));
  EXPECT_THAT(latin.message, HasSubstr("Windows-1252"));
  EXPECT_THAT(latin.help, HasSubstr("save the file as UTF-8"));
  EXPECT_EQ(said_of("return { name = \x93\x41\x94 }").code, "not-utf8");
  const Diagnostic russian = said_of("return { name = \"\xC8\xE3\xEE\xF0\xFC\" }");
  EXPECT_EQ(russian.code, "not-utf8");
  EXPECT_THAT(russian.message, Not(HasSubstr("Windows-1252")));
  EXPECT_THAT(said_of("return { name = \"éàü \xC3\" }").message,
              HasSubstr("as other letters of the file are"));
}

TEST_F(TextProblems, AnotherEncodingInACommentDoesNotMatter) {
  const auto report = loader().check_file(cast.path(), "x.lua", "-- caf\xE9\n" + minimal("Ada"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->characters.size(), 1U);
}

TEST_F(TextProblems, OfAResourceAreToldAtItsRequireWithItsPlace) {
  cast.write("resources/wide.lua", utf16("return 'x'", true, true));
  cast.write("resources/latin.lua", "return {\n  'caf\xE9' }");
  cast.write("resources/quoted.lua", "return {\n  “x” }");
  const Diagnostic wide = said_of("\nlocal r = require 'wide'");
  EXPECT_EQ(wide.code, "not-utf8");
  EXPECT_EQ(wide.line, 2);
  EXPECT_THAT(wide.message, StartsWith("resources/wide.lua: the file is saved as UTF-16"));
  const Diagnostic latin = said_of("\nlocal r = require 'latin'");
  EXPECT_EQ(latin.code, "not-utf8");
  EXPECT_THAT(latin.message, StartsWith("resources/latin.lua:2:7: the byte 0xE9"));
  const Diagnostic quoted = said_of("\nlocal r = require 'quoted'");
  EXPECT_EQ(quoted.code, "syntax-error");
  EXPECT_EQ(quoted.line, 2);
  EXPECT_THAT(quoted.message, StartsWith("resources/quoted.lua:2:3: “ (U+201C"));
  EXPECT_EQ(quoted.help, "write \" for it");
}

TEST_F(TextProblems, CompiledLuaIsToldFromOtherEncodings) {
  const Diagnostic said = said_of("\x1bLua\x54\x00\x19\x93\r\n\x1a\n");
  EXPECT_EQ(said.code, "syntax-error");
  EXPECT_THAT(said.message, HasSubstr("is compiled Lua"));
}

TEST_F(TextProblems, ResourceNamesThatDifferInCaseAreHintedAt) {
  cast.write("resources/Words.lua", "return 1");
  const Diagnostic said = said_of("local r = require 'words'");
  EXPECT_EQ(said.code, "resource-not-found");
  EXPECT_EQ(said.help, "there is 'Words': upper and lower case matter");
}

TEST_F(TextProblems, MarksFirstLinesAndLineEndsAreAccepted) {
  cast.write("resources/marked.lua", "\xEF\xBB\xBF# for the shell\r\nreturn 'hello'");
  cast.write("resources/cr.lua", "-- a comment\rreturn 'there'");
  const std::string character =
      minimal("Ada", "greeting = require 'marked' .. require 'cr',\n nonsense = 1,");
  for (const std::string before :
       {"", "\xEF\xBB\xBF", "#!/usr/bin/env lua", "\xEF\xBB\xBF#!/usr/bin/env lua"}) {
    for (const std::string line_end : {"\n", "\r\n", "\r"}) {
      std::string source = before + "\n-- remark\n" + character;
      for (std::size_t at = 0; (at = source.find('\n', at)) != std::string::npos; at += line_end.size())
        source.replace(at, 1, line_end);
      const auto report = loader().check_file(cast.path(), "x.lua", source);
      ASSERT_TRUE(report);
      ASSERT_EQ(report->characters.size(), 1U) << report->diagnostics.at(0).message << printable(source);
      EXPECT_EQ(report->characters[0]->greeting, "hellothere");
      ASSERT_EQ(report->diagnostics.size(), 1U);
      EXPECT_EQ(report->diagnostics[0].line, 8) << printable(source);
      EXPECT_EQ(report->diagnostics[0].column, 2);
      EXPECT_EQ(line_of(source, 8), " nonsense = 1,}");
    }
  }
  const Diagnostic said = said_of("#!/usr/bin/env lua\nerror('on purpose')");
  EXPECT_EQ(said.line, 2);
}

TEST_F(TextProblems, FilesWithNothingInThem) {
  for (const std::string empty : {"", "\n \t\r\n", "\xEF\xBB\xBF"}) {
    const Diagnostic said = said_of(empty);
    EXPECT_EQ(said.code, "script-error");
    EXPECT_EQ(said.message, "the file is empty");
    EXPECT_THAT(said.help, HasSubstr("return { name"));
  }
  for (const std::string comment : {"-- later", "#!/usr/bin/env lua\n", "--[[ return {} ]]\n"})
    EXPECT_EQ(said_of(comment).message, "there is nothing in the file but comments") << comment;
  EXPECT_THAT(said_of("local x = {}").message, HasSubstr("returns nothing; end it with: return { ... }"));
}

TEST(Lines, EndAsLuaHasIt) {
  const std::string_view text =
      "\xEF\xBB\xBF"
      "a\r\nb\rc\n\nd";
  EXPECT_EQ(line_of(text, 1), "a");
  EXPECT_EQ(line_of(text, 2), "b");
  EXPECT_EQ(line_of(text, 3), "c");
  EXPECT_EQ(line_of(text, 4), "");
  EXPECT_EQ(line_of(text, 5), "d");
  EXPECT_EQ(line_of(text, 6), "");
  EXPECT_EQ(position_of(text, 3).column, 1);
  EXPECT_EQ(position_of(text, text.size()).line, 5);
  EXPECT_EQ(position_of(text, text.size()).column, 2);
  EXPECT_EQ(position_of("a\n", 2).line, 2);
  EXPECT_EQ(position_of("", 0).line, 1);
}

}  // namespace
}  // namespace unmuted
