#include "probe/scenario.hpp"

#include <algorithm>

#include "probe/step_kinds.hpp"

namespace unmuted::probe {
namespace {

/// Whether `is` holds for one of the steps, or of those within them.
template <class Is>
bool any(const std::vector<Step>& steps, const Is& is) {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
      return std::any_of(parallel->branches.begin(), parallel->branches.end(),
                         [&](const auto& branch) { return any(branch, is); });
    }
    if (const auto* repeat = std::get_if<Repeat>(&step.what))
      return repeat->times > 0 && any(repeat->steps, is);
    return is(step);
  });
}

}  // namespace

bool ends_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::string show(Milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

bool needs_in_process(const std::vector<Step>& steps) {
  return any(steps, [](const Step& step) { return std::holds_alternative<ServerStep>(step.what); });
}

bool checks_something(const Scenario& scenario) {
  return any(scenario.steps, [&](const Step& step) {
    const auto* of_session = std::get_if<SessionStep>(&step.what);
    const bool happens = of_session == nullptr || scenario.sessions.at(of_session->session).count > 0;
    return happens && step.kind->checks(step.what);
  });
}

}  // namespace unmuted::probe
