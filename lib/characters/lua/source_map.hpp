#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "characters/diagnostic.hpp"
#include "characters/field_path.hpp"

namespace unmuted {

/// The fields of a table and of the tables in it, by number; the whole is number 0. Each knows the table
/// around it, and not its whole path: a long key around thousands of fields would be in each of their paths.
class LuaFields {
 public:
  static constexpr std::size_t whole = 0;

  /// Notes a field of `table` and gives its number; of equal ones the first one counts. What `step` views
  /// must outlive this.
  std::size_t add(std::size_t table, FieldStep step, std::size_t offset);
  void add_whole(std::size_t offset) { offsets_ = {offset}; }

  /// Where the field at `path` stands, or the nearest one around it. Nothing when there is not even a whole.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view path) const;

 private:
  std::vector<std::size_t> offsets_;
  std::map<std::pair<std::size_t, FieldStep>, std::size_t> numbers_;  ///< by the table around it and the step
};

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
  LuaFields fields_;
  std::map<std::string_view, std::size_t> requires_;  ///< resource → offset
};

}  // namespace unmuted
