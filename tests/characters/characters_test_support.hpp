#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character_loader.hpp"
#include "core/ids.hpp"

namespace unmuted {

inline void PrintTo(const Diagnostic& d, std::ostream* out) {
  *out << d.file << ":" << d.line << ":" << d.column << ": [" << d.code << "] " << d.message;
}

inline void PrintTo(WayOfOpening way, std::ostream* out) {
  *out << (way == WayOfOpening::kernel ? "kernel" : "steps");
}

}  // namespace unmuted

namespace unmuted::test {

/// For tests of both ways, where this machine allows both.
inline std::vector<WayOfOpening> ways_of_opening() {
  if (usual_way_of_opening() == WayOfOpening::steps) return {WayOfOpening::steps};
  return {WayOfOpening::kernel, WayOfOpening::steps};
}

/// A directory of its own that is gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::canonical(std::filesystem::temp_directory_path()) /
              ("unmuted_" + random_base62(12))) {
    std::filesystem::create_directory(path_);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string path(std::string_view name) const { return (path_ / name).string(); }

  void write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  std::filesystem::path path_;
};

/// A character with nothing but what is required, and `more` fields.
inline std::string minimal(std::string_view name, std::string_view more = "") {
  return "return {\n  name = \"" + std::string(name) +
         "\",\n  voice = { source_type = \"file\", path_on_server = \"" + std::string(name) +
         ".wav\" },\n  instructions = { text = \"Be brief.\", language = \"en\" },\n" + std::string(more) +
         "}\n";
}

struct LoaderFixture {
  std::shared_ptr<CharacterStore> store = std::make_shared<CharacterStore>();
  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(256U << 20U);

  WayOfOpening way = usual_way_of_opening();

  [[nodiscard]] CharacterLoader loader(const LoadLimits& limits = {},
                                       const script::Limits& script_limits = {}) const {
    return {store, budget, script_limits, limits, way};
  }
};

/// Where the casts that belong to the tests are.
inline std::string cast_path(std::string_view name) {
  return std::string(UNMUTED_SOURCE_DIR "/tests/casts/").append(name);
}

}  // namespace unmuted::test
