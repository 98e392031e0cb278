#include "characters/formats/formats.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted::formats {
namespace {

TEST(Formats, EachHasANameAnExtensionALimitAndAReaderOfItsOwn) {
  std::set<std::string_view> names, extensions;
  for (const Format& format : all()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    EXPECT_TRUE(extensions.insert(format.extension).second) << format.extension;
    EXPECT_TRUE(format.extension.starts_with('.')) << format.extension;
    EXPECT_LE(format.max_bytes, LoadLimits{}.file_bytes) << format.name;
    EXPECT_NE(format.read, nullptr) << format.name;
  }
}

TEST(Formats, AreToldByTheExtensionInAnyCase) {
  for (const char* name : {"a.lua", "a.LUA", "a.b.Lua", "\xFF.lua"}) {
    EXPECT_TRUE(is_candidate(name)) << name;
    EXPECT_EQ(format_of(name).name, "lua");
  }
  for (const char* name : {"", ".lua", ".a.lua", "lua", "a.lua.txt", "a.lu", "alua"})
    EXPECT_FALSE(is_candidate(name)) << name;
}

TEST(Formats, WhatHasTheExtensionOfNoneIsReadAsTheFirst) {
  EXPECT_EQ(&format_of("draft.txt"), &all().front());
}

TEST(Formats, WhatAFormatReadsIsMadeOfItsFile) {
  const auto resources = std::make_shared<const script::Resources>();
  const std::string source = test::minimal("Ada");
  for (const bool marked : {false, true}) {
    const std::string bytes = (marked ? "\xEF\xBB\xBF" : "") + source;
    const auto reading = format_of("ada.lua").read(
        {"lua", "ada.lua", bytes, resources},
        {{}, std::chrono::seconds(1), std::make_shared<MemoryBudget>(64U << 20U), {}});
    ASSERT_TRUE(reading.character);
    EXPECT_EQ(reading.character->origin, (Origin{"lua", "ada.lua", bytes, resources}));
    EXPECT_TRUE(reading.character->runs);
    EXPECT_EQ(reading.character->script(), source);
  }
}

}  // namespace
}  // namespace unmuted::formats
