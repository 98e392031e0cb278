#include "services/offered_tool.hpp"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace unmuted {
namespace {

TEST(OfferedTool, IsMeantByDecoratedNames) {
  const std::vector<Tool> offered{{"open_door", "", "{}"}, {"tools.exactly", "", "{}"}};
  for (const std::string_view name : {"open_door", " open_door ", "functions.open_door", "tool.open_door",
                                      "open_door:0", "functions.open_door:12"}) {
    EXPECT_EQ(offered_tool(name, offered), &offered[0]) << name;
  }
  EXPECT_EQ(offered_tool("tools.exactly", offered), &offered[1]);
  for (const std::string_view name : {"", "exactly", "open_door:a", "Open_Door", "open"}) {
    EXPECT_EQ(offered_tool(name, offered), nullptr) << name;
  }
}

TEST(OfferedTool, HasParametersThatAreTexts) {
  const Tool tool{
      "f", "", R"({"properties": {"text": {"type": "string"}, "number": {"type": "number"}, "any": true}})"};
  EXPECT_TRUE(is_text_parameter(tool, "text"));
  for (const char* parameter : {"number", "any", "none"}) EXPECT_FALSE(is_text_parameter(tool, parameter));
  EXPECT_FALSE(is_text_parameter({"f", "", "no JSON"}, "text"));
  EXPECT_FALSE(is_text_parameter({"f", "", "[]"}, "text"));
}

}  // namespace
}  // namespace unmuted
