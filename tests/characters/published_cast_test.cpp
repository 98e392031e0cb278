// Directories whose files are links through one link, which is turned to another version.
#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/character_manager.hpp"
#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using test::minimal;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_of(const CharacterSet& set) {
  std::vector<std::string> names;
  for (const auto& character : set.characters()) names.push_back(character->name);
  return names;
}

class PublishedCast : public testing::TestWithParam<WayOfOpening>, protected test::LoaderFixture {
 protected:
  PublishedCast() { way = GetParam(); }

  /// A version with these characters, each of which tells the version by its greeting, from a resource.
  void write_version(const std::string& folder, const std::string& version,
                     const std::vector<std::string>& names) {
    for (const std::string& name : names)
      cast.write(folder + "/" + name + ".lua", minimal(name, "greeting = require 'version',"));
    cast.write(folder + "/resources/version.lua", "return '" + version + "'");
  }

  void turn(const std::string& link, const std::string& target) {
    fs::create_symlink(target, cast.path("turned"));
    fs::rename(cast.path("turned"), cast.path(link));
  }

  void link_files(const std::string& through, const std::vector<std::string>& files) {
    for (const std::string& file : files) fs::create_symlink(through + "/" + file, cast.path(file));
  }

  CharacterSetPtr load() {
    const auto set = loader().load(cast.path());
    EXPECT_TRUE(set) << set.error().message;
    return set ? *set : nullptr;
  }

  TemporaryFolder cast;
};

INSTANTIATE_TEST_SUITE_P(Either, PublishedCast, testing::ValuesIn(test::ways_of_opening()),
                         testing::PrintToStringParamName());

TEST_P(PublishedCast, CountsEachFileOnceAndFollowsTheLinkToTheNextVersion) {
  write_version("..v1", "one", {"ann", "bob"});
  turn("..data", "..v1");
  link_files("..data", {"ann.lua", "bob.lua", "resources"});
  const auto first = load();
  EXPECT_THAT(names_of(*first), ElementsAre("ann", "bob"));
  EXPECT_EQ(first->report().total_files, 2U);
  EXPECT_THAT(first->report().errors, IsEmpty());
  EXPECT_EQ(first->directory(), cast.path());
  write_version("..v2", "two", {"ann", "bob"});
  turn("..data", "..v2");
  EXPECT_EQ(load()->find("bob")->greeting, "two");
  EXPECT_EQ(first->find("bob")->greeting, "one");
}

// The links to new and gone files are made and removed after the version has changed.
TEST_P(PublishedCast, TheVersionSaysWhichFilesThereAre) {
  write_version("..v1", "one", {"ann", "bob"});
  turn("..data", "..v1");
  link_files("..data", {"ann.lua", "bob.lua", "resources"});
  write_version("..v2", "two", {"ann", "carl"});
  turn("..data", "..v2");
  fs::remove_all(cast.path("..v1"));
  const auto between = load();
  EXPECT_THAT(names_of(*between), ElementsAre("ann", "carl"));
  EXPECT_THAT(between->report().errors, IsEmpty());
  EXPECT_EQ(between->find("carl")->greeting, "two");
}

TEST_P(PublishedCast, FilesBesideThePublicationAreTheDirectorysOwn) {
  write_version("..v1", "one", {"ann", "bob"});
  turn("..data", "..v1");
  link_files("..data", {"ann.lua", "resources"});
  cast.write("bob.lua", minimal("own bob"));  // as a file is that is mounted by itself
  cast.write("zoe.lua", minimal("zoe"));
  fs::create_symlink("zoe.txt", cast.path("link.lua"));
  cast.write("zoe.txt", minimal("linked"));
  const auto set = load();
  EXPECT_THAT(names_of(*set), ElementsAre("ann", "own bob", "linked", "zoe"));
  EXPECT_EQ(set->report().total_files, 4U);
}

TEST_P(PublishedCast, OwnResourcesStayBesidePublishedCharacters) {
  write_version("..v1", "one", {"ann"});
  turn("..data", "..v1");
  link_files("..data", {"ann.lua"});
  cast.write("resources/version.lua", "return 'own'");
  EXPECT_EQ(load()->find("ann")->greeting, "own");
}

TEST_P(PublishedCast, AnyLinkMayPublishButOnlyWhatIsLinked) {
  write_version("release-1", "one", {"ann", "bob", "draft"});
  turn("current", "release-1");
  link_files("current", {"ann.lua", "bob.lua", "resources"});
  EXPECT_THAT(names_of(*load()), ElementsAre("ann", "bob"));
  write_version("release-2", "two", {"ann", "bob", "draft"});
  turn("current", "release-2");
  EXPECT_EQ(load()->find("ann")->greeting, "two");
}

