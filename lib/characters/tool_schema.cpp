#include "characters/tool_schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
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
constexpr std::size_t max_argument_problems = 10;

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

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

class SchemaReader {
 public:
  explicit SchemaReader(std::vector<SchemaProblem>& problems) : problems_(problems) {}

  json read(const json& given, const std::string& path, int depth = 0) {
    if (given.is_array() && given.empty()) return json::object();  // {} in a script is both
    if (!given.is_object()) return problem(path, "is not a table of JSON Schema keywords");
    if (depth > max_depth)
      return problem(path, "is nested too deeply: " + std::to_string(max_depth) + " levels are the limit");
    json schema = json::object();
    for (const auto& [key, value] : given.items()) {
      const std::string at = field_path(path, key);
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
    check_required(schema, path);
    check_range(schema, path);
    return schema;
  }

 private:
  json problem(std::string path, std::string message) {
    problems_.push_back({std::move(path), std::move(message)});
    return nullptr;
  }

  json type(const json& value, const std::string& path) {
    const bool known = value.is_string() && std::find(types.begin(), types.end(),
                                                      value.get_ref<const std::string&>()) != types.end();
    return known ? value : problem(path, "must be one of " + join(types));
  }

  json description(const json& value, const std::string& path) {
    return value.is_string() ? value : problem(path, "must be a string");
  }

  json number(const json& value, const std::string& path) {
    return value.is_number() ? value : problem(path, "must be a number");
  }

  json boolean(const json& value, const std::string& path) {
    return value.is_boolean() ? value : problem(path, "must be true or false");
  }

  json properties(const json& value, const std::string& path, int depth) {
    if (value.is_array() && value.empty()) return json::object();
    if (!value.is_object()) return problem(path, "must be a table of schemas by name");
    if (value.size() > max_properties) {
      return problem(path, "holds " + std::to_string(value.size()) + " parameters; 10 are the limit");
    }
    json read_properties = json::object();
    for (const auto& [name, schema] : value.items()) {
      const std::string at = field_path(path, name);
      if (name.empty() || name.size() > max_property_name_bytes)
        problem(at, "must have a name of 1 to 64 bytes");
      read_properties[name] = read(schema, at, depth + 1);
    }
    return read_properties;
  }

  json names(const json& value, const std::string& path) {
    if (value.is_object() && value.empty()) return json::array();
    const bool strings = value.is_array() && std::all_of(value.begin(), value.end(),
                                                         [](const json& name) { return name.is_string(); });
    return strings ? value : problem(path, "must be a list of parameter names");
  }

  json choices(const json& value, const std::string& path) {
    const bool scalars = value.is_array() && !value.empty() && value.size() <= max_enum_values &&
                         std::all_of(value.begin(), value.end(), is_scalar);
    return scalars ? value : problem(path, "must be a list of 1 to 100 strings, numbers or booleans");
  }

  void check_required(const json& schema, const std::string& path) {
    const auto required = schema.find("required");
    if (required == schema.end() || !required->is_array()) return;
    const json known = schema.value("properties", json::object());
    for (std::size_t i = 0; i < required->size(); ++i) {
      const auto& name = (*required)[i].get_ref<const std::string&>();
      if (known.is_object() && known.contains(name)) continue;
      problem(field_path(field_path(path, "required"), i + 1),
              "names '" + name + "', which is not in properties");
    }
  }

  void check_range(const json& schema, const std::string& path) {
    const json minimum = schema.value("minimum", json());
    const json maximum = schema.value("maximum", json());
    if (minimum.is_number() && maximum.is_number() && minimum > maximum) {
      problem(field_path(path, "minimum"), "is larger than maximum");
    }
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
    check(schema, value, "");
    return std::move(problems_);
  }

 private:
  void check(const json& schema, const json& value, const std::string& path) {
    const auto type = schema.find("type");
    if (type != schema.end() && !has_type(value, type->get_ref<const std::string&>())) {
      return problem(path, "must be of type " + type->get<std::string>());
    }
    const auto choices = schema.find("enum");
    if (choices != schema.end() && !contains(*choices, value)) {
      return problem(path, "must be one of " + shorten(choices->dump(), 150));
    }
    if (value.is_number()) check_range(schema, value, path);
    if (value.is_object()) check_members(schema, value, path);
    if (value.is_array()) check_elements(schema, value, path);
  }

  void check_range(const json& schema, const json& value, const std::string& path) {
    const auto minimum = schema.find("minimum");
    const auto maximum = schema.find("maximum");
    if (minimum != schema.end() && value < *minimum) problem(path, "must be at least " + minimum->dump());
    if (maximum != schema.end() && value > *maximum) problem(path, "must be at most " + maximum->dump());
  }

  void check_members(const json& schema, const json& value, const std::string& path) {
    const json properties = schema.value("properties", json::object());
    for (const auto& name : schema.value("required", json::array())) {
      if (!value.contains(name)) problem(field_path(path, name.get_ref<const std::string&>()), "is required");
    }
    const bool closed = !schema.value("additionalProperties", true);
    for (const auto& [name, member] : value.items()) {
      const auto property = properties.find(name);
      if (property != properties.end())
        check(*property, member, field_path(path, name));
      else if (closed)
        problem(field_path(path, shorten(name, 50)), "is not a parameter of this tool");
    }
  }

  void check_elements(const json& schema, const json& value, const std::string& path) {
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (std::size_t i = 0; i < value.size() && problems_.size() < max_argument_problems; ++i) {
      check(*items, value[i], field_path(path, i));
    }
  }

  void problem(std::string path, std::string message) {
    if (problems_.size() < max_argument_problems) problems_.push_back({std::move(path), std::move(message)});
  }

  std::vector<SchemaProblem> problems_;
};

}  // namespace

ToolSchema read_tool_schema(const json& parameters, const std::string& path) {
  ToolSchema result;
  result.schema = SchemaReader(result.problems).read(parameters, path);
  if (!result.schema.is_object()) return result;
  if (!result.schema.contains("type")) {
    result.problems.push_back({field_path(path, "type"), "is required, and is \"object\""});
  } else if (result.schema["type"].is_string() && result.schema["type"] != "object") {
    result.problems.push_back({field_path(path, "type"), "must be \"object\""});
  }
  if (!result.schema.contains("properties")) result.schema["properties"] = json::object();
  return result;
}

std::vector<SchemaProblem> check_arguments(const json& schema, const json& arguments) {
  return ArgumentChecker().check(schema, arguments);
}

}  // namespace unmuted
