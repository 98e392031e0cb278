#include "characters/directory_policy.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

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

/// The path without links, "." and ".."; nothing, and errno, when some part of it is not there or not
/// accessible.
std::optional<std::string> real_path(const std::string& path) {
  struct Free {
    void operator()(char* memory) const { std::free(memory); }  // realpath allocates with malloc
  };
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  if (!real) return std::nullopt;
  return std::string(real.get());
}

bool is_within(std::string_view path, std::string_view root) {
  if (root == "/" || path == root) return true;
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

/// The real path of the longest beginning of `path` that there is.
std::string existing_part(std::string path) {
  while (path.size() > 1) {
    if (const auto real = real_path(path)) return *real;
    path.resize(path.rfind('/'));
  }
  return "/";
}

tl::unexpected<Error> explain(int error, std::string_view path) {
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
  const std::string path(requested);
  const auto real = real_path(path);
  const int error = errno;

  // Judged before anything is told about what is there. Roots are looked up each time: a link that an
  // operator turns to a new release counts at once.
  if (roots_) {
    const std::string place = real ? *real : existing_part(path);
    const bool inside = std::any_of(roots_->begin(), roots_->end(), [&](const std::string& root) {
      const auto real_root = real_path(root);
      return real_root && is_within(place, *real_root);
    });
    const bool is_default = real && *real == default_directory;
    if (!inside && !is_default) return not_allowed(requested);
  }
  if (!real) return explain(error, requested);

  struct stat status {};
  if (::stat(real->c_str(), &status) != 0) return explain(errno, requested);
  if (!S_ISDIR(status.st_mode)) return invalid_format(requested);
  if (::eaccess(real->c_str(), R_OK | X_OK) != 0) return explain(errno, requested);
  return *real;
}

}  // namespace unmuted
