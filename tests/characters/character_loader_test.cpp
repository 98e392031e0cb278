#include "characters/character_loader.hpp"

#include <algorithm>
#include <thread>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

using test::cast_path;
using test::minimal;
using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

auto is(const std::string& file, int line, const std::string& code) {
  return AllOf(Field("file", &Diagnostic::file, file), Field("line", &Diagnostic::line, line),
               Field("code", &Diagnostic::code, code));
}

class CharacterLoaderTest : public testing::TestWithParam<WayOfOpening>, protected test::LoaderFixture {
 protected:
  CharacterLoaderTest() { way = GetParam(); }

  CharacterSetPtr load(const std::string& path, const LoadLimits& limits = {}) {
    const auto set = loader(limits).load(path);
    EXPECT_TRUE(set) << set.error().code << ": " << set.error().message;
    return set ? *set : nullptr;
  }

  TemporaryFolder cast;
};

INSTANTIATE_TEST_SUITE_P(Either, CharacterLoaderTest, testing::ValuesIn(test::ways_of_opening()),
                         testing::PrintToStringParamName());

TEST_P(CharacterLoaderTest, LoadsTheDefaultCastWithoutAnyProblem) {
  const auto set = load(UNMUTED_SOURCE_DIR "/characters");
  EXPECT_GE(set->characters().size(), 10U);
  for (const auto* list : {&set->report().errors, &set->report().warnings}) {
    for (const Diagnostic& d : *list)
      ADD_FAILURE() << d.file << ":" << d.line << " " << d.code << " " << d.message;
  }
}

TEST_P(CharacterLoaderTest, PartialSuccessIsSuccessAndEachFailureHasItsPlace) {
  const auto set = load(cast_path("partly-broken"));
  EXPECT_EQ(set->report().total_files, 8U);
  EXPECT_EQ(set->report().loaded, 2U);
  EXPECT_THAT(
      set->report().errors,
      ElementsAre(is("broken-syntax.lua", 4, "syntax-error"), is("endless.lua", 2, "script-timeout"),
                  is("nameless.lua", 2, "missing-field"), is("no-handler.lua", 7, "missing-tool-handler"),
                  is("no-resource.lua", 2, "resource-not-found"), is("raises.lua", 3, "script-error")));
  ASSERT_TRUE(set->find("Gardener"));
  EXPECT_EQ(set->find("voices/gardener.wav"), set->find("Gardener"));
  EXPECT_EQ(set->find("Gardener")->greeting, "Mind the roses.");
  EXPECT_TRUE(set->find("Gardener")->has_system_prompt);
  EXPECT_FALSE(set->find("nobody"));
}

TEST_P(CharacterLoaderTest, ADirectoryInWhichNothingLoadsIsASetWithoutCharacters) {
  const auto broken = load(cast_path("wholly-broken"));
  EXPECT_THAT(broken->characters(), IsEmpty());
  EXPECT_EQ(broken->report().total_files, 3U);
  EXPECT_THAT(broken->report().errors, SizeIs(3));
  const auto empty = load(cast_path("empty"));
  EXPECT_EQ(empty->report().total_files, 0U);
}

TEST_P(CharacterLoaderTest, TheFirstFileKeepsANameAndLikeNamesAreWarnedOf) {
  const auto set = load(cast_path("duplicates"));
  EXPECT_THAT(set->report().errors, ElementsAre(is("b-second.lua", 3, "duplicate-name")));
  EXPECT_EQ(set->find("Twin")->comment, "first");
  EXPECT_THAT(set->report().warnings, ElementsAre(is("c-other-case.lua", 3, "name-collision"),
                                                  is("c-other-case.lua", 4, "voice-shared")));
}

