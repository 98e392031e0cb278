#include "characters/files/cast_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "characters/files/file_names.hpp"
#include "characters/files/regular_file.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> directory_error(int error, const std::string& directory) {
  if (is_system_failure(error)) return directory_read_failed(error, directory);
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
    case EISDIR:
      return tl::unexpected(
          FileProblem{"not-a-regular-file", "this is a folder, a FIFO or a device, not a file", ""});
    case EACCES:
    case EPERM:
      return tl::unexpected(FileProblem{"unreadable", "the server may not read it: permission denied",
                                        "make it readable for the user that the server runs as"});
    default:
      return tl::unexpected(FileProblem{"unreadable", "it cannot be read: " + reason(error), ""});
  }
}

constexpr const char* resource_folder = "resources";

bool is_resource(std::string_view name) {
  return has_extension(name, ".lua");
}

enum class Kind { file, folder, link };

Kind kind_of(int directory, const dirent& entry, FailureNote& note) {
  if (entry.d_type == DT_DIR) return Kind::folder;
  if (entry.d_type == DT_LNK) return Kind::link;
  struct stat status {};
  if (entry.d_type != DT_UNKNOWN ||
      note(::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW)) != 0) {
    return Kind::file;
  }
  if (S_ISLNK(status.st_mode)) return Kind::link;
  return S_ISDIR(status.st_mode) ? Kind::folder : Kind::file;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

tl::unexpected<Error> cannot_be_listed(int error, FailureNote& note) {
  note.take(error);
  return fail("character_reload_failed", "Character directory cannot be listed: " + reason(error));
}

/// Calls `take(name, kind)` for each entry that is `wanted`, and for `resources`.
template <class Take>
Result<void> for_each_entry(UniqueFd fd, NameFilter wanted, const std::stop_token& stop, FailureNote& note,
                            const Take& take) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (!directory) return cannot_be_listed(errno, note);
  fd.release();
  while (true) {
    if (stop.stop_requested()) return fail("character_reload_failed", "The load was abandoned.");
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (wanted(name) || name == resource_folder) take(name, kind_of(::dirfd(directory.get()), *entry, note));
  }
  if (errno != 0) return cannot_be_listed(errno, note);
  return {};
}

Result<FirstNames> files_in(UniqueFd fd, NameFilter wanted, std::size_t limit, const std::stop_token& stop,
                            FailureNote& note) {
  FirstNames names(limit);
  const auto listed =
      for_each_entry(std::move(fd), wanted, stop, note, [&](std::string_view name, Kind kind) {
        if (wanted(name) && kind != Kind::folder) names.add(name);
      });
  if (!listed) return tl::unexpected(listed.error());
  return names;
}

CastDirectory::Listing listing_of(const FirstNames& names, std::size_t limit) {
  CastDirectory::Listing listing;
  listing.names = names.sorted();
  const auto kept = listing.names.size();
  listing.names.erase(std::unique(listing.names.begin(), listing.names.end()), listing.names.end());
  const auto repeated = kept - listing.names.size();
  if (listing.names.size() > limit) {
    listing.first_omitted = std::move(listing.names.back());
    listing.names.pop_back();
  }
  listing.omitted = names.seen() - repeated - listing.names.size();
  return listing;
}

/// The name of the link through which the link `name` leads, as in `..data/gardener.lua`; empty when it does
/// not lead to a file of the same name in another folder.
std::string way_of_link(int directory, const std::string& name, FailureNote& note) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = note(::readlinkat(directory, name.c_str(), target.data(), target.size()));
  if (length <= 0) return {};
  const std::string_view text(target.data(), static_cast<std::size_t>(length));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.substr(slash + 1) != name) return {};
  return std::string(text.substr(0, slash));
}

bool is_link(int directory, const std::string& name, FailureNote& note) {
  struct stat status {};
  return note(::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW)) == 0 &&
         S_ISLNK(status.st_mode);
}

}  // namespace

tl::unexpected<FileProblem> file_too_large(std::size_t max_bytes) {
  return tl::unexpected(FileProblem{"file-too-large",
                                    "it is larger than " + std::to_string(max_bytes) + " bytes",
                                    "move long lists into files in resources/"});
}

struct CastDirectory::Scan {
  explicit Scan(std::size_t limit) : own(limit), links(limit) {}

  FirstNames own, links;  ///< candidates
  std::optional<Kind> resources;
};

Result<CastDirectory> CastDirectory::open(const std::string& directory, NameFilter is_candidate,
                                          WayOfOpening way) {
  UniqueFd fd = open_without_links(directory, O_DIRECTORY, way);
  if (!fd) return directory_error(errno, directory);
  return CastDirectory(std::move(fd), is_candidate, way);
}

