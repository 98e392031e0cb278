#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "probe/scenario.hpp"

namespace unmuted::probe {

/// Reads steps, with the help of the table of their kinds.
class StepReader {
 public:
  /// `file` is the text that the nodes are of. Both must outlive it.
  StepReader(const std::map<std::string, SessionSpec>& sessions, std::string_view file);

  /// The steps of a list. Throws YamlFault.
  [[nodiscard]] std::vector<Step> read_list(const YAML::Node& node) const;

  [[nodiscard]] bool has_session(const std::string& name) const { return sessions_.contains(name); }

 private:
  [[nodiscard]] Step read(const YAML::Node& node) const;
  void read_of_session(Step& step, const std::string& session, const YAML::Node& node) const;
  void read_other(Step& step, const YAML::Node& name, const YAML::Node& node) const;
  [[nodiscard]] std::string line_of(Place place) const;

  const std::map<std::string, SessionSpec>& sessions_;
  std::vector<std::string_view> lines_;
};

/// Throws a YamlFault when `node`, which names a session, is the name of a step, or of what stands beside
/// one.
void check_session_name(const YAML::Node& node);

}  // namespace unmuted::probe
