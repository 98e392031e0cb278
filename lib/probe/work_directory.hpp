#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace unmuted::probe {

/// An empty directory of one run, removed with everything in it at the end of its life. What a scenario
/// writes, copies or removes stays inside.
class WorkDirectory {
 public:
  /// Errors: work_directory_failed.
  static Result<WorkDirectory> create();
  ~WorkDirectory();
  WorkDirectory(WorkDirectory&& other) noexcept;
  WorkDirectory& operator=(WorkDirectory&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Relative paths start in the directory. Errors: outside_work_directory, file_failed.
  [[nodiscard]] Result<void> write(const std::string& path, const std::string& text) const;
  /// `from`, which may stand anywhere, is copied with everything beneath it; what is there is written over.
  /// A directory into itself is an error.
  [[nodiscard]] Result<void> copy(const std::string& from, const std::string& to) const;
  [[nodiscard]] Result<void> remove(const std::string& path) const;

 private:
  explicit WorkDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] Result<std::filesystem::path> inside(const std::string& path) const;

  std::filesystem::path path_;  ///< canonical; empty once moved from
};

}  // namespace unmuted::probe
