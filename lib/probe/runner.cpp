#include "probe/runner.hpp"

#include <utility>

#include "probe/play.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

RunResult run_scenario(const Scenario& scenario, const RunOptions& options) {
  const TimePoint start = Clock::now();
  RunResult result;
  result.name = scenario.name;
  result.file = scenario.file;
  auto world = World::make(scenario, options);
  if (world) {
    Play(**world, scenario, options).run(result);
  } else {
    Problem& found = world.error();
    result.failure = Failure{scenario.server ? scenario.server->place : Place{1, 1}, "starting the scenario",
                             std::move(found.message), std::move(found.events), found.environment};
  }
  result.elapsed = Clock::now() - start;
  return result;
}

}  // namespace unmuted::probe
