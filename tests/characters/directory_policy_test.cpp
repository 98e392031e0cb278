#include "characters/directory_policy.hpp"

#include <chrono>
#include <ctime>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

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

  TemporaryFolder place;
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

TEST_F(DirectoryPolicyTest, APathLeadsWhereTheSystemSays) {
  fs::create_symlink("circle", place.path("root/circle"));
  fs::create_symlink("file.lua", place.path("root/to-file"));
  fs::create_symlink("../outside/./in//", place.path("root/round"));
  fs::create_symlink("/", place.path("root/to-root"));
  fs::create_symlink("gone", place.path("root/dangling"));
  const std::vector<std::string> parts{"root",    "cast",     "out",     "in",   "..",      ".",
                                       "",        "file.lua", "circle",  "gone", "to-file", "round",
                                       "to-root", "dangling", "outside", "..",   "..",      "root"};
  std::mt19937 random(7);
  for (int i = 0; i < 5'000; ++i) {
    std::string path = place.path();
    for (std::size_t left = random() % 9; left > 0; --left) path += "/" + parts[random() % parts.size()];
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    const bool is_directory = !error && fs::is_directory(real);
    const auto resolved = any.resolve(path);
    EXPECT_EQ(resolved.has_value(), is_directory) << path << ": " << outcome(resolved);
    if (is_directory) {
      EXPECT_EQ(outcome(resolved), real.string()) << path;
    } else if (error == std::errc::no_such_file_or_directory) {
      EXPECT_EQ(outcome(resolved), "directory_not_found") << path;
    }
  }
}

TEST_F(DirectoryPolicyTest, ALongPathIsWalkedOnce) {
  const auto cpu_time = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto repeated = [](const std::string& part, std::size_t bytes) {
    std::string path;
    while (path.size() + part.size() <= bytes) path += part;
    return path;
  };
  const auto before = cpu_time();
  for (const std::string beginning : {"/usr/..", "/lib/..", "/proc/self/..", "/x"}) {
    for (const std::size_t half : {1'000U, 2'000U, 2'700U}) {
      const std::string path = repeated(beginning, half) + repeated("/x", 4'090 - half);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(outcome(rooted.resolve(path)), "directory_not_allowed");
    }
  }
  EXPECT_LT(cpu_time() - before, std::chrono::seconds(20));
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
