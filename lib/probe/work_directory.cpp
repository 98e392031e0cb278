#include "probe/work_directory.hpp"

#include <cstdlib>
#include <fstream>
#include <system_error>

namespace unmuted::probe {
namespace fs = std::filesystem;
namespace {

tl::unexpected<Error> failed(const std::string& what, const std::error_code& error) {
  return fail("file_failed", what + ": " + error.message());
}

}  // namespace

Result<WorkDirectory> WorkDirectory::create() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "wsprobe-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return fail("work_directory_failed",
                "cannot make a directory like " + name + "; set TMPDIR to one that may be written");
  }
  return WorkDirectory(fs::canonical(name));
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

Result<void> WorkDirectory::write(const std::string& path, const std::string& text) const {
  const auto place = inside(path);
  if (!place) return tl::unexpected(place.error());
  std::error_code error;
  fs::create_directories(place->parent_path(), error);
  if (error) return failed("cannot make the directory of " + place->string(), error);
  std::ofstream out(*place, std::ios::binary);
  out << text;
  out.close();
  if (!out) return fail("file_failed", "cannot write " + place->string());
  return {};
}

Result<void> WorkDirectory::copy(const std::string& from, const std::string& to) const {
  const auto place = inside(to);
  if (!place) return tl::unexpected(place.error());
  std::error_code error;
  fs::create_directories(place->parent_path(), error);
  fs::copy(from, *place, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  if (error) return failed("cannot copy " + from + " to " + place->string(), error);
  return {};
}

Result<void> WorkDirectory::remove(const std::string& path) const {
  const auto place = inside(path);
  if (!place) return tl::unexpected(place.error());
  std::error_code error;
  fs::remove_all(*place, error);
  if (error) return failed("cannot remove " + place->string(), error);
  return {};
}

Result<fs::path> WorkDirectory::inside(const std::string& path) const {
  std::error_code error;
  const fs::path place = fs::weakly_canonical(path_ / path, error);
  const fs::path relative = place.lexically_relative(path_);
  if (error || relative.empty() || relative == "." || *relative.begin() == "..") {
    return fail("outside_work_directory",
                path + " is not beneath ${TMP}, and only there may a scenario change files");
  }
  return place;
}

}  // namespace unmuted::probe