TEST_P(CharacterLoaderTest, NamesThatDifferOnlyInTheirUnicodeSpellingAreWarnedOf) {
  cast.write("a.lua", minimal("E\u0301cho", "greeting = 'apart',"));
  cast.write("b.lua", minimal("\u00C9cho", "greeting = 'composed',"));
  cast.write("c.lua", minimal("\u00E9CHO"));
  cast.write("d.lua", minimal("Gro\u00DF"));
  cast.write("e.lua", minimal("GROSS"));
  cast.write("f.lua", minimal("Echo"));
  const auto set = load(cast.path());
  EXPECT_EQ(set->report().loaded, 6U);
  EXPECT_THAT(set->report().warnings,
              ElementsAre(is("b.lua", 2, "name-collision"), is("c.lua", 2, "name-collision"),
                          is("e.lua", 2, "name-collision")));
  EXPECT_THAT(set->report().warnings[0].message, HasSubstr("another Unicode spelling"));
  EXPECT_THAT(set->report().warnings[1].message, HasSubstr("only in case"));
  EXPECT_EQ(set->find("E\u0301cho")->greeting, "apart");
  EXPECT_EQ(set->find("\u00C9cho")->greeting, "composed");
}

TEST_P(CharacterLoaderTest, AnotherUnicodeSpellingFindsANameOrAVoice) {
  cast.write("a.lua", minimal("De\u0301sire\u0301e"));  // as a Mac writes it
  cast.write("b.lua", minimal("\uD55C\uAE00"));
  const auto set = load(cast.path());
  ASSERT_TRUE(set->find("D\u00E9sir\u00E9e"));
  EXPECT_EQ(set->find("D\u00E9sir\u00E9e"), set->find("De\u0301sire\u0301e"));
  EXPECT_EQ(set->find("D\u00E9sir\u00E9e.wav"), set->find("De\u0301sire\u0301e"));
  EXPECT_TRUE(set->find("\u1112\u1161\u11AB\u1100\u1173\u11AF"));
  EXPECT_FALSE(set->find("Desiree"));
  EXPECT_FALSE(set->find("d\u00E9sir\u00E9e"));  // case is another matter
  EXPECT_FALSE(set->find("D\u00E9sir\u00E9e\xFF"));
  EXPECT_FALSE(set->find(std::string(100'000, '\xCC')));
}

TEST_P(CharacterLoaderTest, CastsWithTheSameNamesStayApart) {
  const auto alpha = load(cast_path("alpha")), beta = load(cast_path("beta"));
  EXPECT_EQ(alpha->find("Charles")->comment, "Charles of alpha");
  EXPECT_EQ(beta->find("Charles")->comment, "Charles of beta");
  EXPECT_TRUE(alpha->find("Anna"));
  EXPECT_FALSE(beta->find("Anna"));
  EXPECT_TRUE(load(cast_path("same-names"))->find("Quiz show"));
}

TEST_P(CharacterLoaderTest, OnlyVisibleLuaFilesDirectlyInsideAreCandidatesInByteOrder) {
  cast.write("b.lua", minimal("b"));
  cast.write("B.lua", minimal("B"));
  cast.write("a.lua", minimal("a"));
  cast.write(".hidden.lua", minimal("hidden"));
  cast.write("notes.txt", "no");
  cast.write("upper.LUA", minimal("upper"));
  cast.write("Mixed.Lua", minimal("mixed"));
  cast.write(".lua", "no");
  cast.write("folder.lua/inside.lua", minimal("inside"));
  cast.write("resources/unused.lua", "this is not Lua");
  const auto set = load(cast.path());
  std::vector<std::string> names;
  for (const auto& character : set->characters()) names.push_back(character->name);
  EXPECT_THAT(names, ElementsAre("B", "mixed", "a", "b", "upper"));
  EXPECT_EQ(set->report().total_files, 5U);
}

TEST_P(CharacterLoaderTest, WhatIsNoRegularFileIsAnErrorAndNotAHang) {
  cast.write("good.lua", minimal("good"));
  ASSERT_EQ(::mkfifo(cast.path("fifo.lua").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", cast.path("device.lua"));
  std::filesystem::create_symlink("../outside.lua", cast.path("outside.lua"));
  std::filesystem::create_symlink("gone.lua", cast.path("dangling.lua"));
  std::filesystem::create_symlink("self.lua", cast.path("self.lua"));
  std::filesystem::create_symlink("text.txt", cast.path("link.lua"));
  std::filesystem::create_symlink(cast.path("text.txt"), cast.path("absolute.lua"));
  std::filesystem::create_symlink("folder/../text.txt", cast.path("roundabout.lua"));
  std::filesystem::create_symlink("folder/up/../text.txt", cast.path("outside-later.lua"));
  std::filesystem::create_directory(cast.path("folder"));
  std::filesystem::create_directory_symlink("..", cast.path("folder/up"));
  cast.write("text.txt", minimal("linked inside"));
  const auto set = load(cast.path());
  EXPECT_THAT(
      set->report().errors,
      ElementsAre(is("absolute.lua", 0, "escapes-directory"), is("dangling.lua", 0, "unreadable"),
                  is("device.lua", 0, "escapes-directory"), is("fifo.lua", 0, "not-a-regular-file"),
                  is("outside-later.lua", 0, "escapes-directory"), is("outside.lua", 0, "escapes-directory"),
                  is("roundabout.lua", 2, "duplicate-name"), is("self.lua", 0, "unreadable")));
  EXPECT_TRUE(set->find("linked inside"));
  EXPECT_TRUE(set->find("good"));
}

TEST_P(CharacterLoaderTest, AFileOfExactlyTheLimitLoadsAndOneByteMoreDoesNot) {
  const std::string text = minimal("full");
  LoadLimits limits;
  limits.file_bytes = text.size();
  cast.write("full.lua", text);
  cast.write("larger.lua", minimal("full!"));
  const auto set = load(cast.path(), limits);
  EXPECT_TRUE(set->find("full"));
  EXPECT_THAT(set->report().errors, ElementsAre(is("larger.lua", 0, "file-too-large")));
}

TEST_P(CharacterLoaderTest, WhatLiesPastTheLimitOfFilesCountsAsOneError) {
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    cast.write(std::string(name) + ".lua", minimal(name));
  LoadLimits limits;
  limits.candidates = 2;
  const auto set = load(cast.path(), limits);
  EXPECT_THAT(set->characters(), SizeIs(2));
  EXPECT_THAT(set->report().errors, ElementsAre(is("c.lua", 0, "too-many-files")));
  EXPECT_THAT(set->report().errors[0].message, HasSubstr("5 files more"));
  EXPECT_EQ(set->report().total_files, 3U);
}

TEST_P(CharacterLoaderTest, TheFilesOfADirectoryHaveALimitTogether) {
  cast.write("a.lua", minimal("a"));
  cast.write("b.lua", minimal("b"));
  cast.write("c.lua", minimal("c"));
  LoadLimits limits;
  limits.directory_bytes = 2 * minimal("a").size();
  const auto set = load(cast.path(), limits);
  EXPECT_THAT(set->report().errors, ElementsAre(is("c.lua", 0, "directory-too-large")));
}

TEST_P(CharacterLoaderTest, AllScriptsOfALoadShareOneBudget) {
  for (const char* name : {"a", "b", "c"}) cast.write(std::string(name) + ".lua", "while true do end");
  cast.write("d.lua", minimal("d"));
  LoadLimits limits;
  limits.script_cpu = std::chrono::milliseconds(20);
  const auto set = load(cast.path(), limits);
  ASSERT_THAT(set->report().errors, SizeIs(4));
  for (const Diagnostic& error : set->report().errors) EXPECT_EQ(error.code, "script-timeout") << error.file;
  EXPECT_THAT(set->report().errors.back().message, HasSubstr("was not run"));
}

TEST_P(CharacterLoaderTest, ALackOfMemoryForScriptsFailsTheWholeLoad) {
  for (const char* name : {"a", "b", "c"}) cast.write(std::string(name) + ".lua", minimal(name));
  const std::size_t all = 256U << 20U;
  ASSERT_TRUE(budget->take(all));
  const auto failed = loader().load(cast.path());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "service_at_capacity");
  budget->give_back(all);
  EXPECT_EQ(load(cast.path())->report().loaded, 3U);
}

TEST_P(CharacterLoaderTest, ATimeoutIsNotRemembered) {
  cast.write("a.lua", "while true do end");
  cast.write("z.lua", minimal("z"));
  LoadLimits limits;
  limits.script_cpu = std::chrono::milliseconds(10);
  EXPECT_FALSE(load(cast.path(), limits)->find("z"));
  cast.write("a.lua", minimal("a"));
  const auto set = load(cast.path());
  EXPECT_TRUE(set->find("a"));
  EXPECT_TRUE(set->find("z"));
}

TEST_P(CharacterLoaderTest, ABrokenResourceFailsOnlyWhatRequiresIt) {
  cast.write("asks.lua", "local r = require 'big'\nreturn {}");
  cast.write("indirect.lua", "\nlocal r = require(\"middle\")\nreturn {}");
  cast.write("fails.lua", "local r = require 'raises'\nreturn {}");
  cast.write("circle.lua", "local r = require 'one'\nreturn {}");
  cast.write("does-not.lua", minimal("does not"));
  cast.write("resources/big.lua", std::string(70'000, ' '));
  cast.write("resources/middle.lua", "return require 'nowhere'");
  cast.write("resources/raises.lua", "\n\nerror('on purpose')");
  cast.write("resources/one.lua", "return require 'two'");
  cast.write("resources/two.lua", "return require 'one'");
  const auto set = load(cast.path());
  EXPECT_TRUE(set->find("does not"));
  EXPECT_THAT(set->report().errors,
              ElementsAre(is("asks.lua", 1, "resource-not-found"), is("circle.lua", 1, "resource-cycle"),
                          is("fails.lua", 1, "script-error"), is("indirect.lua", 2, "resource-not-found")));
  EXPECT_THAT(set->report().errors[0].message, HasSubstr("file-too-large"));
  EXPECT_THAT(set->report().errors[2].message, HasSubstr("resources/raises.lua:3: on purpose"));
}

TEST_P(CharacterLoaderTest, ResourcesThatLeadOutAreNotRead) {
  TemporaryFolder elsewhere;
  elsewhere.write("secret.lua", "return 'secret'");
  cast.write("a.lua", "local r = require 'secret'\nreturn {}");
  std::filesystem::create_directory_symlink(elsewhere.path(), cast.path("resources"));
  const auto set = load(cast.path());
  EXPECT_THAT(set->report().errors, ElementsAre(is("a.lua", 1, "resource-not-found")));
}

TEST_P(CharacterLoaderTest, ResourcesMayBeLinksInsideAndHaveTheirExtensionInAnyCase) {
  cast.write("a.lua", minimal("a", "greeting = require 'linked' .. require 'SHOUTING' .. require 'both',"));
  cast.write("shared/linked.lua", "return 'linked '");
  std::filesystem::create_symlink("../shared/linked.lua", cast.path("shared/again.lua"));
  std::filesystem::create_directory(cast.path("resources"));
  std::filesystem::create_symlink("../shared/again.lua", cast.path("resources/linked.lua"));
  cast.write("resources/SHOUTING.LUA", "return 'loud '");
  cast.write("resources/both.LUA", "return 'other'");
  cast.write("resources/both.lua", "return 'usual'");
  const auto set = load(cast.path());
  ASSERT_TRUE(set->find("a")) << set->report().errors.at(0).message;
  EXPECT_EQ(set->find("a")->greeting, "linked loud usual");
}

TEST_P(CharacterLoaderTest, KnownBytesAreTheSameCharacterAndEditedOnesAreNot) {
  cast.write("a.lua", minimal("a"));
  cast.write("b.lua", minimal("b"));
  const auto first = load(cast.path());
  const auto second = load(cast.path());
  EXPECT_EQ(first->find("a"), second->find("a"));

  const auto time = std::filesystem::last_write_time(cast.path("a.lua"));
  std::string edited = minimal("a");
  edited.replace(edited.find("brief"), 5, "crisp");
  cast.write("a.lua", edited);
  std::filesystem::last_write_time(cast.path("a.lua"), time);  // a time stamp decides nothing
  const auto third = load(cast.path());
  EXPECT_EQ(third->find("a")->instructions.text, "Be crisp.");
  EXPECT_EQ(first->find("a")->instructions.text, "Be brief.");
  EXPECT_EQ(third->find("b"), first->find("b"));
}

TEST_P(CharacterLoaderTest, AnEditedResourceMakesAnotherCharacter) {
  cast.write("a.lua", "local word = require 'word'\n" + minimal("a", "greeting = word,"));
  cast.write("resources/word.lua", "return 'one'");
  const auto first = load(cast.path());
  cast.write("resources/word.lua", "return 'two'");
  EXPECT_EQ(load(cast.path())->find("a")->greeting, "two");
  EXPECT_EQ(first->find("a")->greeting, "one");
}

TEST_P(CharacterLoaderTest, EqualCastsOfDifferentDirectoriesAreHeldOnceAndFreedWithTheLastSet) {
  TemporaryFolder other;
  for (const auto* directory : {&cast, &other}) {
    directory->write("a.lua", minimal("a"));
    directory->write("resources/r.lua", "return 1");
  }
  auto first = load(cast.path()), second = load(other.path());
  EXPECT_EQ(first->find("a"), second->find("a"));
  EXPECT_EQ(store->size(), 1U);
  first.reset();
  EXPECT_EQ(store->size(), 1U);
  second.reset();
  EXPECT_EQ(store->size(), 0U);
}

TEST_P(CharacterLoaderTest, AnyNumberOfThreadsMayLoadAtOnce) {
  for (int i = 0; i < 5; ++i) cast.write(std::to_string(i) + ".lua", minimal(std::to_string(i)));
  const CharacterLoader shared = loader();
  std::vector<CharacterSetPtr> sets(4);
  {
    std::vector<std::jthread> threads;
    for (auto& set : sets) {
      threads.emplace_back([&] {
        for (int round = 0; round < 10; ++round) set = *shared.load(cast.path());
      });
    }
  }
  for (const auto& set : sets) EXPECT_EQ(set->find("3"), sets[0]->find("3"));
  EXPECT_EQ(store->size(), 5U);
}

TEST_P(CharacterLoaderTest, AStoppedLoadGivesNothing) {
  cast.write("a.lua", minimal("a"));
  std::stop_source stop;
  stop.request_stop();
  const auto set = loader().load(cast.path(), stop.get_token());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, "character_reload_failed");
}

TEST_P(CharacterLoaderTest, DirectoriesThatCannotBeOpened) {
  cast.write("file", "");
  EXPECT_EQ(loader().load(cast.path("gone")).error().code, "directory_not_found");
  EXPECT_EQ(loader().load(cast.path("file")).error().code, "invalid_directory_format");
}

TEST_P(CharacterLoaderTest, NamesOfFilesThatAreNotUtf8AreToldReadably) {
  cast.write("\xFF.lua", minimal("a"));
  EXPECT_THAT(load(cast.path())->report().errors, ElementsAre(is("\uFFFD.lua", 0, "not-utf8")));
}

TEST_P(CharacterLoaderTest, CheckTellsAllAndLoadTellsTheFirst) {
  cast.write("a.lua", "return {\n  nmae = 'a',\n  voice = 3,\n}");
  const auto report = loader().check(cast.path());
  ASSERT_TRUE(report);
  EXPECT_THAT(report->diagnostics,
              ElementsAre(is("a.lua", 1, "missing-field"), is("a.lua", 1, "missing-field"),
                          is("a.lua", 2, "unknown-field"), is("a.lua", 3, "invalid-field")));
  EXPECT_EQ(report->diagnostics[2].help, "did you mean 'name'?");
  EXPECT_THAT(load(cast.path())->report().errors, ElementsAre(is("a.lua", 1, "missing-field")));
}

TEST_P(CharacterLoaderTest, CheckOfOneFileUsesTheResourcesBesideIt) {
  cast.write("resources/word.lua", "return 'hello'");
  cast.write("other.lua", "not Lua");
  const auto report = loader().check_file(cast.path(), "draft.lua",
                                          "local w = require 'word'\n" + minimal("a", "greeting = w,"));
  ASSERT_TRUE(report);
  EXPECT_THAT(report->diagnostics, IsEmpty());
  ASSERT_THAT(report->characters, SizeIs(1));
  EXPECT_EQ(report->characters[0]->greeting, "hello");
}

}  // namespace
}  // namespace unmuted
