#include "characters/directory_policy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "characters/files/system_failure.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::size_t max_path_bytes = 4'095;

tl::unexpected<Error> refuse(std::string_view code, std::string_view message, std::string_view path) {
  std::string shown = printable(path);
  if (path.size() > max_path_bytes) shown = shorten(shown, 300);
  return fail(std::string(code), std::string(message) + ": " + shown, shown);
}

tl::unexpected<Error> invalid_format(std::string_view path) {
  return refuse("invalid_directory_format", "Invalid directory format", path);
}
tl::unexpected<Error> not_found(std::string_view path) {
  return refuse("directory_not_found", "Character directory not found", path);
}
tl::unexpected<Error> not_readable(std::string_view path) {
  return refuse("directory_not_readable", "Character directory is not readable", path);
}
tl::unexpected<Error> not_allowed(std::string_view path) {
  return refuse("directory_not_allowed", "Character directory is not allowed", path);
}

bool is_well_formed(std::string_view path) {
  return path.starts_with('/') && path.size() <= max_path_bytes &&
         path.find('\0') == std::string_view::npos && is_utf8(path);
}

/// How far a path leads.
struct Way {
  std::string place;  ///< the path without links, "." and "..": of the longest beginning of it that is there
  int error = 0;      ///< why it leads no further; 0 when that is all of it
};

/// What realpath does, but in one walk also for a path that leads nowhere: one of 4 KB may have a thousand
/// parts, and must not cost a walk for each of them.
class PathWalk {
 public:
  explicit PathWalk(std::string_view path) : rest_(path) {}

  Way walk() {
    while (way_.error == 0 && at_ < rest_.size()) {
      const std::size_t end = std::min(rest_.find('/', at_), rest_.size());
      const std::string part = rest_.substr(at_, end - at_);
      at_ = end + 1;
      if (!part.empty()) enter(part);
    }
    if (way_.place.empty()) way_.place = "/";
    return std::move(way_);
  }

 private:
  static constexpr int max_links = 40;  ///< as the kernel's

  void enter(const std::string& part) {
    std::array<char, PATH_MAX> target;
    const std::string next = way_.place + "/" + part;
    const ssize_t length = ::readlink(next.c_str(), target.data(), target.size());
    if (length >= 0) return follow({target.data(), static_cast<std::size_t>(length)});
    if (errno != EINVAL) {
      way_.error = errno;
    } else if (part == "..") {
      way_.place.resize(way_.place.empty() ? 0 : way_.place.rfind('/'));
    } else if (part != ".") {
      way_.place = next;
    }
  }

  void follow(std::string_view target) {
    if (++links_ > max_links) {
      way_.error = ELOOP;
      return;
    }
    if (target.starts_with('/')) way_.place.clear();
    rest_.replace(0, std::min(at_, rest_.size()), std::string(target) + "/");
    at_ = 0;
  }

  Way way_;  ///< until the end the root is an empty place
  std::string rest_;
  std::size_t at_ = 0;  ///< what of the rest comes next
  int links_ = 0;
};

Way follow(std::string_view path) {
  return PathWalk(path).walk();
}

bool is_within(std::string_view path, std::string_view root) {
  if (root == "/" || path == root) return true;
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

tl::unexpected<Error> explain(int error, std::string_view path) {
  if (is_system_failure(error)) return directory_read_failed(error, path);
  if (error == EACCES || error == EPERM) return not_readable(path);
  if (error == ENAMETOOLONG || error == ENOTDIR) return invalid_format(path);
  return not_found(path);
}

}  // namespace

DirectoryPolicy DirectoryPolicy::allow_any() {
  return {};
}

DirectoryPolicy DirectoryPolicy::beneath(std::vector<std::string> roots) {
  DirectoryPolicy policy;
  for (std::string& root : roots) root = std::filesystem::absolute(root).lexically_normal().string();
  policy.roots_ = std::move(roots);
  return policy;
}

Result<std::string> DirectoryPolicy::resolve(std::string_view requested,
                                             std::string_view default_directory) const {
  if (!is_well_formed(requested)) return invalid_format(requested);
  const Way way = follow(requested);

  if (way.error == ENOMEM) return explain(way.error, requested);  // of which no path is to blame

  // Judged before anything is told about what is there. Roots are looked up each time: a link that an
  // operator turns to a new release counts at once.
  const bool is_default = way.error == 0 && way.place == default_directory;
  if (roots_ && !is_default) {
    FailureNote note;
    const bool inside = std::any_of(roots_->begin(), roots_->end(), [&](const std::string& root) {
      const Way way_of_root = follow(root);
      note.take(way_of_root.error);
      return way_of_root.error == 0 && is_within(way.place, way_of_root.place);
    });
    if (!inside) return note.first() != 0 ? explain(note.first(), requested) : not_allowed(requested);
  }
  if (way.error != 0) return explain(way.error, requested);

  struct stat status {};
  if (::stat(way.place.c_str(), &status) != 0) return explain(errno, requested);
  if (!S_ISDIR(status.st_mode)) return invalid_format(requested);
  if (::eaccess(way.place.c_str(), R_OK | X_OK) != 0) return explain(errno, requested);
  return way.place;
}

}  // namespace unmuted
