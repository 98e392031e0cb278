#include "probe/scenario.hpp"

#include <algorithm>

namespace unmuted::probe {
namespace {

template <class... Kinds, class Variant>
bool is_any_of(const Variant& what) {
  return (std::holds_alternative<Kinds>(what) || ...);
}

class Checks {
 public:
  explicit Checks(const Scenario& scenario) : sessions_(scenario.sessions) {}

  [[nodiscard]] bool any(const std::vector<Step>& steps) const {
    return std::any_of(steps.begin(), steps.end(), [this](const Step& step) {
      return std::visit([this](const auto& what) { return this->checks(what); }, step.what);
    });
  }

 private:
  [[nodiscard]] bool checks(const SessionStep& step) const {
    return sessions_.at(step.session).count > 0 && !is_any_of<Vanish, Send, SendRaw>(step.action);
  }
  [[nodiscard]] bool checks(const Parallel& parallel) const {
    return std::any_of(parallel.branches.begin(), parallel.branches.end(),
                       [this](const auto& branch) { return any(branch); });
  }
  [[nodiscard]] bool checks(const Repeat& repeat) const { return repeat.times > 0 && any(repeat.steps); }
  static bool checks(const Assert& step) { return !step.assertions.empty(); }
  static bool checks(const ServerHolds& holds) { return holds.sessions || holds.modules || holds.characters; }
  static bool checks(const HttpStep&) { return true; }  // that there is an answer
  static bool checks(const Scrape&) { return true; }
  static bool checks(const WaitHeld&) { return true; }
  static bool checks(const ReloadDefault&) { return true; }
  static bool checks(const Sleep&) { return false; }
  static bool checks(const HoldPool&) { return false; }
  static bool checks(const ReleasePool&) { return false; }
  static bool checks(const WriteFile&) { return false; }
  static bool checks(const CopyFiles&) { return false; }
  static bool checks(const RemoveFiles&) { return false; }

  const std::map<std::string, SessionSpec>& sessions_;
};

}  // namespace

bool ends_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool needs_in_process(const std::vector<Step>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
      return std::any_of(parallel->branches.begin(), parallel->branches.end(), needs_in_process);
    }
    if (const auto* repeat = std::get_if<Repeat>(&step.what)) return needs_in_process(repeat->steps);
    return is_any_of<HoldPool, ReleasePool, WaitHeld, ServerHolds, ReloadDefault>(step.what);
  });
}

bool checks_something(const Scenario& scenario) {
  return Checks(scenario).any(scenario.steps);
}

}  // namespace unmuted::probe
