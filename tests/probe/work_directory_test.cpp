#include "probe/work_directory.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace unmuted::probe {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(WorkDirectory, IsRemovedWithEverythingInIt) {
  fs::path path;
  {
    const auto directory = WorkDirectory::create().value();
    path = directory.path();
    ASSERT_TRUE(directory.write("deep/er/file", "text"));
    EXPECT_EQ(content(path / "deep/er/file"), "text");
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(WorkDirectory, CopiesAndRemoves) {
  const auto directory = WorkDirectory::create().value();
  ASSERT_TRUE(directory.write("from/x/file", "1"));
  ASSERT_TRUE(directory.copy(directory.path() / "from", "to"));
  ASSERT_TRUE(directory.write("from/x/file", "2"));
  ASSERT_TRUE(directory.copy(directory.path() / "from", "to"));
  EXPECT_EQ(content(directory.path() / "to/x/file"), "2");
  ASSERT_TRUE(directory.remove("to"));
  EXPECT_FALSE(fs::exists(directory.path() / "to"));
  EXPECT_FALSE(directory.copy("/nowhere/at/all", "x"));
}

TEST(WorkDirectory, CopiesNoDirectoryIntoItself) {
  const auto directory = WorkDirectory::create().value();
  const auto other = WorkDirectory::create().value();
  ASSERT_TRUE(directory.write("d/file", "text"));
  ASSERT_TRUE(other.write("file", "text"));
  fs::create_directory_symlink(directory.path(), other.path() / "link");
  for (const fs::path& from : {directory.path(), directory.path() / "d", directory.path() / "d/../d/.",
                               fs::path("/"), other.path(), other.path() / "link"}) {
    const auto copied = directory.copy(from, "d/deep/er");
    ASSERT_FALSE(copied) << from;
    EXPECT_EQ(copied.error().code, "file_failed");
    EXPECT_NE(copied.error().message.find("which lies in it"), std::string::npos) << copied.error().message;
  }
  EXPECT_FALSE(directory.copy(directory.path() / "d", "d"));
  EXPECT_FALSE(fs::exists(directory.path() / "d/deep"));
  EXPECT_TRUE(directory.copy(directory.path() / "d", "d2"));  // its name only begins so
}

TEST(WorkDirectory, CopiesNoTreeThatLeadsBackIntoItself) {
  const auto directory = WorkDirectory::create().value();
  const auto other = WorkDirectory::create().value();
  ASSERT_TRUE(other.write("a/b/file", "text"));
  fs::create_directory_symlink("..", other.path() / "a/b/up");
  const auto copied = directory.copy(other.path() / "a", "x");
  ASSERT_FALSE(copied);
  EXPECT_NE(copied.error().message.find("leads back"), std::string::npos) << copied.error().message;
}

TEST(WorkDirectory, ChangesNothingOutside) {
  const auto directory = WorkDirectory::create().value();
  const auto other = WorkDirectory::create().value();
  ASSERT_TRUE(other.write("file", "kept"));
  fs::create_directory_symlink(other.path(), directory.path() / "link");
  for (const std::string& path :
       {other.path().string() + "/file", std::string("../x"), std::string("a/../../x"), std::string("."),
        std::string(""), std::string("link/file")}) {
    const auto written = directory.write(path, "changed");
    ASSERT_FALSE(written) << path;
    EXPECT_EQ(written.error().code, "outside_work_directory") << path;
    EXPECT_FALSE(directory.remove(path)) << path;
    EXPECT_FALSE(directory.copy(directory.path(), path)) << path;
  }
  EXPECT_EQ(content(other.path() / "file"), "kept");
}

}  // namespace
}  // namespace unmuted::probe
