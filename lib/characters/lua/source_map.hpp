#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "characters/diagnostic.hpp"

namespace unmuted {

/// Where the fields of a character file stand: reads the table constructor of the last `return` (or of the
/// variable that it returns) without running anything. It understands as much Lua as that takes, and is never
/// wrong about more than a place: what it does not find is at the nearest field around it.
class LuaSourceMap {
 public:
  /// `source` must outlive the map.
  explicit LuaSourceMap(std::string_view source);

  /// The place of the field at `path` (see field_path), of what is around it, or of `return`.
  [[nodiscard]] Position find(std::string_view path) const;

  /// Where the file requires the resource `name`, or the only other one through which that can have come.
  /// Line 0 when that is not known.
  [[nodiscard]] Position find_require(std::string_view name) const;

  /// The place of a byte of the source.
  [[nodiscard]] Position at(std::size_t offset) const;

 private:
  std::string_view source_;
  std::map<std::string, std::size_t, std::less<>> fields_;    ///< path → offset; the whole has the path ""
  std::map<std::string, std::size_t, std::less<>> requires_;  ///< resource → offset
};

}  // namespace unmuted
