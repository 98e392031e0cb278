#include "probe/step_reader.hpp"

#include <algorithm>

#include "core/utf8.hpp"
#include "probe/pattern_reader.hpp"
#include "probe/step_kinds.hpp"
#include "probe/yaml.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_source = 300;  ///< bytes of a line that a report shows
constexpr const char* within = "within";
const std::string no_session;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Of a step that waits for an event it may also be counted from another step. How long the event is waited
/// for is something else then: that it comes too late is told when it comes.
void read_within(Step& step, Mapping& mapping) {
  const auto time = mapping.take(within);
  if (!time) return;
  if (!time->IsMap() || step.kind == nullptr || !step.kind->answered) {
    step.within = to_duration(*time);
    return;
  }
  Mapping limit(*time, "'within'");
  const std::string of = to_name(limit.need("of"));
  step.limit = TimeLimit{of, to_duration(limit.need("at_most"))};
  limit.finish();
  step.within = std::max(step.patience(), step.limit->at_most);
}

}  // namespace

StepReader::StepReader(const std::map<std::string, SessionSpec>& sessions, std::string_view file)
    : sessions_(sessions), lines_(lines_of(file)) {}

std::vector<Step> StepReader::read_list(const YAML::Node& node) const {
  if (!node.IsSequence()) fault(node, "a list of steps must stand here");
  std::vector<Step> steps;
  for (const YAML::Node& child : node) steps.push_back(read(child));
  return steps;
}

Step StepReader::read(const YAML::Node& node) const {
  Step step;
  step.place = place_of(node);
  step.source = line_of(step.place);
  if (node.IsScalar()) {
    step.kind = find_kind(other_steps(), node.Scalar());
    if (step.kind != nullptr && step.kind->alone != nullptr) {
      step.what = step.kind->alone({node, no_session, *this, step});
      return step;
    }
  }
  if (!node.IsMap() || node.size() == 0) fault(node, "a step must be a mapping, as in '- a: open'");
  Mapping mapping(node, "the step");
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (key == within) continue;
    if (sessions_.contains(key))
      read_of_session(step, key, entry.second);
    else
      read_other(step, entry.first, entry.second);
    mapping.take(key);
    break;
  }
  read_within(step, mapping);
  mapping.finish();
  return step;
}

void StepReader::read_of_session(Step& step, const std::string& session, const YAML::Node& node) const {
  const auto kinds = session_steps();
  if (node.IsScalar()) {
    step.kind = find_kind(kinds, node.Scalar());
    if (step.kind == nullptr || step.kind->alone == nullptr) {
      fault(node, "'" + node.Scalar() + "' is no action that stands alone: " + names_of(kinds, true));
    }
    step.what = step.kind->alone({node, session, *this, step});
    return;
  }
  Mapping mapping(node, "a step of session '" + session + "'");
  for (const StepKind& kind : kinds) {
    if (kind.read == nullptr) continue;
    const auto value = mapping.take(std::string(kind.name));
    if (!value) continue;
    step.kind = &kind;
    step.what = kind.read({*value, session, *this, step});
    break;
  }
  if (step.kind == nullptr) {
    mapping.finish();
    fault(node, "what shall the session do? " + names_of(kinds));
  }
  read_within(step, mapping);
  if (step.kind->answered || step.kind->sounds) {
    if (const auto label = mapping.take("label")) step.label = to_name(*label);
  }
  if (step.kind->answered) {
    if (const auto capture = mapping.take("capture")) step.capture = read_capture(*capture);
  }
  mapping.finish();
}

void StepReader::read_other(Step& step, const YAML::Node& name, const YAML::Node& node) const {
  step.kind = find_kind(other_steps(), name.Scalar());
  if (step.kind == nullptr)
    fault(name, "'" + name.Scalar() + "' is neither a session nor a step: " + names_of(other_steps()));
  step.what = step.kind->read({node, no_session, *this, step});
}

std::string StepReader::line_of(Place place) const {
  const auto index = static_cast<std::size_t>(place.line - 1);
  if (index >= lines_.size()) return {};
  const std::string_view line = lines_[index];
  return shorten(line.substr(std::min(line.find_first_not_of(" -"), line.size())),
                 max_source);  // all steps may stand on one line
}

void check_session_name(const YAML::Node& node) {
  const std::string& name = node.Scalar();
  if (name != within && find_kind(other_steps(), name) == nullptr) return;
  fault(node, "'" + name + "' names a step and cannot name a session");
}

}  // namespace unmuted::probe
