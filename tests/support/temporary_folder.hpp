#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/ids.hpp"

namespace unmuted::test {

/// A directory of a test's own, which goes with it.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::canonical(std::filesystem::temp_directory_path()) /
              ("unmuted-test-" + random_base62(8))) {
    std::filesystem::create_directory(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// `name` may be in a folder of it, which is made.
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(path_ / name); }

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace unmuted::test
