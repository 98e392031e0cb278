#pragma once

#include <optional>
#include <vector>

#include "probe/condition.hpp"
#include "probe/outcome.hpp"
#include "probe/request_play.hpp"
#include "probe/runner.hpp"
#include "probe/server_play.hpp"
#include "probe/session_play.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

/// One pass over the steps of a scenario. What it is given must outlive it.
class Play {
 public:
  Play(World& world, const Scenario& scenario, const RunOptions& options);

  /// Plays all steps, or up to the first failure, and blocks. What was done, measured and failed is in
  /// `result` then.
  void run(RunResult& result);

 private:
  net::awaitable<void> play_all(const std::vector<Step>& steps, Scope scope);
  void end(const Step& step, Problem found);

  // One for each kind of step, or for each group of them.
  net::awaitable<Outcome> play(const Step& step, const SessionStep& session, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const Parallel& parallel, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const Repeat& repeat, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const Sleep& sleep, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const RequestStep& request, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const ServerStep& server, Scope scope);
  net::awaitable<Outcome> play(const Step& step, const FileStep& files, Scope scope);

  World& world_;
  const Scenario& scenario_;
  const RunOptions& options_;
  std::size_t begun_ = 0;  ///< steps
  Measurements measurements_;
  std::optional<Failure> failure_;
  StopSignal stop_;
  SessionPlay sessions_;
  RequestPlay requests_;
  ServerPlay server_;
};

}  // namespace unmuted::probe
