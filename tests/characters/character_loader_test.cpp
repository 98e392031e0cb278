#include "characters/character_loader.hpp"

#include <algorithm>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/characters_test_support.hpp"

namespace unmuted {
namespace {

using test::cast_path;
using test::minimal;
using test::TemporaryDirectory;
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

class CharacterLoaderTest : public testing::Test, protected test::LoaderFixture {
 protected:
  CharacterSetPtr load(const std::string& path, const LoadLimits& limits = {}) {
    const auto set = loader(limits).load(path);
    EXPECT_TRUE(set) << set.error().code << ": " << set.error().message;
    return set ? *set : nullptr;
  }

  TemporaryDirectory cast;
};

TEST_F(CharacterLoaderTest, LoadsTheDefaultCastWithoutAnyProblem) {
  const auto set = load(UNMUTED_SOURCE_DIR "/characters");
  EXPECT_GE(set->characters().size(), 10U);
  for (const auto* list : {&set->report().errors, &set->report().warnings}) {
    for (const Diagnostic& d : *list)
      ADD_FAILURE() << d.file << ":" << d.line << " " << d.code << " " << d.message;
  }
}

TEST_F(CharacterLoaderTest, PartialSuccessIsSuccessAndEachFailureHasItsPlace) {
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

}  // namespace
}  // namespace unmuted
