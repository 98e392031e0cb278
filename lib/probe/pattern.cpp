#include "probe/pattern.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "probe/regular_expression.hpp"

namespace unmuted::probe {
namespace {

std::string written_as_json(const Json& value) {
  return shorten(value.dump(-1, ' ', false, Json::error_handler_t::replace), 200);
}

std::string describe(const std::vector<Matcher>& matchers);

std::string describe(const std::vector<Field>& fields) {
  std::string text = "{";
  for (const Field& field : fields) {
    if (text.size() > 1) text += ", ";
    text += field.path.text() + ": " + describe(field.matchers);
  }
  return text + "}";
}

std::string describe(const Matcher& matcher) {
  using Kind = Matcher::Kind;
  switch (matcher.kind) {
    case Kind::equals:
      return written_as_json(matcher.operand);
    case Kind::contains:
      return "contains " + written_as_json(matcher.operand);
    case Kind::contains_element:
      return "contains an element " + describe(matcher.element);
    case Kind::matches:
      return "matches " + written_as_json(matcher.operand);
    case Kind::set:
      return "in any order " + written_as_json(matcher.operand);
    case Kind::length:
      return "length " + describe(matcher.inner);
    case Kind::less:
      return "less than " + written_as_json(matcher.operand);
    case Kind::greater:
      return "greater than " + written_as_json(matcher.operand);
    case Kind::type:
      return "of type " + matcher.operand.get<std::string>();
    case Kind::negation:
      return "not " + describe(matcher.inner);
  }
  return {};
}

std::string describe(const std::vector<Matcher>& matchers) {
  std::string text;
  for (const Matcher& matcher : matchers) {
    if (!text.empty()) text += " and ";
    text += describe(matcher);
  }
  return text;
}

bool contains(const Json& value, const Json& part) {
  if (value.is_array()) return std::find(value.begin(), value.end(), part) != value.end();
  if (!value.is_string()) return false;
  const std::string text = part.is_string() ? part.get<std::string>() : write_json(part);
  return value.get_ref<const std::string&>().find(text) != std::string::npos;
}

bool matches_regex(const Json& value, const Json& expression) {
  if (!value.is_string() || !expression.is_string()) return false;
  return finds(expression.get_ref<const std::string&>(), value.get_ref<const std::string&>());
}

bool same_elements(const Json& value, const Json& expected) {
  return value.is_array() && expected.is_array() &&
         std::is_permutation(value.begin(), value.end(), expected.begin(), expected.end());
}

std::optional<Json> length_of(const Json& value) {
  if (value.is_string()) return utf8_length(value.get_ref<const std::string&>());
  if (value.is_structured()) return value.size();
  return std::nullopt;
}

bool is_of_type(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  return type == value.type_name();
}

bool holds(const Matcher& matcher, const std::optional<Json>& value);

bool all_hold(const std::vector<Matcher>& matchers, const std::optional<Json>& value) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return holds(m, value); });
}

bool has_element(const Json& value, const Pattern& pattern) {
  return value.is_array() &&
         std::any_of(value.begin(), value.end(), [&](const Json& e) { return matches(pattern, e); });
}

bool holds(const Matcher& matcher, const std::optional<Json>& value) {
  using Kind = Matcher::Kind;
  if (matcher.kind == Kind::negation) return !all_hold(matcher.inner, value);
  if (matcher.kind == Kind::type && matcher.operand == "absent") return !value;
  if (!value) return false;
  const bool numbers = value->is_number() && matcher.operand.is_number();
  switch (matcher.kind) {
    case Kind::equals:
      return *value == matcher.operand;
    case Kind::contains:
      return contains(*value, matcher.operand);
    case Kind::contains_element:
      return has_element(*value, Pattern{matcher.element});
    case Kind::matches:
      return matches_regex(*value, matcher.operand);
    case Kind::set:
      return same_elements(*value, matcher.operand);
    case Kind::length: {
      const auto length = length_of(*value);
      return length && all_hold(matcher.inner, length);
    }
    case Kind::less:
      return numbers && value->get<double>() < matcher.operand.get<double>();
    case Kind::greater:
      return numbers && value->get<double>() > matcher.operand.get<double>();
    case Kind::type:
      return is_of_type(*value, matcher.operand.get<std::string>());
    case Kind::negation:
      break;
  }
  return false;
}

Result<void> bind_fields(std::vector<Field>& fields, const Lookup& lookup, Room& room);

Result<void> bind_matchers(std::vector<Matcher>& matchers, const Lookup& lookup, Room& room) {
  for (Matcher& matcher : matchers) {
    auto operand = substitute(matcher.operand, lookup, room);
    if (!operand) return tl::unexpected(operand.error());
    matcher.operand = std::move(*operand);
    if (auto bound = bind_matchers(matcher.inner, lookup, room); !bound) return bound;
    if (auto bound = bind_fields(matcher.element, lookup, room); !bound) return bound;
  }
  return {};
}

Result<void> bind_fields(std::vector<Field>& fields, const Lookup& lookup, Room& room) {
  for (Field& field : fields) {
    if (auto bound = bind_matchers(field.matchers, lookup, room); !bound) return bound;
  }
  return {};
}

}  // namespace

std::vector<std::string> mismatches(const Pattern& pattern, const Json& document) {
  std::vector<std::string> found;
  for (const Field& field : pattern.fields) {
    const auto value = field.path.of(document);
    if (all_hold(field.matchers, value)) continue;
    found.push_back(field.path.text() + " should be " + describe(field.matchers) + ", and " +
                    (value ? "is " + written_as_json(*value) : "is missing"));
  }
  return found;
}

Result<Pattern> bind_variables(Pattern pattern, const Lookup& lookup) {
  Room room;
  if (auto bound = bind_fields(pattern.fields, lookup, room); !bound) return tl::unexpected(bound.error());
  return pattern;
}

std::string describe(const Pattern& pattern) {
  return describe(pattern.fields);
}

}  // namespace unmuted::probe
