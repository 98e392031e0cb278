#include "probe/pattern_reader.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/utf8.hpp"
#include "probe/regular_expression.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

constexpr std::array<std::string_view, 8> types = {"string", "number", "integer", "boolean",
                                                   "array",  "object", "null",    "absent"};

bool is_matcher_name(const std::string& key) {
  static const std::set<std::string> names = {"contains", "matches", "set",  "length",
                                              "lt",       "gt",      "type", "not"};
  return names.contains(key);
}

JsonPath read_path(const YAML::Node& node) {
  auto path = JsonPath::parse(to_text(node));
  if (!path) fault(node, path.error().message);
  return *path;
}

std::vector<Field> read_fields(const YAML::Node& node);

std::string read_type(const YAML::Node& node) {
  const std::string type = node.IsNull() ? "null" : to_text(node);
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    fault(node, "'" + type +
                    "' is no type: string, number, integer, boolean, array, object, null or absent. To "
                    "match a field that is called type, join the path with dots, as in error.type");
  }
  return type;
}

std::string read_regex(const YAML::Node& node) {
  std::string expression = to_text(node);
  if (expression.find("${") != std::string::npos) return expression;
  if (const auto checked = check_expression(expression); !checked) {
    fault(node, "'" + shorten(expression, 100) +
                    "' is no regular expression: " + shorten(checked.error().message, 200));
  }
  return expression;
}

Json read_bound(const YAML::Node& node) {
  Json bound = to_json(node);
  if (!bound.is_number() && !bound.is_string()) fault(node, "a number must stand here");
  return bound;
}

Matcher read_matcher(const std::string& name, const YAML::Node& node) {
  using Kind = Matcher::Kind;
  if (name == "contains" && node.IsMap()) return {Kind::contains_element, nullptr, {}, read_fields(node)};
  if (name == "contains") return {Kind::contains, to_json(node), {}, {}};
  if (name == "matches") return {Kind::matches, read_regex(node), {}, {}};
  if (name == "lt") return {Kind::less, read_bound(node), {}, {}};
  if (name == "gt") return {Kind::greater, read_bound(node), {}, {}};
  if (name == "type") return {Kind::type, read_type(node), {}, {}};
  if (name == "length") return {Kind::length, nullptr, read_matchers(node), {}};
  if (name == "not") return {Kind::negation, nullptr, read_matchers(node), {}};
  if (!node.IsSequence()) fault(node, "'set' needs a list");
  return {Kind::set, to_json(node), {}, {}};
}

std::vector<Field> read_fields(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "what is expected must be a mapping of paths to values");
  std::vector<Field> fields;
  for (const auto& entry : node) fields.push_back({read_path(entry.first), read_matchers(entry.second)});
  return fields;
}

}  // namespace

std::vector<Matcher> read_matchers(const YAML::Node& node) {
  if (!node.IsMap()) return {{Matcher::Kind::equals, to_json(node), {}, {}}};
  std::vector<Matcher> matchers;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    if (!is_matcher_name(name)) {
      fault(entry.first, "'" + name +
                             "' is no matcher: contains, matches, set, length, lt, gt, type, not. To match a "
                             "field of an object, join the path with dots, as in error.code");
    }
    matchers.push_back(read_matcher(name, entry.second));
  }
  if (matchers.empty()) fault(node, "a matcher must stand here");
  return matchers;
}

Pattern read_pattern(const YAML::Node& node) {
  return {read_fields(node)};
}

std::map<std::string, JsonPath> read_capture(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'capture' maps variables to paths, as in {n: character_count}");
  std::map<std::string, JsonPath> capture;
  for (const auto& entry : node) capture.emplace(to_name(entry.first), read_path(entry.second));
  return capture;
}

}  // namespace unmuted::probe
