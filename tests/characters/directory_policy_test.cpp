#include "characters/directory_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using test::TemporaryDirectory;

std::string outcome(const Result<std::string>& result) {
  return result ? *result : result.error().code;
}

class DirectoryPolicyTest : public testing::Test {
 protected:
  DirectoryPolicyTest() {
    fs::create_directories(place.path("root/cast"));
    fs::create_directories(place.path("root-other"));
    fs::create_directories(place.path("outside/cast"));
    place.write("root/file.lua", "");
    fs::create_directory_symlink(place.path("outside"), place.path("root/out"));
    fs::create_directory_symlink(place.path("root/cast"), place.path("outside/in"));
  }

  TemporaryDirectory place;
  DirectoryPolicy any = DirectoryPolicy::allow_any();
  DirectoryPolicy rooted = DirectoryPolicy::beneath({place.path("root"), place.path("no-such-root")});
};

TEST_F(DirectoryPolicyTest, GivesTheRealPath) {
  EXPECT_EQ(outcome(any.resolve(place.path("root/cast"))), place.path("root/cast"));
  EXPECT_EQ(outcome(any.resolve(place.path("root/../outside/./in//"))), place.path("root/cast"));
}

TEST_F(DirectoryPolicyTest, TellsWhatIsWrongWithAPath) {
  const std::string nul("/tmp\0/x", 7);
  for (const std::string& bad :
       {std::string(), std::string("relative"), std::string("./x"), std::string("default"), nul,
        "/" + std::string(4'095, 'x'), std::string("/tmp/\xFF"), place.path("root/file.lua"),
        place.path("root/file.lua/x"), "/" + std::string(300, 'x')}) {
    EXPECT_EQ(outcome(any.resolve(bad)), "invalid_directory_format") << bad.substr(0, 50);
  }
  const auto missing = any.resolve(place.path("gone"));
  EXPECT_EQ(outcome(missing), "directory_not_found");
  EXPECT_EQ(missing.error().message, "Character directory not found: " + place.path("gone"));
}

TEST_F(DirectoryPolicyTest, OnlyWhatReallyLiesBeneathARootIsAllowed) {
  EXPECT_EQ(outcome(rooted.resolve(place.path("root"))), place.path("root"));
  EXPECT_EQ(outcome(rooted.resolve(place.path("root/cast/"))), place.path("root/cast"));
  EXPECT_EQ(outcome(rooted.resolve(place.path("outside/in"))), place.path("root/cast"));
  for (const char* refused :
       {"outside/cast", "root/out/cast", "root/../outside/cast", "root-other", "root/.."}) {
    EXPECT_EQ(outcome(rooted.resolve(place.path(refused))), "directory_not_allowed") << refused;
  }
}

TEST_F(DirectoryPolicyTest, WhatIsOutsideIsRefusedWhetherOrNotItExists) {
  for (const char* hidden : {"gone", "outside/gone", "root/out/gone", "root/../gone", "no-such-root/x"}) {
    EXPECT_EQ(outcome(rooted.resolve(place.path(hidden))), "directory_not_allowed") << hidden;
  }
  EXPECT_EQ(outcome(rooted.resolve(place.path("root/gone"))), "directory_not_found");
  EXPECT_EQ(outcome(rooted.resolve(place.path("root/file.lua"))), "invalid_directory_format");
}

TEST_F(DirectoryPolicyTest, TheDefaultDirectoryItselfIsAlwaysAllowed) {
  const std::string standard = place.path("outside/cast");
  fs::create_directory(place.path("outside/cast/inner"));
  EXPECT_EQ(outcome(rooted.resolve(standard, standard)), standard);
  EXPECT_EQ(outcome(rooted.resolve(place.path("outside/cast/inner"), standard)), "directory_not_allowed");
  EXPECT_EQ(outcome(rooted.resolve(place.path("outside/cast/gone"), standard)), "directory_not_allowed");
}

TEST_F(DirectoryPolicyTest, ARootMayComeLater) {
  EXPECT_EQ(outcome(rooted.resolve(place.path("no-such-root"))), "directory_not_allowed");
  fs::create_directory(place.path("no-such-root"));
  EXPECT_EQ(outcome(rooted.resolve(place.path("no-such-root"))), place.path("no-such-root"));
}

}  // namespace
}  // namespace unmuted
