#pragma once

#include <filesystem>
#include <string>

namespace unmuted::bench {

/// A directory of characters that exists for one benchmark.
class CastFolder {
 public:
  /// `characters` typical ones of about 2 KB, with a tool, a prompt function, and three resources in common.
  /// `flavour` goes into every file, so that folders of another flavour hold other content.
  explicit CastFolder(std::size_t characters, const std::string& flavour = "plain");
  ~CastFolder();
  CastFolder(const CastFolder&) = delete;
  CastFolder& operator=(const CastFolder&) = delete;

  /// Rewrites the first character with content it never had.
  void change_one_file();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string flavour_;
  int changes_ = 0;
};

/// Scans the directory and reads every character and resource with plain system calls: what no loader can do
/// without. Gives the number of bytes read.
std::size_t read_with_plain_system_calls(const std::string& directory);

}  // namespace unmuted::bench
