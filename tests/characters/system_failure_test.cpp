/// What a load comes to when the machine fails while a directory is read: the whole of it fails, and never is
/// a cast only smaller.
#include <cerrno>
#include <filesystem>
#include <thread>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "characters/character_manager.hpp"
#include "characters/characters_test_support.hpp"
#include "support/refuse_openat2.hpp"

namespace unmuted {
namespace {

namespace fs = std::filesystem;
using test::minimal;
using testing::HasSubstr;

constexpr std::size_t characters = 5;

class SystemFailure : public testing::TestWithParam<WayOfOpening>, protected test::LoaderFixture {
 protected:
  SystemFailure() {
    way = GetParam();
    for (std::size_t i = 0; i < characters; ++i) {
      const std::string name = std::string(1, static_cast<char>('a' + i)) + ".lua";
      for (const auto& folder : {std::string("plain/"), std::string("published/version/")})
        place.write(folder + name, "local word = require 'word'\n" + minimal(name));
      fs::create_symlink("..data/" + name, place.path("published/" + name));
    }
    place.write("plain/resources/word.lua", "return 1");
    place.write("published/version/resources/word.lua", "return 1");
    fs::create_directory_symlink("version", place.path("published/..data"));
    fs::create_directory_symlink("..data/resources", place.path("published/resources"));
  }

  /// All characters, or a failure of the machine. Gives whether it was all.
  bool loads_all_or_fails(const std::string& directory) {
    const auto set = load_cast(loader(), DirectoryPolicy::beneath({place.path()}), place.path(directory), {});
    if (set) {
      EXPECT_EQ((*set)->characters().size(), characters);
      return true;
    }
    EXPECT_EQ(set.error().error.code, "directory_read_failed") << set.error().error.message;
    return false;
  }

  test::TemporaryFolder place;
};

INSTANTIATE_TEST_SUITE_P(Either, SystemFailure, testing::ValuesIn(test::ways_of_opening()),
                         testing::PrintToStringParamName());

#if defined(__SANITIZE_ADDRESS__)
constexpr bool checks_need_descriptors = true;  // UBSan opens a pipe to see whether memory can be read
#else
constexpr bool checks_need_descriptors = false;
#endif

/// Lets this process have `count` descriptors more than it has, as long as it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(STDIN_FILENO));
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(next.get()) + count;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_P(SystemFailure, AShortageOfDescriptorsFailsTheWholeLoad) {
  if (checks_need_descriptors) GTEST_SKIP() << "the sanitizer opens descriptors of its own";
  for (const char* directory : {"plain", "published"}) {
    bool failed = false, loaded = false;
    for (unsigned count = 0; count < 12; ++count) {
      const FewDescriptors few(count);
      (loads_all_or_fails(directory) ? loaded : failed) = true;
    }
    EXPECT_TRUE(failed && loaded) << directory;
  }
}

TEST_P(SystemFailure, AnErrorOfTheDiskOrOfMemoryFailsTheWholeLoad) {
  for (const unsigned call : {SYS_openat2, SYS_openat, SYS_newfstatat, SYS_fstat, SYS_readlinkat,
                              SYS_readlink, SYS_getdents64, SYS_read, SYS_stat}) {
    for (const int error : {EIO, ENOMEM, ENFILE}) {
      bool refused = false;
      std::thread([&] {
        refused = test::refuse_call(call, error);
        if (refused) {
          loads_all_or_fails("plain");
          loads_all_or_fails("published");
        }
      }).join();
      if (!refused) GTEST_SKIP() << "no seccomp filters here";
      if (HasFailure()) FAIL() << "call " << call << ", error " << error;
    }
  }
}

TEST_P(SystemFailure, IsToldWithItsReasonAndChangesNothing) {
  if (checks_need_descriptors) GTEST_SKIP() << "the sanitizer opens descriptors of its own";
  CharacterManager manager("one", *loader().load(place.path("plain")));
  const FewDescriptors none(0);
  const auto failed = manager.reload(loader(), DirectoryPolicy::allow_any(), place.path("published"));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().error.message, HasSubstr("open files"));
  EXPECT_EQ(manager.current_directory(), place.path("plain"));
  EXPECT_EQ(manager.set().characters().size(), characters);
}

}  // namespace
}  // namespace unmuted
