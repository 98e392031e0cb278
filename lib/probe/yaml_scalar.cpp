#include "probe/yaml_scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

constexpr std::string_view standard_tags = "tag:yaml.org,2002:";
constexpr std::string_view decimal_digits = "0123456789";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool consists_of(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

bool begins_with_sign(std::string_view text) {
  return text.starts_with('+') || text.starts_with('-');
}

bool is_null(std::string_view text) {
  return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

std::optional<bool> boolean_of(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

template <class Integer>
std::optional<Json> fits(std::string_view digits, int base) {
  Integer number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Json(number);
}

double as_double(std::string_view digits, int base) {
  if (base == 10) return std::strtod(std::string(digits).c_str(), nullptr);
  double value = 0;
  for (const char digit : digits)
    value = value * base + std::strtol(std::string(1, digit).c_str(), nullptr, base);
  return value;
}

/// `digits` may begin with a minus.
Json integer_of(std::string_view digits, int base) {
  if (auto number = fits<std::int64_t>(digits, base)) return *number;
  if (auto number = fits<std::uint64_t>(digits, base)) return *number;
  return as_double(digits, base);
}

std::optional<Json> integer_of(std::string_view text) {
  if (text.starts_with("0o") && consists_of(text.substr(2), "01234567")) return integer_of(text.substr(2), 8);
  if (text.starts_with("0x") && consists_of(text.substr(2), "0123456789abcdefABCDEF"))
    return integer_of(text.substr(2), 16);
  if (!consists_of(text.substr(begins_with_sign(text) ? 1 : 0), decimal_digits)) return std::nullopt;
  return integer_of(text.starts_with('+') ? text.substr(1) : text, 10);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  if (begins_with_sign(text)) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::string_view exponent = text.substr(e);
  if (!exponent.empty()) {
    exponent.remove_prefix(1);
    if (begins_with_sign(exponent)) exponent.remove_prefix(1);
    if (!consists_of(exponent, decimal_digits)) return false;
  }
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = mantissa.substr(std::min(point + 1, mantissa.size()));
  if (whole.empty()) return consists_of(fraction, decimal_digits);
  return consists_of(whole, decimal_digits) && (fraction.empty() || consists_of(fraction, decimal_digits));
}

/// Infinite or not a number for `.inf` and `.nan`, and for what is too large.
std::optional<double> float_of(std::string_view text) {
  const std::string_view unsigned_text = text.substr(begins_with_sign(text) ? 1 : 0);
  if (is_one_of(unsigned_text, {".inf", ".Inf", ".INF"})) return HUGE_VAL;
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::nan("");
  if (is_float(text)) return std::strtod(std::string(text).c_str(), nullptr);
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  return "'" + shorten(printable(text), 100) + "'";
}

tl::expected<Json, std::string> finite(Json number, std::string_view text) {
  if (!number.is_number_float() || std::isfinite(number.get<double>())) return number;
  return tl::unexpected(in_quotes(text) +
                        " is a number that JSON does not have; put it in quotes to mean the text");
}

}  // namespace

tl::expected<Json, std::string> plain_value(std::string_view text) {
  if (is_null(text)) return Json(nullptr);
  if (const auto boolean = boolean_of(text)) return Json(*boolean);
  if (auto integer = integer_of(text)) return finite(std::move(*integer), text);
  if (const auto real = float_of(text)) return finite(Json(*real), text);
  return Json(std::string(text));
}

tl::expected<Json, std::string> tagged_value(std::string_view tag, std::string_view text) {
  const std::string name = short_tag(tag);
  if (name == "!!str") return Json(std::string(text));
  if (!is_one_of(name, {"!!null", "!!bool", "!!int", "!!float"})) {
    return tl::unexpected(
        "the tag " + in_quotes(name) +
        " is not known here: !!str, !!int, !!float, !!bool and !!null are. Leave it out, or put "
        "all of it in quotes to mean the text");
  }
  if (name == "!!null" && is_null(text)) return Json(nullptr);
  if (const auto boolean = boolean_of(text); boolean && name == "!!bool") return Json(*boolean);
  if (auto integer = integer_of(text); integer && name == "!!int") return finite(std::move(*integer), text);
  if (const auto real = float_of(text); real && name == "!!float") return finite(Json(*real), text);
  return tl::unexpected(in_quotes(text) + " is no " + name);
}

std::string short_tag(std::string_view tag) {
  if (!tag.starts_with(standard_tags)) return std::string(tag);
  return "!!" + std::string(tag.substr(standard_tags.size()));
}

}  // namespace unmuted::probe
