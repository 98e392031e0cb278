#include "characters/character_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

using test::cast_path;

class CharacterManagerTest : public testing::Test, protected test::LoaderFixture {
 protected:
  ScriptInstancePtr instance(const CharacterManager& of, const char* name) {
    const CharacterPtr character = of.find(name);
    InstanceOptions options;
    options.module_name = of.module_name(*character);
    options.budget = budget;
    options.registry = registry;
    options.base_prompt = [](std::string_view text, std::string_view) { return std::string(text); };
    return *ScriptInstance::create(character, options);
  }

  DirectoryPolicy policy = DirectoryPolicy::allow_any();
  std::shared_ptr<ModuleRegistry> registry = std::make_shared<ModuleRegistry>();
};

TEST_F(CharacterManagerTest, NamesModulesAfterItsSession) {
  const CharacterManager one("abc", *loader().load(cast_path("alpha")));
  EXPECT_EQ(one.module_prefix(), "session_abc.characters");
  EXPECT_EQ(one.module_name(*one.find("Charles")), "session_abc.characters.charles");
}

TEST_F(CharacterManagerTest, AReloadOfOneIsNotSeenByAnother) {
  CharacterManager one("one", *loader().load(cast_path("alpha")));
  CharacterManager two("two", *loader().load(cast_path("alpha")));
  EXPECT_EQ(one.find("Charles"), two.find("Charles"));
  ASSERT_TRUE(one.reload(loader(), policy, cast_path("beta")));
  EXPECT_EQ(one.find("Charles")->comment, "Charles of beta");
  EXPECT_EQ(two.find("Charles")->comment, "Charles of alpha");
  EXPECT_EQ(one.current_directory(), cast_path("beta"));
  EXPECT_FALSE(one.find("Anna"));
}

TEST_F(CharacterManagerTest, AFailedReloadChangesNothing) {
  CharacterManager it("one", *loader().load(cast_path("alpha")));
  it.activate(instance(it, "Charles"));
  const auto before = it.active();
  for (const auto& [path, code] : {std::pair{cast_path("gone"), "directory_not_found"},
                                   {cast_path("empty"), "no_valid_characters"},
                                   {cast_path("wholly-broken"), "no_valid_characters"},
                                   {std::string("relative"), "invalid_directory_format"}}) {
    const auto failed = it.reload(loader(), policy, path);
    ASSERT_FALSE(failed) << path;
    EXPECT_EQ(failed.error().error.code, code);
    EXPECT_EQ(it.current_directory(), cast_path("alpha"));
    EXPECT_EQ(it.active(), before);
    EXPECT_FALSE(before->dead());
  }
  const auto broken = it.reload(loader(), policy, cast_path("wholly-broken"));
  EXPECT_EQ(broken.error().report.errors.size(), 3U);
  EXPECT_EQ(broken.error().error.message,
            "No valid characters found in directory: " + cast_path("wholly-broken"));
}

TEST_F(CharacterManagerTest, AReloadAndAnotherChoiceEndTheActiveInstance) {
  CharacterManager it("one", *loader().load(cast_path("alpha")));
  it.activate(instance(it, "Charles"));
  const auto charles = it.active();
  it.activate(instance(it, "Anna"));
  EXPECT_TRUE(charles->dead());
  const auto anna = it.active();
  ASSERT_TRUE(it.reload(loader(), policy, cast_path("alpha")));
  EXPECT_TRUE(anna->dead());
  EXPECT_FALSE(it.active());
}

TEST_F(CharacterManagerTest, ItsEndLeavesNothing) {
  {
    CharacterManager it("one", *loader().load(cast_path("alpha")));
    it.activate(instance(it, "Charles"));
    EXPECT_EQ(registry->names(), std::vector<std::string>{"session_one.characters.charles"});
  }
  EXPECT_EQ(registry->size(), 0U);
  EXPECT_EQ(store->size(), 0U);
  EXPECT_EQ(budget->used(), 0U);
}

}  // namespace
}  // namespace unmuted
