#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "characters/files/cast_directory.hpp"
#include "core/result.hpp"

namespace unmuted {

/// What one directory may hold, and one load may use.
struct LoadLimits {
  std::size_t candidates = 1'000;
  std::size_t file_bytes = 8U << 20U;       ///< a candidate, whatever its format allows
  std::size_t resource_bytes = 64U << 10U;  ///< a resource
  std::size_t resources = 256;
  std::size_t directory_bytes = 64U << 20U;    ///< all candidates and resources
  std::chrono::milliseconds script_cpu{1000};  ///< all scripts of one load together
};

using FileRead = tl::expected<std::string, FileProblem>;

/// The files of one directory, all of the same version of it.
struct CastSnapshot {
  struct File {
    std::string name;
    FileRead bytes;
  };

  std::vector<File> candidates;  ///< in byte order of their names
  std::string first_omitted;     ///< the first candidate past the limit; empty when there is none
  std::size_t omitted = 0;       ///< candidates past the limit
  std::map<std::string, std::string, std::less<>> resources;  ///< name for `require` → bytes
  std::map<std::string, std::string> broken_resources;        ///< name → why; "" for all of them
};

/// What those who know what is in the files say of them.
struct CandidateRules {
  NameFilter is_candidate;
  std::size_t (*max_bytes)(std::string_view name);  ///< of a file of that name, even where it is no candidate
};

/// What to take of a directory.
struct SnapshotRequest {
  const std::string& directory;  ///< an absolute real path
  const LoadLimits& limits;
  const CandidateRules& rules;
  WayOfOpening way;
  std::optional<std::string> only;  ///< this candidate, or a file that is none
  bool candidates = true;           ///< false: only the resources
};

/// Reads a directory; again when another version of it is published meanwhile. A file that cannot be read is
/// in it with its problem; a resource that cannot be used is only noted, for it fails the characters that
/// require it, and no other. When the machine fails, so does all of it: a cast is never smaller only because
/// descriptors were short. Errors: those of CastDirectory, and character_reload_failed.
Result<CastSnapshot> take_snapshot(const SnapshotRequest& request, const std::stop_token& stop);

}  // namespace unmuted
