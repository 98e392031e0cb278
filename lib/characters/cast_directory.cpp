#include "characters/cast_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

UniqueFd open_at(int directory, const char* name, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_RDONLY | O_CLOEXEC);
  how.resolve = resolve;
  // EAGAIN: a rename elsewhere raced with the walk, so the kernel could not tell. EINTR: a signal.
  for (int attempt = 0; attempt < 16; ++attempt) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return UniqueFd(fd);
  }
  return UniqueFd();
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> directory_error(int error, const std::string& directory) {
  const std::string path = printable(directory);
  switch (error) {
    case ENOENT:
    case ELOOP:
      return fail("directory_not_found", "Character directory not found: " + path, path);
    case EACCES:
    case EPERM:
      return fail("directory_not_readable", "Character directory is not readable: " + path, path);
    case ENOTDIR:
      return fail("invalid_directory_format", "Invalid directory format: " + path, path);
    default:
      return fail("character_reload_failed",
                  "Character directory cannot be read: " + path + ": " + reason(error), path);
  }
}

tl::unexpected<FileProblem> file_problem(int error) {
  switch (error) {
    case EXDEV:
      return tl::unexpected(FileProblem{"escapes-directory", "a symbolic link leads out of the directory",
                                        "copy the file, or use a relative link that stays inside"});
    case ELOOP:
      return tl::unexpected(
          FileProblem{"unreadable", "its symbolic links lead in a circle", "copy the file"});
    case ENOENT:
      return tl::unexpected(FileProblem{"unreadable", "there is no such file, or it is a broken link", ""});
    case ENXIO:
      return tl::unexpected(
          FileProblem{"not-a-regular-file", "this is a socket or a device, not a file", ""});
    case EACCES:
    case EPERM:
      return tl::unexpected(FileProblem{"unreadable", "the server may not read it: permission denied",
                                        "make it readable for the user that the server runs as"});
    default:
      return tl::unexpected(FileProblem{"unreadable", "it cannot be read: " + reason(error), ""});
  }
}

tl::unexpected<FileProblem> not_a_regular_file() {
  return tl::unexpected(
      FileProblem{"not-a-regular-file", "this is a folder, a FIFO or a device, not a file", ""});
}

tl::unexpected<FileProblem> too_large(std::size_t max_bytes) {
  return tl::unexpected(FileProblem{"file-too-large",
                                    "it is larger than " + std::to_string(max_bytes) + " bytes",
                                    "move long lists into files in resources/"});
}

bool has_script_name(std::string_view name) {
  return name.size() > 4 && name.ends_with(".lua") && name.front() != '.';
}

// Only what is itself a folder; a link is opened and judged by what it leads to.
bool is_folder(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status {};
  return ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/// Keeps the first `limit` names in byte order of any number that come.
class FirstNames {
 public:
  explicit FirstNames(std::size_t limit) : kept_(limit + 1) {}

  void add(const char* name) {
    ++seen_;
    names_.emplace_back(name);
    if (names_.size() >= 2 * kept_) cut();
  }

  CastDirectory::Listing take() {
    cut();
    std::sort(names_.begin(), names_.end());
    CastDirectory::Listing listing;
    if (names_.size() == kept_) {
      listing.first_omitted = std::move(names_.back());
      names_.pop_back();
    }
    listing.omitted = seen_ - names_.size();
    listing.names = std::move(names_);
    return listing;
  }

 private:
  void cut() {
    if (names_.size() <= kept_) return;
    const auto end = names_.begin() + static_cast<std::ptrdiff_t>(kept_);
    std::nth_element(names_.begin(), end - 1, names_.end());
    names_.erase(end, names_.end());
  }

  std::size_t kept_;
  std::size_t seen_ = 0;
  std::vector<std::string> names_;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<CastDirectory::Listing> list(UniqueFd fd, std::size_t limit, const std::stop_token& stop) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (!directory)
    return fail("character_reload_failed", "Character directory cannot be listed: " + reason(errno));
  fd.release();

  FirstNames names(limit);
  while (true) {
    if (stop.stop_requested()) return fail("character_reload_failed", "The load was abandoned.");
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    if (has_script_name(entry->d_name) && !is_folder(::dirfd(directory.get()), *entry))
      names.add(entry->d_name);
  }
  if (errno != 0)
    return fail("character_reload_failed", "Character directory cannot be listed: " + reason(errno));
  return names.take();
}

}  // namespace

Result<CastDirectory> CastDirectory::open(const std::string& directory) {
  UniqueFd fd = open_at(AT_FDCWD, directory.c_str(), O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (!fd) return directory_error(errno, directory);
  return CastDirectory(std::move(fd));
}

Result<CastDirectory::Listing> CastDirectory::list_scripts(std::size_t limit,
                                                           const std::stop_token& stop) const {
  return list_scripts_in(".", limit, stop);
}

Result<CastDirectory::Listing> CastDirectory::list_scripts_in(const char* name, std::size_t limit,
                                                              const std::stop_token& stop) const {
  // Opened anew for each listing: a duplicate would share, and move, the position of the descriptor.
  UniqueFd fd = open_at(fd_.get(), name, O_DIRECTORY, beneath);
  if (!fd && errno == ENOENT) return Listing{};
  if (!fd) return fail("character_reload_failed", std::string(name) + " cannot be listed: " + reason(errno));
  return list(std::move(fd), limit, stop);
}

tl::expected<std::string, FileProblem> CastDirectory::read(const std::string& name,
                                                           std::size_t max_bytes) const {
  // O_NONBLOCK: opening a FIFO would wait for a writer, opening a tape or a modem for the device.
  const UniqueFd fd = open_at(fd_.get(), name.c_str(), O_NONBLOCK | O_NOCTTY, beneath);
  if (!fd) return file_problem(errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return file_problem(errno);
  if (!S_ISREG(status.st_mode)) return not_a_regular_file();
  if (status.st_size > static_cast<off_t>(max_bytes)) return too_large(max_bytes);

  // One byte more than it should have: a short read then is the end of the file, without another call.
  std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t length = 0;
  while (true) {
    const ssize_t count = ::read(fd.get(), bytes.data() + length, bytes.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_problem(errno);
    length += static_cast<std::size_t>(count);
    if (length < bytes.size()) break;
    if (length > max_bytes) return too_large(max_bytes);  // it grew while it was read
    bytes.resize(std::min(2 * bytes.size(), max_bytes + 1));
  }
  bytes.resize(length);
  return bytes;
}

}  // namespace unmuted
