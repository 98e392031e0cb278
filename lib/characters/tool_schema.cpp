#include "characters/tool_schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "characters/field_path.hpp"
#include "characters/script/state.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

constexpr std::size_t max_properties = 10;
constexpr std::size_t max_property_name_bytes = 64;
constexpr std::size_t max_enum_values = 100;
constexpr int max_depth = 8;
constexpr std::size_t max_schema_problems = 50;
constexpr std::size_t max_argument_problems = 10;
constexpr std::size_t max_shown_key_bytes = 100;

const std::vector<std::string_view> keywords{"type",     "description", "properties",
                                             "required", "enum",        "items",
                                             "minimum",  "maximum",     "additionalProperties"};
const std::vector<std::string_view> types{"object",  "array",   "string", "number",
                                          "integer", "boolean", "null"};

bool is_scalar(const json& value) {
  return (value.is_string() || value.is_number() || value.is_boolean()) && !script::is_function(value);
}

bool contains(const json& list, const json& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// The member `key` of an object, or null.
const json* member(const json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// Where a value stands, as long as the one around it is looked at. Written out only where there is something
/// to tell: a long key may be around thousands of values.
struct Place {
  const Place* around = nullptr;
  std::string_view key;  ///< of the outermost place: its whole path
  std::size_t index = no_index;

  static constexpr std::size_t no_index = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] std::string path() const {
    if (around == nullptr) return std::string(key);
    return index == no_index ? field_path(around->path(), shorten(key, max_shown_key_bytes))
                             : field_path(around->path(), index);
  }
};

class SchemaReader {
 public:
  explicit SchemaReader(std::vector<SchemaProblem>& problems) : problems_(problems) {}

  json read(const json& given, const Place& place, int depth = 0) {
    if (given.is_array() && given.empty()) return json::object();  // {} in a script is both
    if (!given.is_object()) return problem(place, "is not a table of JSON Schema keywords");
    if (depth > max_depth) {
      return problem(place, "is nested too deeply: " + std::to_string(max_depth) + " levels are the limit");
    }
    json schema = json::object();
    for (const auto& [key, value] : given.items()) {
      const Place at{&place, key};
      if (key == "type")
        schema[key] = type(value, at);
      else if (key == "description")
        schema[key] = description(value, at);
      else if (key == "properties")
        schema[key] = properties(value, at, depth);
      else if (key == "required")
        schema[key] = names(value, at);
      else if (key == "enum")
        schema[key] = choices(value, at);
      else if (key == "items")
        schema[key] = read(value, at, depth + 1);
      else if (key == "minimum" || key == "maximum")
        schema[key] = number(value, at);
      else if (key == "additionalProperties")
        schema[key] = boolean(value, at);
      else
        problem(at, "is not a keyword that is understood here; they are " + join(keywords));
    }
    check_required(schema, place);
    check_range(schema, place);
    return schema;
  }

  json problem(const Place& place, std::string message) {
    if (problems_.size() < max_schema_problems) problems_.push_back({place.path(), std::move(message)});
    return nullptr;
  }

 private:
  json type(const json& value, const Place& place) {
    const bool known = value.is_string() && std::find(types.begin(), types.end(),
                                                      value.get_ref<const std::string&>()) != types.end();
    return known ? value : problem(place, "must be one of " + join(types));
  }

  json description(const json& value, const Place& place) {
    return value.is_string() ? value : problem(place, "must be a string");
  }

  json number(const json& value, const Place& place) {
    return value.is_number() ? value : problem(place, "must be a number");
  }

  json boolean(const json& value, const Place& place) {
    return value.is_boolean() ? value : problem(place, "must be true or false");
  }

  json properties(const json& value, const Place& place, int depth) {
    if (value.is_array() && value.empty()) return json::object();
    if (!value.is_object()) return problem(place, "must be a table of schemas by name");
    if (value.size() > max_properties) {
      return problem(place, "holds " + std::to_string(value.size()) + " parameters; 10 are the limit");
    }
    json read_properties = json::object();
    for (const auto& [name, schema] : value.items()) {
      const Place at{&place, name};
      if (name.empty() || name.size() > max_property_name_bytes)
        problem(at, "must have a name of 1 to 64 bytes");
      read_properties[name] = read(schema, at, depth + 1);
    }
    return read_properties;
  }

  json names(const json& value, const Place& place) {
    if (value.is_object() && value.empty()) return json::array();
    const bool strings = value.is_array() && std::all_of(value.begin(), value.end(),
                                                         [](const json& name) { return name.is_string(); });
    return strings ? value : problem(place, "must be a list of parameter names");
  }

  json choices(const json& value, const Place& place) {
    const bool scalars = value.is_array() && !value.empty() && value.size() <= max_enum_values &&
                         std::all_of(value.begin(), value.end(), is_scalar);
    return scalars ? value : problem(place, "must be a list of 1 to 100 strings, numbers or booleans");
  }

  void check_required(const json& schema, const Place& place) {
    const json* required = member(schema, "required");
    if (required == nullptr || !required->is_array()) return;
    const json* known = member(schema, "properties");
    const Place list{&place, "required"};
    for (std::size_t i = 0; i < required->size(); ++i) {
      const auto& name = (*required)[i].get_ref<const std::string&>();
      if (known != nullptr && known->is_object() && known->contains(name)) continue;
      problem({&list, {}, i + 1},
              "names '" + shorten(name, max_shown_key_bytes) + "', which is not in properties");
    }
  }

  void check_range(const json& schema, const Place& place) {
    const json* minimum = member(schema, "minimum");
    const json* maximum = member(schema, "maximum");
    const bool both =
        minimum != nullptr && minimum->is_number() && maximum != nullptr && maximum->is_number();
    if (both && *minimum > *maximum) problem({&place, "minimum"}, "is larger than maximum");
  }

  std::vector<SchemaProblem>& problems_;
};

bool is_whole(const json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const auto number = value.get<double>();
  return std::isfinite(number) && std::trunc(number) == number;
}

bool has_type(const json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return is_whole(value);
  if (type == "boolean") return value.is_boolean();
  return value.is_null();
}

class ArgumentChecker {
 public:
  std::vector<SchemaProblem> check(const json& schema, const json& value) {
    check(schema, value, Place{});
    return std::move(problems_);
  }

 private:
  // As deep as the schema at the most.
  void check(const json& schema, const json& value, const Place& place) {
    if (is_full()) return;
    const json* type = member(schema, "type");
    if (type != nullptr && !has_type(value, type->get_ref<const std::string&>())) {
      return problem(place, "must be of type " + type->get<std::string>());
    }
    const json* choices = member(schema, "enum");
    if (choices != nullptr && !contains(*choices, value)) {
      return problem(place, "must be one of " + shorten(choices->dump(), 150));
    }
    if (value.is_number()) check_range(schema, value, place);
    if (value.is_object()) check_members(schema, value, place);
    if (value.is_array()) check_elements(schema, value, place);
  }

  void check_range(const json& schema, const json& value, const Place& place) {
    const json* minimum = member(schema, "minimum");
    const json* maximum = member(schema, "maximum");
    if (minimum != nullptr && value < *minimum) problem(place, "must be at least " + minimum->dump());
    if (maximum != nullptr && value > *maximum) problem(place, "must be at most " + maximum->dump());
  }

  void check_members(const json& schema, const json& value, const Place& place) {
    if (const json* required = member(schema, "required")) {
      for (const json& name : *required) {
        const auto& key = name.get_ref<const std::string&>();
        if (!value.contains(key)) problem({&place, key}, "is required");
      }
    }
    const json* properties = member(schema, "properties");
    const json* open = member(schema, "additionalProperties");
    for (const auto& [name, value_of_name] : value.items()) {
      const json* property = properties == nullptr ? nullptr : member(*properties, name);
      if (property != nullptr)
        check(*property, value_of_name, {&place, name});
      else if (open != nullptr && !open->get<bool>())
        problem({&place, name}, "is not a parameter of this tool");
    }
  }

  void check_elements(const json& schema, const json& value, const Place& place) {
    const json* items = member(schema, "items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < value.size() && !is_full(); ++i) check(*items, value[i], {&place, {}, i});
  }

  [[nodiscard]] bool is_full() const { return problems_.size() >= max_argument_problems; }

  void problem(const Place& place, std::string message) {
    if (!is_full()) problems_.push_back({place.path(), std::move(message)});
  }

  std::vector<SchemaProblem> problems_;
};

}  // namespace

ToolSchema read_tool_schema(const json& parameters, const std::string& path) {
  ToolSchema result;
  SchemaReader reader(result.problems);
  const Place whole{nullptr, path};
  result.schema = reader.read(parameters, whole);
  if (!result.schema.is_object()) return result;
  if (!result.schema.contains("type")) {
    reader.problem({&whole, "type"}, "is required, and is \"object\"");
  } else if (result.schema["type"].is_string() && result.schema["type"] != "object") {
    reader.problem({&whole, "type"}, "must be \"object\"");
  }
  if (!result.schema.contains("properties")) result.schema["properties"] = json::object();
  return result;
}

std::vector<SchemaProblem> check_arguments(const json& schema, const json& arguments) {
  return ArgumentChecker().check(schema, arguments);
}

}  // namespace unmuted
