#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "probe/scenario.hpp"

// What the scenario reader knows of YAML. A fault is thrown, and caught where the file was opened: a
// recursive descent with a Result at every step would hide the grammar.
namespace unmuted::probe {

struct YamlFault {
  Place place;
  std::string message;
};

/// Throws a YamlFault at the place of `node`.
[[noreturn]] void fault(const YAML::Node& node, std::string message);

Place place_of(const YAML::Node& node);

/// Parses `text` and checks what holds for every file: UTF-8, one document, nesting, number of values, length
/// of all texts, tags, keys that are texts and stand once in their mapping. Throws YamlFault and
/// YAML::Exception.
YAML::Node load_yaml(std::string_view text);

/// Whether it has neither quotes nor a tag, so that the core schema says what it is.
bool is_plain(const YAML::Node& node);

// What a node is by the core schema of YAML 1.2 (yaml_scalar.hpp); what is quoted is a text. All throw a
// YamlFault.
Json to_json(const YAML::Node& node);         ///< a number that JSON does not have is a fault
std::string to_text(const YAML::Node& node);  ///< a plain scalar but null as it is written
std::size_t to_count(const YAML::Node& node, std::size_t most);
Milliseconds to_duration(const YAML::Node& node);  ///< a number is seconds; a text is as for parse_duration
std::string to_name(const YAML::Node& node);       ///< of a variable or a label: is_name
/// A text that is part of one line of a request, and must not begin another. `what` names it in errors.
std::string to_line(const YAML::Node& node, const std::string& what);
Headers to_headers(const YAML::Node& node);

/// A mapping whose keys are taken one by one; what nobody took is unknown.
class Mapping {
 public:
  /// Throws when `node` is no mapping. `what` names it in errors.
  Mapping(const YAML::Node& node, std::string what);

  [[nodiscard]] bool has(const std::string& key) const;
  std::optional<YAML::Node> take(const std::string& key);
  YAML::Node need(const std::string& key);
  /// Throws for the first key that was not taken.
  void finish() const;

 private:
  YAML::Node node_;
  std::string what_;
  std::vector<std::string> asked_;
};

}  // namespace unmuted::probe
