#include "probe/json_path.hpp"

#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

const Json shop = Json::parse(R"({
  "type": "listed", "error": {"code": "x"},
  "list": [{"name": "a", "tags": ["t", "u"]}, {"name": "b"}, {"other": 1}], "nothing": null})");

std::optional<Json> at(const std::string& path) {
  return JsonPath::parse(path).value().of(shop);
}

TEST(JsonPath, LeadsThroughKeysAndElements) {
  EXPECT_EQ(at("type"), "listed");
  EXPECT_EQ(at("error.code"), "x");
  EXPECT_EQ(at("list[1].name"), "b");
  EXPECT_EQ(at("list[0].tags[1]"), "u");
  EXPECT_EQ(at("nothing"), Json(nullptr));
}

TEST(JsonPath, FindsNothingWhereNothingIs) {
  EXPECT_EQ(at("missing"), std::nullopt);
  EXPECT_EQ(at("error.code.deeper"), std::nullopt);
  EXPECT_EQ(at("list[3]"), std::nullopt);
  EXPECT_EQ(at("error[0]"), std::nullopt);
  EXPECT_EQ(at("error[*]"), std::nullopt);
}

TEST(JsonPath, AStarGathersWhatTheElementsHave) {
  EXPECT_EQ(at("list[*].name"), Json({"a", "b"}));
  EXPECT_EQ(at("list[*].tags[*]"), Json({"t", "u"}));
  EXPECT_EQ(at("list[*].unknown"), Json::array());
}

TEST(JsonPath, RefusesWhatIsNoPath) {
  for (const char* text : {"", ".", "a.", "a..b", "a[", "a[x]", "a[-1]", "a[1", ".a"}) {
    const auto path = JsonPath::parse(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().code, "invalid_path");
  }
  std::string deep = "a";
  for (int i = 0; i < 40; ++i) deep += ".a";
  EXPECT_FALSE(JsonPath::parse(deep));
}

}  // namespace
}  // namespace unmuted::probe
