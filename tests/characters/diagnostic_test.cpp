#include "characters/diagnostic.hpp"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

TEST(Diagnostics, AnUnknownCodeIsABugAndTextsAreMadeFit) {
  EXPECT_THROW(make_diagnostic("a.lua", {}, "no-such-code", ""), std::logic_error);
  const Diagnostic made = make_diagnostic("a\n.lua", {1, 2}, "script-error", std::string(1000, 'x') + "\n",
                                          std::string(1000, 'y'));
  EXPECT_EQ(made.file, "a\\n.lua");
  EXPECT_LE(made.message.size(), 300U);
  EXPECT_LE(made.help.size(), 300U);
  EXPECT_EQ(metric_error_type("duplicate-name"), "DuplicateName");
  EXPECT_EQ(metric_error_type("voice-shared"), "");
}

}  // namespace
}  // namespace unmuted
