// Which directories a session may have, for any path: what is allowed is a directory beneath the roots, of
// which the real path is given, and a path of 4 KB costs little wherever it leads.
//
// The input is the path; a byte 1 in it stands for the folder in which there is something to find.

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include "characters/directory_policy.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;
using namespace unmuted;

/// A folder with all kinds of things in it, for this process.
class Place {
 public:
  Place() : path_(fs::canonical(fs::temp_directory_path()) / ("unmuted_fuzz_" + std::to_string(::getpid()))) {
    for (const char* folder : {"root/cast", "root/ü", "root-other", "outside/cast"})
      fs::create_directories(path_ / folder);
    fs::create_symlink(path_ / "outside", path_ / "root/out");
    fs::create_symlink("../root/cast", path_ / "outside/in");
    fs::create_symlink("loop", path_ / "root/loop");
    fs::create_symlink("gone", path_ / "root/dangling");
    fs::create_symlink("/", path_ / "root/slash");
    fs::create_symlink("cast", path_ / "root/file");
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string requested(std::string_view input, const std::string& place) {
  std::string path;
  for (const char c : input) {
    if (c == '\x01')
      path += place;
    else
      path += c;
    if (path.size() > 5'000) break;
  }
  return path;
}

/// What realpath says, which is the judge of it.
std::string real_path(const std::string& path) {
  char* const real = path.find('\0') == std::string::npos ? ::realpath(path.c_str(), nullptr) : nullptr;
  const std::string result = real == nullptr ? "" : real;
  std::free(real);
  return result;
}

void check_error(const Error& error) {
  FUZZ_CHECK(error.code.starts_with("directory_") || error.code == "invalid_directory_format");
  FUZZ_CHECK(error.code != "directory_read_failed");
  FUZZ_CHECK(printable(error.message) == error.message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  const std::string path = requested(fuzz::text_of(data, size), place.path());
  const std::string root = place.path() + "/root";

  const auto any = DirectoryPolicy::allow_any().resolve(path);
  if (any) FUZZ_CHECK(*any == real_path(path));
  if (!any) check_error(any.error());

  const auto allowed = DirectoryPolicy::beneath({root}).resolve(path);
  if (allowed) FUZZ_CHECK(any && *allowed == *any && (*allowed == root || allowed->starts_with(root + "/")));
  if (!allowed) check_error(allowed.error());
  if (any && !allowed)
    FUZZ_CHECK(allowed.error().code == "directory_not_allowed" && !any->starts_with(root + "/"));
  return 0;
}
