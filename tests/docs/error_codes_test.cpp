// Holds docs/errors.md against the source, in both directions.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/diagnostic.hpp"
#include "docs/source_codes.hpp"

namespace unmuted::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All that `pattern` captures in `text`.
std::vector<std::string> captures(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i) found.push_back((*i)[1]);
  return found;
}

/// The sources of all programs.
std::vector<SourceFile> all_sources() {
  const fs::path root = UNMUTED_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const char* folder : {"lib", "apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      files.push_back({fs::relative(entry.path(), root).string(), content_of(entry.path())});
    }
  }
  return files;
}

/// Words that stand where codes stand, and are none.
const std::set<std::string> no_codes = {
    "code",  // the field of that name
};

class ErrorCodes : public testing::Test {
 protected:
  const std::string document = content_of(UNMUTED_SOURCE_DIR "/docs/errors.md");
  const std::vector<std::string> documented = captures(document, "\n\\| `([a-z0-9_-]+)` \\|");
  const std::set<std::string> known{documented.begin(), documented.end()};
};

TEST_F(ErrorCodes, AreDocumentedOnce) {
  ASSERT_GT(documented.size(), 40U);
  EXPECT_EQ(documented.size(), known.size());
}

TEST_F(ErrorCodes, OfDiagnosticsAreDocumentedWithTheirTypeForMetrics) {
  for (const DiagnosticCode& code : diagnostic_codes()) {
    const std::string name(code.code);
    EXPECT_TRUE(known.contains(name)) << name;
    const std::string row = captures(document, "(\n\\| `" + name + "` \\|[^\n]*)").at(0);
    EXPECT_EQ(code.severity == Severity::warning, code.metric_error_type.empty()) << name;
    if (!code.metric_error_type.empty()) {
      EXPECT_NE(row.find("(`" + std::string(code.metric_error_type) + "`)"), std::string::npos) << row;
    }
  }
  const std::string section = document.substr(document.find("## Diagnostics"));
  EXPECT_EQ(captures(section, "\n\\| `([a-z0-9-]+)` \\|").size(), diagnostic_codes().size());
}

TEST_F(ErrorCodes, ThatTheSourceAnswersWithAreDocumented) {
  const auto uses = codes_in(all_sources());
  EXPECT_GT(uses.size(), 100U);
  for (const CodeUse& use : uses) {
    const bool is_known = known.contains(use.code) || no_codes.contains(use.code);
    EXPECT_TRUE(is_known)
        << use.place << ": the code \"" << use.code
        << "\" is not in docs/errors.md; when it is no code, add it to no_codes of this test";
  }
}

TEST_F(ErrorCodes, ThatAreDocumentedAreInTheSource) {
  const auto uses = codes_in(all_sources());
  for (const std::string& code : documented) {
    EXPECT_TRUE(std::any_of(uses.begin(), uses.end(), [&](const CodeUse& use) { return use.code == code; }))
        << code << " is in docs/errors.md, and no source answers with it";
  }
}

// ---- that the test sees them

std::vector<std::string> codes_of(const std::string& source, const std::string& header = {}) {
  std::vector<std::string> codes;
  const std::string result =
      "struct Error { std::string code; std::string message; std::string where; };\n"
      "Failure fail(std::string code, std::string message, std::string where = {});\n";
  for (CodeUse& use : codes_in({{"result.hpp", result}, {"a.hpp", header}, {"a.cpp", source}}))
    codes.push_back(std::move(use.code));
  std::sort(codes.begin(), codes.end());
  return codes;
}

TEST(SourceCodes, OfCallsAndAggregates) {
  EXPECT_THAT(codes_of("return fail(\"no_luck\", text);"), ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("co_return fail( // why\n  \"luckless\",\n text);"), ElementsAre("luckless"));
  EXPECT_THAT(codes_of("return Error{\"no_luck\", \"said so\", {}};"), ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("const Error error{\"no_luck\"};"), ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("events::Error error = {std::string(\"no_luck\"), \"said\"};"),
              ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("return {\"no_luck\", \"said so\", \"\"};"), ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("send_error({\"no_luck\", \"said so\", \"\"}, id);"), ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("co_return Failed{{\"no_luck\", f(\"a\", \"b\"), {}}, {}};"), ElementsAre("no_luck"));
}

