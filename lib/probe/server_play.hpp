#pragma once

#include <string>

#include "probe/condition.hpp"
#include "probe/outcome.hpp"
#include "probe/scope.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

/// The steps that look into a server inside this process, of one run. What it is given must outlive it.
class ServerPlay {
 public:
  ServerPlay(World& world, StopSignal& stop) : world_(world), stop_(stop) {}

  net::awaitable<Outcome> play(const Step& step, const ServerStep& server, Scope scope);

  /// Lets go what a step has held.
  void end();

 private:
  [[nodiscard]] Server& server() const;
  [[nodiscard]] std::string difference_from(const ServerHolds& expected) const;

  // One for each of those steps.
  net::awaitable<Outcome> act(const Step& step, const HoldPool& hold, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const ReleasePool& release, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const WaitHeld& wait, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const ServerHolds& expected, Scope scope);
  net::awaitable<Outcome> act(const Step& step, const ReloadDefault& reload, Scope scope);

  World& world_;
  StopSignal& stop_;
  bool pool_held_ = false;
};

}  // namespace unmuted::probe
