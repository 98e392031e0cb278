#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/result.hpp"

namespace unmuted::probe {

using Json = nlohmann::json;

/// A place in a JSON document: keys joined by dots, `[2]` for an element, `[*]` for every element, as in
/// `characters[*].name`.
class JsonPath {
 public:
  /// Errors: invalid_path.
  static Result<JsonPath> parse(std::string_view text);

  /// What stands there. Behind a `[*]` it is the array of what was found, in order, elements without the
  /// rest of the path left out. Nothing when there is no such place.
  [[nodiscard]] std::optional<Json> of(const Json& document) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct EveryElement {};
  using Segment = std::variant<std::string, std::size_t, EveryElement>;

  static std::optional<Segment> parse_index(std::string_view inside);
  void collect(const Json& node, std::size_t segment, Json& found) const;
  [[nodiscard]] const Json* walk(const Json& node, std::size_t first, std::size_t last) const;

  std::string text_;
  std::vector<Segment> segments_;
  std::size_t first_star_ = 0;  ///< segments_.size() when there is no `[*]`
};

}  // namespace unmuted::probe