TEST(SourceCodes, OfAnythingThatCallsItsTextACode) {
  EXPECT_THAT(
      codes_of("return Failure{Failure::Kind::warning, \"no_luck\", text};",
               "struct Failure { enum class Kind { warning }; Kind kind; std::string code; };"),
      ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("void refuse(int at, std::string_view code); f() { refuse(3, \"no_luck\"); }"),
              ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("refuse(place(1, 2), \"no_luck\", text);",
                       "void refuse(std::map<int, int> at, const std::string& code, std::string text);"),
              ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("const auto add = [&](int at, const char* code) { g(); }; add(1, \"no_luck\");"),
              ElementsAre("no_luck"));
  EXPECT_THAT(
      codes_of("return tl::unexpected(Problem{\"gone\", text});",
               "struct Problem { std::string_view code;  ///< of a Diagnostic\n std::string message; };"),
      ElementsAre("gone"));
  EXPECT_THAT(codes_of("Event{true, \"gone\"};", "struct Event { bool fatal = false; std::string code; };"),
              ElementsAre("gone"));
}

TEST(SourceCodes, OfAssignmentsAndComparisons) {
  EXPECT_THAT(codes_of("end.code = \"no_luck\";"), ElementsAre("no_luck"));
  EXPECT_THAT(
      codes_of("Event event{.type = 1, .code = std::string(full ? \"no_luck\" : \"bad-luck\"), .m = \"x\"};"),
      ElementsAre("bad-luck", "no_luck"));
  EXPECT_THAT(codes_of("if (error().code == \"no_luck\" || code != \"bad_luck\") g();"),
              ElementsAre("bad_luck", "no_luck"));
}

TEST(SourceCodes, OfConstantsAndFunctionsThatAreNamedWhereACodeStands) {
  EXPECT_THAT(codes_of("constexpr const char* unavailable = \"no_luck\"; f() { fail(unavailable, x); }"),
              ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("event.code = events::unlucky;",
                       "inline constexpr std::string_view unlucky = \"no_luck\";  ///< sad\n"),
              ElementsAre("no_luck"));
  EXPECT_THAT(codes_of("fail(full ? at_capacity : gone, x);",
                       "constexpr char at_capacity[] = \"x\"; constexpr std::string_view gone{\"no_luck\"};"),
              ElementsAre("no_luck"));
  EXPECT_THAT(
      codes_of("std::string_view luck_code(Kind kind) { switch (kind) { case a: return \"no_luck\"; } "
               "return \"bad-luck\"; } f() { fail(std::string(luck_code(kind)), x); }"),
      ElementsAre("bad-luck", "no_luck"));
}

TEST(SourceCodes, AndNothingElse) {
  EXPECT_THAT(codes_of("// fail(\"no_luck\")\n/* Error{\"no_luck\"} */"), IsEmpty());
  EXPECT_THAT(codes_of("log(\"fail(\\\"no_luck\\\", x)\"); log(R\"(code = \"no_luck\")\");"), IsEmpty());
  EXPECT_THAT(codes_of("json{{\"some_key\", 1}, {\"other_key\", f(1, 2, 3)}};"), IsEmpty());
  EXPECT_THAT(codes_of("fail(code, \"message\"); fail(std::move(code), \"A sentence.\", \"field.path\");"),
              IsEmpty());
  EXPECT_THAT(
      codes_of("const char quote = '\"'; log(\"some_word\"); const int million = 1'000'000; f(\"no_luck\");"),
      IsEmpty());
}

TEST(SourceCodes, HaveTheirPlaces) {
  const auto uses = codes_in({{"a.hpp", "struct Error {\n  std::string code;\n};\n"},
                              {"a.cpp", "R\"(\n\n)\"; // one\n/*\n*/ Error{\n  \"no_luck\"};"}});
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].place, "a.cpp:6");
}

}  // namespace
}  // namespace unmuted::test
