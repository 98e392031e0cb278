#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "characters/files/open_beneath.hpp"
#include "characters/files/system_failure.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace unmuted {

/// Why one file could not be read.
struct FileProblem {
  std::string_view code;  ///< of a Diagnostic
  std::string message;
  std::string help;
};

/// What is wrong with a file of more than `max_bytes`.
tl::unexpected<FileProblem> file_too_large(std::size_t max_bytes);

/// Whether a file is a candidate for a character, by its name alone.
using NameFilter = bool (*)(std::string_view name);

/// One open cast directory. Everything is opened beneath its descriptor, so no link leads out of it and a
/// directory that is renamed or replaced meanwhile is read as the one that was opened. Blocks.
///
/// A directory may publish its versions through one link: each file is a link `publication/file`, and
/// `publication` a link to the present version, turned to the next one by a rename. So do the ConfigMaps of
/// Kubernetes, whose link is `..data`. Such a directory is read through that link, followed once.
class CastDirectory {
 public:
  /// `directory` is an absolute real path: a symbolic link anywhere in it is refused. Errors:
  /// directory_not_found, directory_not_readable, invalid_directory_format (not a directory),
  /// directory_read_failed, character_reload_failed.
  static Result<CastDirectory> open(const std::string& directory, NameFilter is_candidate, WayOfOpening way);

  struct Listing {
    std::vector<std::string> names;  ///< in byte order, at most as many as asked for
    std::string first_omitted;       ///< the name that would come next; empty when all are in `names`
    std::size_t omitted = 0;
  };

  /// The names of all candidates that are no sub-folders. Memory is bounded by `limit`. Finds out about a
  /// publication, so it comes before what follows.
  [[nodiscard]] Result<Listing> list_candidates(std::size_t limit, const std::stop_token& stop);

  /// The same for the files `.lua` in the sub-folder `resources`, beneath which no link leads out of the cast
  /// directory either. A folder that is not there is empty.
  [[nodiscard]] Result<Listing> list_resources(std::size_t limit, const std::stop_token& stop);

  /// The bytes of a regular file, named relative to the directory. Never waits for a FIFO or a device, and
  /// reads at most one byte past `max_bytes`.
  [[nodiscard]] tl::expected<std::string, FileProblem> read(const std::string& name, std::size_t max_bytes);

  /// False when another version was published since the names were listed: that one is then to be read, for
  /// of this one some files may already be gone.
  [[nodiscard]] bool is_current();

  /// The errno of the first failure of the machine in any of these, 0 when there was none: no descriptors, no
  /// memory, a broken disk. After one nothing that was read is of use, for what is missing from it is there.
  [[nodiscard]] int system_failure() const { return note_.first(); }

 private:
  struct Scan;

  CastDirectory(UniqueFd fd, NameFilter is_candidate, WayOfOpening way)
      : fd_(std::move(fd)), is_candidate_(is_candidate), way_(way) {}

  void find_publication(Scan& scan);
  [[nodiscard]] UniqueFd open_inside(const std::string& name, int flags);
  [[nodiscard]] bool is_payload() const;
  [[nodiscard]] bool is_published(const std::string& name) const;

  UniqueFd fd_;
  NameFilter is_candidate_;
  WayOfOpening way_;
  FailureNote note_;
  UniqueFd version_;         ///< what the publication led to; none when there is no publication
  std::string publication_;  ///< the name of the link
  // Beside a publication, what is not reached through it:
  std::vector<std::string> own_names_;  ///< sorted
  bool has_own_resources_ = true;
};

}  // namespace unmuted
