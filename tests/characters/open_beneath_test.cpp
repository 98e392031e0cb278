#include "characters/files/open_beneath.hpp"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"
#include "support/refuse_openat2.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

TEST(WayOfOpening, IsStepsWhereTheCallIsRefused) {
  TemporaryFolder cast;
  cast.write("a.lua", test::minimal("a"));
  for (const int error : {ENOSYS, EPERM, EACCES}) {
    bool refused = false, loaded = false;
    auto way = WayOfOpening::kernel;
    std::thread([&] {
      refused = test::refuse_openat2(error);
      way = probe_way_of_opening();
      test::LoaderFixture fixture;
      fixture.way = way;
      const auto set = fixture.loader().load(cast.path());
      loaded = set && (*set)->find("a");
    }).join();
    if (!refused) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(way, WayOfOpening::steps) << error;
    EXPECT_TRUE(loaded) << error;
  }
}

/// What came of an attempt: the file's inode, or minus the error.
long outcome(const UniqueFd& fd) {
  if (!fd) return -errno;
  struct stat status {};
  ::fstat(fd.get(), &status);
  return static_cast<long>(status.st_ino);
}

TEST(OpenBeneath, BothWaysComeToTheSameVerdicts) {
  if (usual_way_of_opening() != WayOfOpening::kernel) GTEST_SKIP() << "openat2 is refused here";
  TemporaryFolder root;
  root.write("inside/file", "x");
  root.write("inside/deep/file", "x");
  root.write("outside", "x");
  const auto link = [&](const std::string& target, const char* name) {
    fs::create_symlink(target, root.path(std::string("inside/") + name));
  };
  link("file", "to-file");
  link("to-file", "to-link");
  link("deep/../file", "down-and-up");
  link("../inside/file", "out-and-in");
  link("../outside", "to-outside");
  link("/etc/hostname", "absolute");
  link("/", "to-root");
  link(root.path("inside/file"), "absolute-inside");
  link("circle-b", "circle-a");
  link("circle-a", "circle-b");
  link("gone", "dangling");
  link("deep", "to-deep");
  link("deep/", "to-deep-slash");
  link("file/", "file-slash");
  link(".", "dot");
  link("..", "dot-dot");
  link("deep/up/file", "through-up");
  fs::create_symlink("..", root.path("inside/deep/up"));
  fs::create_symlink("../..", root.path("inside/deep/up-twice"));
  ASSERT_EQ(::mkfifo(root.path("inside/fifo").c_str(), 0600), 0);
  link("fifo", "to-fifo");
  std::string chain = "file";
  for (int i = 0; i < 45; ++i) {
    link(chain, ("chain" + std::to_string(i)).c_str());
    chain = "chain" + std::to_string(i);
  }

  const UniqueFd inside(::open(root.path("inside").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(inside);
  for (const char* path : {"file",
                           "./file",
                           "deep/file",
                           "deep//file",
                           "deep/",
                           "deep/.",
                           "deep/..",
                           "file/",
                           "file/x",
                           "",
                           ".",
                           "./",
                           "..",
                           "../inside/file",
                           "deep/../file",
                           "deep/../../outside",
                           "/etc/hostname",
                           "gone",
                           "gone/x",
                           "to-file",
                           "to-file/",
                           "to-link",
                           "down-and-up",
                           "out-and-in",
                           "to-outside",
                           "absolute",
                           "to-root",
                           "absolute-inside",
                           "circle-a",
                           "circle-a/x",
                           "dangling",
                           "to-deep",
                           "to-deep/file",
                           "to-deep-slash",
                           "to-deep-slash/file",
                           "file-slash",
                           "dot",
                           "dot/file",
                           "dot-dot",
                           "dot-dot/inside/file",
                           "dot/deep/./../file",
                           "through-up",
                           "deep/up/file",
                           "deep/up/../file",
                           "deep/up-twice/outside",
                           "deep/up-twice",
                           "fifo",
                           "to-fifo",
                           "fifo/x",
                           "chain38",
                           "chain39",
                           "chain40",
                           "chain44"}) {
    for (const int flags : {O_NONBLOCK | O_NOCTTY, O_DIRECTORY}) {
      const long kernel = outcome(open_beneath(inside.get(), path, flags, WayOfOpening::kernel));
      const long steps = outcome(open_beneath(inside.get(), path, flags, WayOfOpening::steps));
      EXPECT_EQ(kernel, steps) << path << (flags == O_DIRECTORY ? " as a folder" : "");
    }
  }
  for (const char* path : {"inside", "inside/file", "inside/to-deep", "inside/dot/deep", "inside/dot-dot/",
                           "inside/deep/..", "gone", "outside/x", ""}) {
    const std::string absolute = root.path(path);
    EXPECT_EQ(outcome(open_without_links(absolute, O_DIRECTORY, WayOfOpening::kernel)),
              outcome(open_without_links(absolute, O_DIRECTORY, WayOfOpening::steps)))
        << path;
  }
}

// The way leads through a link that turns all the time: now a folder inside, now what lies outside.
TEST(OpenBeneath, ALinkThatTurnsMeanwhileNeverLeadsOut) {
  TemporaryFolder root;
  root.write("inside/a/file", "in");
  root.write("file", "out");
  root.write("a/file", "out");
  const UniqueFd inside(::open(root.path("inside").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::atomic<bool> done{false};
  std::thread turner([&] {
    for (int i = 0; !done; ++i) {
      const std::string name = root.path("inside/turned");
      fs::create_symlink(i % 2 == 0 ? "a" : "..", name);
      fs::rename(name, root.path("inside/way"));
      fs::rename(root.path("inside/a"), root.path(i % 2 == 0 ? "moved" : "inside/b"));
      fs::rename(root.path(i % 2 == 0 ? "moved" : "inside/b"), root.path("inside/a"));
    }
  });
  for (const auto way : test::ways_of_opening()) {
    for (int i = 0; i < 3000; ++i) {
      for (const char* path : {"way/file", "a/../way/file", "a/../../file"}) {
        const UniqueFd fd = open_beneath(inside.get(), path, 0, way);
        char bytes[4] = {};
        if (!fd || ::read(fd.get(), bytes, 3) <= 0) continue;
        EXPECT_STREQ(bytes, "in");
      }
    }
  }
  done = true;
  turner.join();
}

}  // namespace
}  // namespace unmuted
