#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "characters/formats/problems.hpp"

namespace unmuted::formats {

/// What a text field may hold.
struct TextRule {
  std::size_t max_bytes;
  bool required = false;
  bool many_lines = false;  ///< else no control characters
};

/// One table of a character file. Every getter reports what is wrong with its field, and then gives nothing.
class Table {
 public:
  /// `value` is JSON of a script's table: an object, or an empty list (an empty table is both). Anything else
  /// is reported, and gives nothing. `value` and `problems` must outlive the table.
  static std::optional<Table> of(const nlohmann::json& value, std::string path, Problems& problems);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;

  /// The value at `key`, or null when there is none.
  [[nodiscard]] const nlohmann::json* find(std::string_view key) const;

  std::optional<std::string> text(std::string_view key, const TextRule& rule);
  std::optional<bool> boolean(std::string_view key);
  std::optional<double> number(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key, std::size_t max_count,
                                                const TextRule& rule);
  /// Of a table of texts, those that keep the rule; none when there is no such table.
  std::map<std::string, std::string, std::less<>> texts_by_name(std::string_view key, std::size_t max_count,
                                                                const TextRule& rule);
  std::optional<Table> table(std::string_view key, bool required);
  bool function(std::string_view key);  ///< whether there is one

  /// Warns of every key that is not in `known`.
  void warn_of_others(const std::vector<std::string_view>& known);

  Problems& problems() { return *problems_; }

 private:
  Table(const nlohmann::json& value, std::string path, Problems& problems);
  void wrong_type(std::string_view key, std::string_view wanted, const nlohmann::json& value);
  void too_many(std::string_view key, const nlohmann::json& value, std::size_t max_count);

  const nlohmann::json* value_;
  std::string path_;
  Problems* problems_;
};

/// "a string", "a list", "a function": what an author would call it.
std::string_view kind_of(const nlohmann::json& value);

}  // namespace unmuted::formats
