#include "probe/server_play.hpp"

#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace unmuted::probe {

using net::awaitable;

awaitable<Outcome> ServerPlay::play(const Step& step, const ServerStep& server, Scope scope) {
  return std::visit([&](const auto& what) { return act(step, what, std::move(scope)); }, server);
}

void ServerPlay::end() {
  if (world_.server() != nullptr) server().pool().open_gate();
}

// World::make refuses a scenario that has such steps where there is none.
Server& ServerPlay::server() const {
  return *world_.server();
}

awaitable<Outcome> ServerPlay::act(const Step&, const HoldPool&, Scope) {
  server().pool().shut_gate();
  pool_held_ = true;
  co_return Outcome();
}

awaitable<Outcome> ServerPlay::act(const Step&, const ReleasePool&, Scope) {
  server().pool().open_gate();
  pool_held_ = false;
  co_return Outcome();
}

awaitable<Outcome> ServerPlay::act(const Step& step, const WaitHeld& wait, Scope) {
  WorkerPool& pool = server().pool();
  std::function<Outcome()> work = [&pool, count = wait.count, within = step.patience()]() -> Outcome {
    if (pool.wait_for_held(count, within)) return {};
    return problem("the pool did not hold " + std::to_string(count) + " jobs within " + show(within));
  };
  return world_.beside(std::move(work));
}

awaitable<Outcome> ServerPlay::act(const Step& step, const ServerHolds& expected, Scope) {
  const TimePoint deadline = Clock::now() + step.patience();
  std::string difference = difference_from(expected);
  while (!difference.empty() && Clock::now() < deadline && !stop_.is_given()) {
    co_await stop_.pause_until(Clock::now() + World::poll_interval);
    difference = difference_from(expected);
  }
  if (difference.empty()) co_return Outcome();
  co_return problem(difference);
}

std::string ServerPlay::difference_from(const ServerHolds& expected) const {
  const std::tuple<const char*, std::optional<std::size_t>, std::size_t> counts[] = {
      {"sessions", expected.sessions, server().session_count()},
      {"modules", expected.modules, server().modules().size()},
      {"characters", expected.characters, server().living_characters()}};
  std::vector<std::string> differences;
  for (const auto& [what, wanted, there] : counts) {
    if (!wanted || *wanted == there) continue;
    differences.push_back("the server holds " + std::to_string(there) + " " + what + " and should hold " +
                          std::to_string(*wanted));
  }
  return joined(differences);
}

awaitable<Outcome> ServerPlay::act(const Step&, const ReloadDefault& reload, Scope scope) {
  // It blocks this thread, and only this thread could open the gate.
  if (pool_held_) co_return problem("release the pool before the default is reloaded");
  const auto reloaded = server().reload_default();
  if (reload.outcome.fields.empty()) {
    if (!reloaded) co_return problem("reloading the default failed: " + reloaded.error().message);
    co_return Outcome();
  }
  Json outcome = {{"ok", reloaded.has_value()}};
  if (!reloaded) outcome.update({{"code", reloaded.error().code}, {"message", reloaded.error().message}});
  co_return scope.check(reload.outcome, outcome);
}

}  // namespace unmuted::probe
