#include "probe/work_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

namespace unmuted::probe {
namespace fs = std::filesystem;
namespace {

tl::unexpected<Error> failed(const std::string& what, const std::error_code& error) {
  return fail("file_failed", what + ": " + error.message());
}

bool lies_in(const fs::path& place, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), place.begin(), place.end()).first ==
         directory.end();
}

/// Whether copying `directory` to `place` has an end: it follows links, and finds what it has just copied.
/// `above` are the directories on the way to it.
Result<void> check_ends(const fs::path& directory, const fs::path& place, std::vector<fs::path>& above) {
  const auto unread = [&](const std::error_code& error) {
    return failed("cannot read the directory " + directory.string(), error);
  };
  std::error_code error;
  const fs::path real = fs::canonical(directory, error);
  if (error) return unread(error);
  if (lies_in(place, real)) {
    return fail("file_failed", "cannot copy " + directory.string() + " to " + place.string() +
                                   ", which lies in it: the copy would never end");
  }
  if (std::find(above.begin(), above.end(), real) != above.end()) {
    return fail("file_failed", directory.string() + " leads back to " + real.string() +
                                   ", above it: a copy would never end");
  }
  above.push_back(real);
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;  // a link to nowhere: the copy itself says so
    if (!at->is_directory(unknown)) continue;
    if (auto ends = check_ends(at->path(), place, above); !ends) return ends;
  }
  above.pop_back();
  if (error) return unread(error);
  return {};
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
  if (fs::is_directory(from, error)) {
    std::vector<fs::path> above;
    if (auto ends = check_ends(from, *place, above); !ends) return ends;
  }
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
