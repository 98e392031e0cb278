// Holds docs/errors.md against the source.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "characters/diagnostic.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;

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

/// The sources of all programs, one after the other.
std::string all_sources() {
  std::string text;
  for (const char* folder : {"/lib", "/apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(std::string(UNMUTED_SOURCE_DIR) + folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") text += content_of(entry.path());
    }
  }
  return text;
}

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
  const std::string sources = all_sources();
  const auto used = captures(
      sources, R"((?:\bfail\(|\brefuse\(|\bError\{|\bError [a-z_]+\{|\bsend_error\(\{)\s*"([a-z_]+)\")");
  EXPECT_GT(used.size(), 20U);
  for (const std::string& code : used) {
    if (code == "code") continue;  // the example in core/result.hpp
    EXPECT_TRUE(known.contains(code)) << code << " is not in docs/errors.md";
  }
}

TEST_F(ErrorCodes, ThatAreDocumentedAreInTheSource) {
  const std::string sources = all_sources();
  for (const std::string& code : documented) {
    EXPECT_NE(sources.find('"' + code + '"'), std::string::npos) << code << " is in docs/errors.md only";
  }
}

TEST(Diagnostics, AnUnknownCodeIsABugAndTextsAreMadeFit) {
  EXPECT_THROW(make_diagnostic("a.lua", {}, "no-such-code", ""), std::logic_error);
  const Diagnostic made = make_diagnostic("a\n.lua", {1, 2}, "script-error", std::string(1000, 'x') + "\n");
  EXPECT_EQ(made.file, "a\\n.lua");
  EXPECT_LE(made.message.size(), 300U);
  EXPECT_EQ(metric_error_type("duplicate-name"), "DuplicateName");
  EXPECT_EQ(metric_error_type("voice-shared"), "");
}

}  // namespace
}  // namespace unmuted
