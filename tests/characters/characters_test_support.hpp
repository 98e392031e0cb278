#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character_loader.hpp"
#include "support/temporary_folder.hpp"

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
