#include "characters/files/cast_snapshot.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::string_view resource_prefix = "resources/";
constexpr int max_versions = 32;  ///< that one load begins to read

/// The name by which scripts require the file `name`; empty when they cannot.
std::string resource_name(std::string_view file) {
  const std::string_view stem = file.substr(0, file.size() - 4);
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const bool fits = is_word(stem.front()) && std::all_of(stem.begin(), stem.end(), [&](char c) {
                      return is_word(c) || c == '.' || c == '-';
                    });
  return fits ? std::string(stem) : std::string();
}

tl::unexpected<Error> abandoned() {
  return fail("character_reload_failed", "The load was abandoned.");
}

/// Reads one version of a directory, with what is left of the limits in between.
class SnapshotReader {
 public:
  SnapshotReader(CastDirectory& directory, const SnapshotRequest& request, const std::stop_token& stop)
      : directory_(directory), request_(request), stop_(stop) {}

  Result<CastSnapshot> read() {
    auto listing = directory_.list_candidates(request_.limits.candidates, stop_);
    if (!listing) return tl::unexpected(listing.error());
    if (const auto read = read_resources(); !read) return tl::unexpected(read.error());
    if (!request_.candidates) return std::move(snapshot_);
    if (request_.only) *listing = {{*request_.only}, {}, 0};
    return read_candidates(std::move(*listing));
  }

 private:
  Result<CastSnapshot> read_candidates(CastDirectory::Listing listing) {
    snapshot_.candidates.reserve(listing.names.size());
    for (std::string& name : listing.names) {
      if (stop_.stop_requested() || directory_.system_failure() != 0) return abandoned();
      FileRead bytes = read_file(name, std::min(request_.rules.max_bytes(name), request_.limits.file_bytes));
      snapshot_.candidates.push_back({std::move(name), std::move(bytes)});
    }
    snapshot_.first_omitted = std::move(listing.first_omitted);
    snapshot_.omitted = listing.omitted;
    return std::move(snapshot_);
  }

  Result<void> read_resources() {
    const std::size_t limit = request_.limits.resources;
    auto listing = directory_.list_resources(limit, stop_);
    if (stop_.stop_requested()) return abandoned();
    if (!listing) {
      snapshot_.broken_resources[""] = listing.error().message;
      return {};
    }
    if (listing->omitted > 0) {
      snapshot_.broken_resources[""] = "resources/ holds more than " + std::to_string(limit) +
                                       " files; from " + printable(listing->first_omitted) +
                                       " on none was read";
    }
    for (const std::string& file : listing->names) read_resource(file);
    return {};
  }

  void read_resource(const std::string& file) {
    const std::string name = resource_name(file);
    if (name.empty()) return;
    const std::string path = std::string(resource_prefix) + file;
    FileRead text = read_file(path, request_.limits.resource_bytes);
    // Of two that differ only in the case of ".LUA", which comes first, it is the usual ".lua".
    if (text)
      snapshot_.resources.insert_or_assign(name, *std::move(text));
    else
      snapshot_.broken_resources[name] =
          path + " (" + std::string(text.error().code) + "): " + text.error().message;
  }

  FileRead read_file(const std::string& name, std::size_t max_bytes) {
    if (!is_utf8(name)) {
      return tl::unexpected(FileProblem{"not-utf8", "the name of the file is not UTF-8", "rename the file"});
    }
    const std::size_t limit = request_.limits.directory_bytes;
    const std::size_t left = limit - bytes_read_;
    FileRead bytes = directory_.read(name, std::min(left, max_bytes));
    if (bytes) bytes_read_ += bytes->size();
    if (!bytes && bytes.error().code == "file-too-large" && left < max_bytes) {
      return tl::unexpected(FileProblem{
          "directory-too-large",
          "with it the files of the directory exceed the limit of " + std::to_string(limit) + " bytes in all",
          "split the cast into several directories"});
    }
    return bytes;
  }

  CastDirectory& directory_;
  const SnapshotRequest& request_;
  const std::stop_token& stop_;
  CastSnapshot snapshot_;
  std::size_t bytes_read_ = 0;
};

}  // namespace

Result<CastSnapshot> take_snapshot(const SnapshotRequest& request, const std::stop_token& stop) {
  for (int version = 0; version < max_versions; ++version) {
    auto directory = CastDirectory::open(request.directory, request.rules.is_candidate, request.way);
    if (!directory) return tl::unexpected(directory.error());
    auto snapshot = SnapshotReader(*directory, request, stop).read();
    const bool is_current = directory->is_current();
    if (const int error = directory->system_failure()) return directory_read_failed(error, request.directory);
    if (is_current || stop.stop_requested()) return snapshot;
  }
  const std::string path = printable(request.directory);
  return fail("character_reload_failed",
              "Character directory cannot be read: " + path + ": it was replaced each time while it was read",
              path);
}

}  // namespace unmuted
