#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace unmuted {

/// Takes the pieces off a text in which a model wrote tool calls. The text outlives it and what it gives.
class CallScanner {
 public:
  explicit CallScanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] bool is_at(std::string_view piece) const { return rest_.starts_with(piece); }
  [[nodiscard]] bool is_at_name() const;

  /// The object or array that comes next, if it can be read.
  std::optional<nlohmann::json> take_json();
  /// A name of a tool; empty when none comes next.
  std::string_view take_name();
  /// The tag that comes next, without its last bracket; nothing when it has none.
  std::optional<std::string_view> take_tag();
  /// What stands between these two, the first of which comes next; nothing without the second.
  std::optional<std::string_view> take_element(std::string_view opener, std::string_view closer);
  /// What comes before the first of these, or everything.
  std::string_view take_until(std::initializer_list<std::string_view> ends);
  std::string_view take_rest() { return std::exchange(rest_, {}); }

  void skip_blanks();
  /// Skips a piece that comes next.
  bool skip(std::string_view piece);
  /// What may stand before and after calls.
  void skip_between();
  /// What may stand between a name and its arguments. Whether markup was there.
  bool skip_separators();

 private:
  bool skip_token();
  void skip_fence();

  std::string_view rest_;
};

/// The value in `name="value"` or `name=value` of a tag without its last bracket.
std::optional<std::string_view> tag_attribute(std::string_view tag, std::string_view name);

}  // namespace unmuted
