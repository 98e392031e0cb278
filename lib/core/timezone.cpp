#include "core/timezone.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace unmuted {
namespace {

/// What stands behind ".../zoneinfo/" in a path, or nothing.
std::string zone_of(std::string_view path) {
  constexpr std::string_view folder = "/zoneinfo/";
  const std::size_t at = path.find(folder);
  return at == std::string_view::npos ? std::string{} : std::string(path.substr(at + folder.size()));
}

}  // namespace

std::string system_timezone() {
  if (const char* tz = std::getenv("TZ"); tz != nullptr && *tz != '\0') {
    std::string_view name = tz;
    if (name.starts_with(':')) name.remove_prefix(1);
    return name.starts_with('/') ? zone_of(name) : std::string(name);
  }
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/etc/localtime", error);
  if (!error) {
    if (std::string zone = zone_of(link.string()); !zone.empty()) return zone;
  }
  std::string line;
  std::ifstream file("/etc/timezone");
  if (std::getline(file, line) && !line.empty()) return line;
  return "UTC";
}

}  // namespace unmuted
