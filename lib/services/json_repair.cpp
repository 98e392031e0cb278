#include "services/json_repair.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::string_view unknown_character = "\\ufffd";
constexpr std::string_view escapes = "\"\\/bfnrt";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// The code unit of "\uXXXX" at the beginning of `text`.
std::optional<unsigned> unit_at(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  unsigned unit = 0;
  for (const char c : text.substr(2, 4)) {
    const auto digit = hex_digit(c);
    if (!digit) return std::nullopt;
    unit = unit * 16 + *digit;
  }
  return unit;
}

class Repair {
 public:
  explicit Repair(std::string_view text) : rest_(text) {}

  std::string run() {
    while (!rest_.empty()) {
      if (in_string_) {
        step_string();
      } else {
        step_value();
      }
    }
    return std::move(result_);
  }

 private:
  void keep(std::size_t bytes) {
    result_ += rest_.substr(0, bytes);
    rest_.remove_prefix(std::min(bytes, rest_.size()));
  }

  void replace(std::size_t bytes, std::string_view by) {
    result_ += by;
    rest_.remove_prefix(std::min(bytes, rest_.size()));
  }

  void step_value() {
    constexpr std::array<std::string_view, 4> numbers{"NaN", "-NaN", "Infinity", "-Infinity"};
    for (const std::string_view number : numbers) {
      if (!rest_.starts_with(number)) continue;
      replace(number.size(), "null");
      return;
    }
    if (rest_.front() == '"') in_string_ = true;
    keep(1);
  }

  void step_string() {
    const char c = rest_.front();
    if (c == '\\') {
      step_escape();
    } else if ((c & '\x80') != 0) {
      step_character();
    } else if (c >= 0 && c < ' ') {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto value = static_cast<unsigned>(c);
      replace(1, std::string("\\u00") + digits[value / 16] + digits[value % 16]);
    } else {
      if (c == '"') in_string_ = false;
      keep(1);
    }
  }

  void step_escape() {
    constexpr std::size_t length = 6;
    const auto unit = unit_at(rest_);
    if (!unit && rest_.starts_with("\\u")) {
      replace(2, unknown_character);
    } else if (!unit) {
      const bool known = rest_.size() > 1 && escapes.find(rest_[1]) != std::string_view::npos;
      if (known) keep(2);
      if (!known) replace(1, "");
    } else if (*unit < 0xD800 || *unit > 0xDFFF) {
      keep(length);
    } else {
      const auto second = *unit < 0xDC00 ? unit_at(rest_.substr(length)) : std::nullopt;
      const bool pair = second && *second >= 0xDC00 && *second <= 0xDFFF;
      if (pair) keep(2 * length);
      if (!pair) replace(length, unknown_character);
    }
  }

  void step_character() {
    for (std::size_t length = 2; length <= 4 && length <= rest_.size(); ++length) {
      if (!is_utf8(rest_.substr(0, length))) continue;
      keep(length);
      return;
    }
    replace(1, unknown_character);
  }

  std::string_view rest_;
  std::string result_;
  bool in_string_ = false;
};

}  // namespace

std::string repaired_json(std::string_view text) {
  return Repair(text).run();
}

Result<nlohmann::json> read_repaired_json(std::string_view text, const JsonLimits& limits) {
  auto read = read_json(text, limits);
  if (read || text.size() > limits.max_bytes) return read;
  const std::string repaired = repaired_json(text);
  if (repaired == text) return read;
  auto again = read_json(repaired, limits);
  return again ? again : read;
}

}  // namespace unmuted
