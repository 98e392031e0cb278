#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace unmuted {

/// Which directories a session may load.
class DirectoryPolicy {
 public:
  /// Every directory of the machine.
  static DirectoryPolicy allow_any();
  /// Only what lies beneath one of `roots` (real paths are compared; a root itself is allowed).
  static DirectoryPolicy beneath(std::vector<std::string> roots);

  /// Checks a directory that a client asked for and gives its real path. Blocks on the file system.
  /// Errors, with the messages of docs/protocol.md: invalid_directory_format (relative, empty, a file, a NUL
  /// byte, not UTF-8, over 4,095 bytes), directory_not_found, directory_not_readable, directory_not_allowed,
  /// directory_read_failed (the machine fails: no memory, a broken disk).
  /// With roots, what lies outside them answers directory_not_allowed whether or not it exists, so that a
  /// client cannot explore the machine.
  /// `default_directory` (a real path, may be empty) is always allowed.
  [[nodiscard]] Result<std::string> resolve(std::string_view requested,
                                            std::string_view default_directory = {}) const;

 private:
  std::optional<std::vector<std::string>> roots_;
};

}  // namespace unmuted