TEST_P(PublishedCast, LinksInAVersionMayLeadToWhatLiesBesideItButNotOut) {
  write_version("..v1", "one", {"ann"});
  cast.write("shared/carl.lua", minimal("carl"));
  fs::create_symlink("../shared/carl.lua", cast.path("..v1/carl.lua"));
  fs::create_symlink("../../outside.lua", cast.path("..v1/eve.lua"));
  turn("..data", "..v1");
  link_files("..data", {"ann.lua", "carl.lua", "eve.lua", "resources"});
  const auto set = load();
  EXPECT_THAT(names_of(*set), ElementsAre("ann", "carl"));
  ASSERT_EQ(set->report().errors.size(), 1U);
  EXPECT_EQ(set->report().errors[0].code, "escapes-directory");
}

TEST_P(PublishedCast, APublicationThatLeadsOutOrNowhereIsNotFollowed) {
  TemporaryFolder elsewhere;
  elsewhere.write("ann.lua", minimal("ann"));
  link_files("..data", {"ann.lua"});
  turn("..data", elsewhere.path());
  EXPECT_EQ(load()->report().errors.at(0).code, "escapes-directory");
  turn("..data", "../" + fs::path(elsewhere.path()).filename().string());
  EXPECT_EQ(load()->report().errors.at(0).code, "escapes-directory");
  turn("..data", "..gone");
  EXPECT_EQ(load()->report().errors.at(0).code, "unreadable");
}

TEST_P(PublishedCast, CheckOfOneFileReadsThePublishedOne) {
  write_version("..v1", "one", {"ann", "bob"});
  turn("..data", "..v1");
  link_files("..data", {"ann.lua", "bob.lua", "resources"});
  const auto report = loader().check_file(cast.path(), "ann.lua");
  ASSERT_TRUE(report);
  ASSERT_EQ(report->characters.size(), 1U);
  EXPECT_EQ(report->characters[0]->greeting, "one");
}

// Every load meets turning versions, each of which is removed as soon as the next one is there.
TEST_P(PublishedCast, EachLoadIsOfOneVersionWhileTheyTurn) {
  write_version("..v0", "0", {"ann", "bob", "carl"});
  turn("..data", "..v0");
  link_files("..data", {"ann.lua", "bob.lua", "carl.lua", "resources"});
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    for (int version = 1; !done; ++version) {
      const std::string folder = "..v" + std::to_string(version);
      write_version(folder, std::to_string(version), {"ann", "bob", "carl"});
      turn("..data", folder);
      fs::remove_all(cast.path("..v" + std::to_string(version - 1)));
    }
  });
  int versions_seen = 0;
  std::optional<std::string> before;
  for (int i = 0; i < 300; ++i) {
    const auto set = load();
    if (!set) break;
    EXPECT_THAT(names_of(*set), ElementsAre("ann", "bob", "carl"));
    if (set->characters().size() != 3) break;
    const auto version = set->find("ann")->greeting;
    EXPECT_EQ(set->find("bob")->greeting, version);
    EXPECT_EQ(set->find("carl")->greeting, version);
    versions_seen += version != before ? 1 : 0;
    before = version;
  }
  done = true;
  publisher.join();
  EXPECT_GT(versions_seen, 1);
}

// Here the directory itself is reached through a link that turns, as with git-sync or releases of a website.
TEST_P(PublishedCast, ADirectoryBehindATurningLinkIsLoadedWhole) {
  write_version("v0", "0", {"ann", "bob", "carl"});
  turn("current", "v0");
  std::atomic<bool> done{false};
  std::atomic<int> loads{0};
  std::thread publisher([&] {
    for (int version = 1; !done; ++version) {
      // Once a load: however slowly this machine reads, it comes to an end of it.
      const int loads_before = loads;
      write_version("v" + std::to_string(version), std::to_string(version), {"ann", "bob", "carl"});
      turn("current", "v" + std::to_string(version));
      fs::remove_all(cast.path("v" + std::to_string(version - 1)));
      while (!done && loads == loads_before) std::this_thread::yield();
    }
  });
  const CharacterLoader shared = loader();
  for (int i = 0; i < 200; ++i) {
    ++loads;
    const auto set = load_cast(shared, DirectoryPolicy::allow_any(), cast.path("current"), "");
    EXPECT_TRUE(set) << set.error().error.message;
    if (!set) break;
    EXPECT_THAT(names_of(**set), ElementsAre("ann", "bob", "carl"));
    if ((*set)->characters().size() != 3) break;
    EXPECT_EQ((*set)->find("ann")->greeting, (*set)->find("carl")->greeting);
  }
  done = true;
  publisher.join();
}

}  // namespace
}  // namespace unmuted
