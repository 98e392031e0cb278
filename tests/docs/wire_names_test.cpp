// Holds the sources against lib/README.md: the events of the wires are named by their dialects and by
// clients.
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "events/realtime/read.hpp"
#include "events/unmute/read.hpp"
#include "events/unmute/write.hpp"

namespace unmuted::test {
namespace {

namespace fs = std::filesystem;

constexpr std::array speakers{"lib/events/unmute/", "lib/events/realtime/", "lib/probe/", "apps/wsprobe/"};

bool may_name_them(std::string_view path) {
  for (const std::string_view folder : speakers) {
    if (path.starts_with(folder)) return true;
  }
  return false;
}

/// Without "error", which is a word of many languages.
std::vector<std::string_view> event_types() {
  std::vector<std::string_view> types = events::unmute::client_event_types();
  types.insert(types.end(), events::unmute::server_event_types.begin(),
               events::unmute::server_event_types.end());
  const auto realtime = events::realtime::client_event_types();
  types.insert(types.end(), realtime.begin(), realtime.end());
  std::erase(types, "error");
  return types;
}

TEST(WireNames, StandNowhereButInTheDialectAndItsClients) {
  const fs::path root = UNMUTED_SOURCE_DIR;
  const auto types = event_types();
  for (const char* folder : {"lib", "apps"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      const std::string path = fs::relative(entry.path(), root).generic_string();
      if ((extension != ".cpp" && extension != ".hpp") || may_name_them(path)) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (const std::string_view type : types)
        EXPECT_EQ(text.find(type), std::string::npos) << path << " names " << type;
    }
  }
}

}  // namespace
}  // namespace unmuted::test