Result<CastDirectory::Listing> CastDirectory::list_candidates(std::size_t limit,
                                                              const std::stop_token& stop) {
  // Opened anew for each listing: a duplicate would share, and move, the position of the descriptor.
  UniqueFd fd = open_beneath(fd_.get(), ".", O_DIRECTORY, way_);
  if (!fd) return cannot_be_listed(errno, note_);
  Scan scan(limit);
  const auto scanned =
      for_each_entry(std::move(fd), is_candidate_, stop, note_, [&](std::string_view name, Kind kind) {
        if (name == resource_folder) {
          scan.resources = kind;
        } else if (kind != Kind::folder) {
          (kind == Kind::link ? scan.links : scan.own).add(name);
        }
      });
  if (!scanned) return tl::unexpected(scanned.error());

  find_publication(scan);
  if (!is_payload()) {
    scan.own.add(scan.links);
    return listing_of(scan.own, limit);
  }
  UniqueFd version = open_beneath(version_.get(), ".", O_DIRECTORY, way_);
  if (!version) return cannot_be_listed(errno, note_);
  const auto published = files_in(std::move(version), is_candidate_, limit, stop, note_);
  if (!published) return tl::unexpected(published.error());
  scan.own.add(*published);
  return listing_of(scan.own, limit);
}

// Only links cost anything here, and a directory without a publication has few.
void CastDirectory::find_publication(Scan& scan) {
  std::vector<std::string> links = scan.links.sorted();
  if (scan.resources == Kind::link) links.emplace_back(resource_folder);
  FirstNames others(links.size());
  bool publishes_resources = false;
  for (const std::string& link : links) {
    const std::string way = way_of_link(fd_.get(), link, note_);
    if (publication_.empty() && is_link(fd_.get(), way, note_)) publication_ = way;
    const bool is_published = !way.empty() && way == publication_;
    if (link == resource_folder)
      publishes_resources = is_published;
    else if (!is_published)
      others.add(link);
  }
  if (publication_.empty()) return;
  for (int attempt = 0; attempt < 3 && !version_; ++attempt) {
    // There is always a version, but the one that was led to may be removed before it is opened.
    version_ = note_(open_beneath(fd_.get(), publication_, O_DIRECTORY, way_));
  }
  if (!version_) return publication_.clear();
  FirstNames own = scan.own;
  own.add(others);
  own_names_ = own.sorted();
  has_own_resources_ = !publishes_resources;
  if (!is_payload()) return;
  has_own_resources_ = has_own_resources_ && scan.resources;
  scan.own = std::move(own);
}

// A link that is hidden is there for this alone; then the version also says which files there are, for the
// links to them are made and removed only after it was published. Behind another link may lie more than was
// meant.
bool CastDirectory::is_payload() const {
  return publication_.starts_with('.');
}

bool CastDirectory::is_published(const std::string& name) const {
  if (!version_) return false;
  if (name.substr(0, name.find('/')) == resource_folder) return !has_own_resources_;
  return is_candidate_(name) && !std::binary_search(own_names_.begin(), own_names_.end(), name);
}

UniqueFd CastDirectory::open_inside(const std::string& name, int flags) {
  if (!is_published(name)) return note_(open_beneath(fd_.get(), name, flags, way_));
  UniqueFd fd = note_(open_beneath(version_.get(), name, flags, way_));
  if (fd || errno != EXDEV) return fd;
  // Out of the version, but perhaps not out of the directory.
  return note_(open_beneath(fd_.get(), publication_ + "/" + name, flags, way_));
}

bool CastDirectory::is_current() {
  if (!version_) return true;
  struct stat opened {
  }, present{};
  return note_(::fstat(version_.get(), &opened)) == 0 &&
         note_(::fstatat(fd_.get(), publication_.c_str(), &present, 0)) == 0 &&
         opened.st_dev == present.st_dev && opened.st_ino == present.st_ino;
}

Result<CastDirectory::Listing> CastDirectory::list_resources(std::size_t limit, const std::stop_token& stop) {
  UniqueFd fd = open_inside(resource_folder, O_DIRECTORY);
  if (!fd && errno == ENOENT) return Listing{};
  if (!fd)
    return fail("character_reload_failed",
                std::string(resource_folder) + " cannot be listed: " + reason(errno));
  const auto names = files_in(std::move(fd), is_resource, limit, stop, note_);
  if (!names) return tl::unexpected(names.error());
  return listing_of(*names, limit);
}

tl::expected<std::string, FileProblem> CastDirectory::read(const std::string& name, std::size_t max_bytes) {
  const UniqueFd fd = open_inside(name, open_without_waiting);
  if (!fd) return file_problem(errno);
  auto bytes = read_regular_file(fd.get(), max_bytes);
  if (bytes) return *std::move(bytes);
  note_.take(bytes.error());
  return bytes.error() == EFBIG ? file_too_large(max_bytes) : file_problem(bytes.error());
}

}  // namespace unmuted
