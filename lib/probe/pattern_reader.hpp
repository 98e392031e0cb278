#pragma once

#include <map>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "probe/pattern.hpp"

// How patterns stand in a scenario. All throw YamlFault.
namespace unmuted::probe {

/// A mapping of paths to values or matchers.
Pattern read_pattern(const YAML::Node& node);

/// A value, or a mapping of matchers.
std::vector<Matcher> read_matchers(const YAML::Node& node);

/// Variables to the paths of their values.
std::map<std::string, JsonPath> read_capture(const YAML::Node& node);

}  // namespace unmuted::probe
