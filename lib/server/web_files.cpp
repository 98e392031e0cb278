#include "server/web_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include <fcntl.h>

#include "characters/files/open_beneath.hpp"
#include "characters/files/regular_file.hpp"
#include "core/utf8.hpp"
#include "net/entity_tag.hpp"

namespace unmuted {
namespace {

struct WebFileType {
  std::string_view extension, media_type;
};

/// What is served; web_files.cmake builds in what has one of these extensions.
constexpr std::array web_file_types = {WebFileType{"html", "text/html; charset=utf-8"},
                                       WebFileType{"css", "text/css; charset=utf-8"},
                                       WebFileType{"js", "text/javascript; charset=utf-8"},
                                       WebFileType{"svg", "image/svg+xml"}, WebFileType{"png", "image/png"}};

/// Empty where no file with that name is served.
std::string_view web_media_type(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto is_its = [extension = name.substr(dot + 1)](const WebFileType& type) {
    return type.extension == extension;
  };
  const auto type = std::find_if(web_file_types.begin(), web_file_types.end(), is_its);
  return type == web_file_types.end() ? std::string_view{} : type->media_type;
}

/// Of a file or a folder on the way to it.
bool is_part_of_name(std::string_view part) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !part.empty() && part.front() != '.' && part.find_first_not_of(allowed) == std::string_view::npos;
}

WebFile web_file(std::string_view name, std::string bytes) {
  WebFile file{web_media_type(name), nullptr, net::entity_tag(bytes)};
  file.bytes = std::make_shared<const std::string>(std::move(bytes));
  return file;
}

using WebFileMap = std::map<std::string_view, WebFile>;

WebFileMap all_built_in() {
  WebFileMap files;
  for (const auto& [name, bytes] : built_in_files()) files.emplace(name, web_file(name, std::string(bytes)));
  return files;
}

}  // namespace

std::optional<std::string> web_file_name(std::string_view path) {
  if (path == "/") return "index.html";
  if (path == "/inspect") return "inspect.html";
  if (!path.starts_with('/') || web_media_type(path).empty()) return std::nullopt;
  path.remove_prefix(1);
  std::string_view rest = path;
  for (std::size_t slash = 0; (slash = rest.find('/')) != std::string_view::npos;) {
    if (!is_part_of_name(rest.substr(0, slash))) return std::nullopt;
    rest.remove_prefix(slash + 1);
  }
  return is_part_of_name(rest) ? std::optional(std::string(path)) : std::nullopt;
}

const WebFile* built_in_web_file(std::string_view name) {
  static const WebFileMap files = all_built_in();
  const auto found = files.find(name);
  return found == files.end() ? nullptr : &found->second;
}

tl::expected<WebFile, int> read_web_file(const std::string& folder, const std::string& name) {
  // Opened anew each time: whoever works on a page may put another folder in its place.
  const UniqueFd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return tl::unexpected(errno);
  const UniqueFd fd = open_beneath(root.get(), name, open_without_waiting, usual_way_of_opening());
  if (!fd) return tl::unexpected(errno);
  auto bytes = read_regular_file(fd.get(), max_web_file);
  if (!bytes) return tl::unexpected(bytes.error());
  return web_file(name, *std::move(bytes));
}

Result<void> check_web_folder(const std::string& folder) {
  const auto index = read_web_file(folder, "index.html");
  if (index) return {};
  return fail("invalid_configuration", "--web: there is no index.html to be read in " + printable(folder) +
                                           " (" + std::generic_category().message(index.error()) + ")");
}

}  // namespace unmuted
