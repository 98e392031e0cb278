#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/result.hpp"

namespace unmuted {

/// A file of the web page, whose source is the folder web/.
struct WebFile {
  std::string_view media_type;  ///< "text/css; charset=utf-8"; always there
  std::shared_ptr<const std::string> bytes;
  std::string entity_tag;  ///< strong, of the bytes
};

/// The file that the path of a request is for, by its name within the folder: "js/app.js" of "/js/app.js",
/// "index.html" of "/". Nothing when no file of the page can be called so: each part of a name consists of
/// ASCII letters, digits, "-", "_" and ".", and begins with no ".", and the page needs no other types of
/// files than few. So no path leads out of the folder, nor to what somebody keeps in it besides.
std::optional<std::string> web_file_name(std::string_view path);

/// That file as it was when the server was built; null when there was none. Any thread.
const WebFile* built_in_web_file(std::string_view name);

inline constexpr std::size_t max_web_file = 4U << 20U;  ///< bytes; of a file that is read from a folder

/// That file as it is now in a folder, out of which no link leads. Blocks: for the pool. Error: an errno;
/// EFBIG where it is too large.
tl::expected<WebFile, int> read_web_file(const std::string& folder, const std::string& name);

/// Whether a page can be served from a folder. Blocks. Error: invalid_configuration.
Result<void> check_web_folder(const std::string& folder);

/// What the build made of web/ (web_files.cmake).
struct BuiltInFile {
  std::string_view name, bytes;
};
std::span<const BuiltInFile> built_in_files();

}  // namespace unmuted
