#include "probe/play.hpp"

#include <utility>

#include "probe/file_steps.hpp"

namespace unmuted::probe {

using net::awaitable;

Play::Play(World& world, const Scenario& scenario, const RunOptions& options)
    : world_(world),
      scenario_(scenario),
      options_(options),
      stop_(world.io().get_executor()),
      sessions_(world, scenario, stop_, measurements_),
      requests_(world, stop_, measurements_),
      server_(world, stop_) {}

void Play::run(RunResult& result) {
  const auto at_end = [this] {
    server_.end();
    sessions_.vanish();
  };
  world_.run(play_all(scenario_.steps, Scope(world_.variables())), at_end);
  auto voices = sessions_.check_voices();
  if (voices && !options_.audio_directory.empty())
    voices = sessions_.save_voices(options_.audio_directory, options_.audio_prefix);
  if (!voices) end(scenario_.steps.back(), std::move(voices.error()));
  result.steps = begun_;
  result.latencies = std::move(measurements_.latencies);
  result.failure = std::move(failure_);
}

awaitable<void> Play::play_all(const std::vector<Step>& steps, Scope scope) {
  for (const Step& step : steps) {
    if (failure_) co_return;
    ++begun_;
    if (options_.on_step) options_.on_step(step);
    auto task = std::visit([&](const auto& what) { return play(step, what, scope); }, step.what);
    auto outcome = co_await std::move(task);
    if (!outcome) end(step, std::move(outcome.error()));
  }
}

/// The first failure ends the run: whoever still waits gives up.
void Play::end(const Step& step, Problem found) {
  if (failure_) return;
  failure_ =
      Failure{step.place, step.source, std::move(found.message), std::move(found.events), found.environment};
  stop_.stop();
  sessions_.give_up();
}

awaitable<Outcome> Play::play(const Step& step, const SessionStep& session, Scope scope) {
  return sessions_.play(step, session, std::move(scope));
}

awaitable<Outcome> Play::play(const Step&, const Parallel& parallel, Scope scope) {
  std::vector<awaitable<void>> branches;
  for (const auto& branch : parallel.branches) branches.push_back(play_all(branch, scope));
  co_await run_all(std::move(branches));
  co_return Outcome();
}

awaitable<Outcome> Play::play(const Step&, const Repeat& repeat, Scope scope) {
  for (std::size_t round = 0; round < repeat.times && !failure_; ++round) {
    auto inner = scope.in_round(round);
    co_await play_all(repeat.steps, std::move(inner));
  }
  co_return Outcome();
}

awaitable<Outcome> Play::play(const Step&, const Sleep& sleep, Scope) {
  co_await stop_.pause_until(Clock::now() + sleep.time);
  co_return Outcome();
}

awaitable<Outcome> Play::play(const Step& step, const RequestStep& request, Scope scope) {
  return requests_.play(step, request, std::move(scope));
}

awaitable<Outcome> Play::play(const Step& step, const ServerStep& server, Scope scope) {
  return server_.play(step, server, std::move(scope));
}

awaitable<Outcome> Play::play(const Step&, const FileStep& files, Scope scope) {
  std::function<Outcome()> work = [this, &files, scope = std::move(scope)] {
    return change_files(files, world_.folder(), scope);
  };
  return world_.beside(std::move(work));
}

}  // namespace unmuted::probe
