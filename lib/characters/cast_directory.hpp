#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace unmuted {

/// Why one file could not be read.
struct FileProblem {
  std::string_view code;  ///< of a Diagnostic
  std::string message;
  std::string help;
};

/// One open cast directory. Everything is opened beneath its descriptor, so no link leads out of it and a
/// directory that is renamed or replaced meanwhile is read as the one that was opened. Blocks.
class CastDirectory {
 public:
  /// `directory` is an absolute real path: a symbolic link anywhere in it is refused. Errors:
  /// directory_not_found, directory_not_readable, invalid_directory_format (not a directory),
  /// character_reload_failed.
  static Result<CastDirectory> open(const std::string& directory);

  struct Listing {
    std::vector<std::string> names;  ///< in byte order, at most as many as asked for
    std::string first_omitted;       ///< the name that would come next; empty when all are in `names`
    std::size_t omitted = 0;
  };

  /// The names that end in `.lua` and are neither hidden nor sub-folders. Memory is bounded by `limit`.
  [[nodiscard]] Result<Listing> list_scripts(std::size_t limit, const std::stop_token& stop) const;

  /// The same for the sub-folder `name`, beneath which no link leads out of the cast directory either. A
  /// folder that is not there is empty.
  [[nodiscard]] Result<Listing> list_scripts_in(const char* name, std::size_t limit,
                                                const std::stop_token& stop) const;

  /// The bytes of a regular file, named relative to the directory. Never waits for a FIFO or a device, and
  /// reads at most one byte past `max_bytes`.
  [[nodiscard]] tl::expected<std::string, FileProblem> read(const std::string& name,
                                                            std::size_t max_bytes) const;

 private:
  explicit CastDirectory(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace unmuted
