#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted {

/// What is wrong with a schema or a value, and where: a path as of field_path.
struct SchemaProblem {
  std::string path;
  std::string message;
};

/// The parameters of a tool, as far as JSON Schema is understood here: type, description, properties,
/// required, enum, items, minimum, maximum and additionalProperties.
struct ToolSchema {
  nlohmann::json schema;  ///< with the empty tables of a script made objects or lists, as their keyword asks
  std::vector<SchemaProblem> problems;
};

/// Checks the parameters that a script gives a tool: an object with at most 10 properties, nested at most 8
/// deep. At most 50 problems. Paths begin with `path`; lists count from 1, as they do in a script.
ToolSchema read_tool_schema(const nlohmann::json& parameters, const std::string& path);

/// Checks the arguments of one call against a schema that read_tool_schema found no fault with. At most 10
/// problems; lists count from 0, as they do in JSON. Copies neither, and is as deep as the schema at the
/// most: its time is that of reading the arguments once.
std::vector<SchemaProblem> check_arguments(const nlohmann::json& schema, const nlohmann::json& arguments);

}  // namespace unmuted
