#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "probe/assertion.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {

struct RunOptions {
  std::string url;          ///< ws://host:port or wss; not used with in_process
  bool in_process = false;  ///< against a server of its own, as the scenario's `server` says
  std::map<std::string, std::string> variables;   ///< stand before those of the scenario
  std::function<void(const Step&)> on_step = {};  ///< before each step, on the caller's thread
  std::string ca_file = {};  ///< certificates to trust besides the system's; may be empty
  /// Where to write what each session has heard, as PREFIX.SESSION.wav; empty: nowhere.
  std::string audio_directory = {};
  std::string audio_prefix = {};
};

/// Why a run did not go through.
struct Failure {
  Place place;
  std::string step;                 ///< the line of the file
  std::string message;              ///< what was expected, and what was instead
  std::vector<std::string> events;  ///< what the session had received and no step had taken
  bool environment = false;         ///< the run could not be made: no server, no such variable, no file
};

struct RunResult {
  std::string name;
  std::string file;
  std::size_t steps = 0;  ///< that were run, each round of a repetition counted
  Duration elapsed{};
  std::map<std::string, std::vector<double>> latencies;  ///< by label, seconds
  std::optional<Failure> failure;                        ///< the first; it ends the run
};

/// Runs a scenario from beginning to end on the calling thread, and blocks. Every wait in it has an end.
RunResult run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace unmuted::probe
