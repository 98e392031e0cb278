#include "characters/files/open_beneath.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "characters/files/system_failure.hpp"

namespace unmuted {
namespace {

constexpr int always = O_RDONLY | O_CLOEXEC;
constexpr int max_attempts = 16;  ///< while others move things under way
constexpr int max_links = 40;     ///< as the kernel's

UniqueFd failed(int error) {
  errno = error;
  return UniqueFd();
}

UniqueFd open_by_kernel(int directory, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | always);
  how.resolve = resolve;
  // EAGAIN: a rename elsewhere raced with the walk, so the kernel could not tell. EINTR: a signal.
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const auto fd = static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return UniqueFd(fd);
  }
  return UniqueFd();
}

UniqueFd open_one(int directory, const std::string& name, int flags) {
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const int fd = ::openat(directory, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != EINTR) return UniqueFd(fd);
  }
  return UniqueFd();
}

/// What the link `name` says; nothing, and errno EINVAL, when it is no link.
std::optional<std::string> link_target(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(length));
}

/// One walk along a path. The folders on the way are held open, so that ".." is where we came from, and no
/// move of theirs can lead out.
class Walk {
 public:
  Walk(int start, bool follow_links) : start_(start), follow_links_(follow_links) {}

  UniqueFd open(const std::string& path, int flags) {
    if (path.empty()) return failed(ENOENT);
    prepend(path);
    while (!names_.empty()) {
      const std::string name = std::move(names_.front());
      names_.pop_front();
      if (name == ".") continue;
      if (name == "..") {
        if (folders_.empty()) return failed(EXDEV);
        folders_.pop_back();
      } else if (names_.empty()) {
        UniqueFd last = open_one(here(), name, flags | always);
        if (last || !go_through_link(name)) return last;
      } else if (UniqueFd folder = open_one(here(), name, O_PATH | O_DIRECTORY)) {
        folders_.push_back(std::move(folder));
      } else if (!go_through_link(name)) {
        return UniqueFd();
      }
    }
    return open_one(here(), ".", flags | always);
  }

 private:
  [[nodiscard]] int here() const { return folders_.empty() ? start_ : folders_.back().get(); }

  /// After `name` could not be opened: puts what it says in its place when it is a link that may be followed.
  /// False leaves errno.
  bool go_through_link(const std::string& name) {
    const int error = errno;
    // With O_DIRECTORY the kernel says of a link that it is no folder.
    if (error != ELOOP && error != ENOTDIR) return false;
    const auto target = link_target(here(), name);
    if (!target) return look_again(name, error);
    errno = target->starts_with('/') ? EXDEV : ELOOP;
    if (!follow_links_ || ++links_ > max_links || errno == EXDEV) return false;
    prepend(*target);
    return true;
  }

  /// Whether `name` was a link a moment ago and is none now.
  bool look_again(const std::string& name, int error) {
    if (is_system_failure(errno)) return false;
    const bool has_changed = errno == EINVAL && error == ELOOP && ++looks_ <= max_attempts;
    errno = error;
    if (has_changed) names_.push_front(name);
    return has_changed;
  }

  /// A slash at the end asks for a folder, as does a dot.
  void prepend(std::string_view path) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      if (end > begin) names.emplace_back(path.substr(begin, end - begin));
      if (end == path.size() && end == begin && begin > 0) names.emplace_back(".");
      begin = end + 1;
    }
    names_.insert(names_.begin(), names.begin(), names.end());
  }

  int start_;
  bool follow_links_;
  int links_ = 0, looks_ = 0;
  std::vector<UniqueFd> folders_;  ///< from the start to here, without the start
  std::deque<std::string> names_;  ///< what is left of the way
};

std::optional<WayOfOpening> probe() {
  // The root is there, and open to everybody: whoever refuses this refuses the call.
  if (open_by_kernel(AT_FDCWD, "/", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS)) return WayOfOpening::kernel;
  if (is_system_failure(errno)) return std::nullopt;  // not the kernel's last word
  return WayOfOpening::steps;
}

}  // namespace

WayOfOpening probe_way_of_opening() {
  return probe().value_or(WayOfOpening::steps);
}

WayOfOpening usual_way_of_opening() {
  constexpr int unknown = -1;
  static std::atomic<int> known{unknown};
  if (const int way = known.load(std::memory_order_relaxed); way != unknown) {
    return static_cast<WayOfOpening>(way);
  }
  const auto way = probe();
  if (way) known.store(static_cast<int>(*way), std::memory_order_relaxed);
  return way.value_or(WayOfOpening::steps);
}

UniqueFd open_beneath(int directory, const std::string& path, int flags, WayOfOpening way) {
  if (way == WayOfOpening::kernel)
    return open_by_kernel(directory, path, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  if (path.starts_with('/')) return failed(EXDEV);
  return Walk(directory, true).open(path, flags);
}

UniqueFd open_without_links(const std::string& path, int flags, WayOfOpening way) {
  if (way == WayOfOpening::kernel) return open_by_kernel(AT_FDCWD, path, flags, RESOLVE_NO_SYMLINKS);
  const UniqueFd start = open_one(AT_FDCWD, path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY);
  if (!start) return UniqueFd();
  return Walk(start.get(), false).open(path, flags);
}

}  // namespace unmuted
