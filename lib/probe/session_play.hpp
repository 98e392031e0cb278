#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probe/assertion.hpp"
#include "probe/connection.hpp"
#include "probe/outcome.hpp"
#include "probe/scope.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

/// One session of a scenario; an entry with a count has several.
struct Member {
  std::string id;  ///< "a", or "a[3]"
  const SessionSpec* spec = nullptr;
  std::size_t index = 0;
  Variables captured;  ///< of the member of a group; else captures are everybody's
  std::shared_ptr<Connection> connection;
};

/// The value of each of the step's captures in `document`. A problem: it is not there.
Outcome capture(const Step& step, const Json& document, Variables& variables);

/// The sessions of one run, and what they do. All must outlive it.
class SessionPlay {
 public:
  SessionPlay(World& world, const Scenario& scenario, Measurements& measurements);

  /// The step is done by all members of its session, side by side; the first problem of any of them counts.
  net::awaitable<Outcome> play(const Step& step, const SessionStep& session, Scope scope);

  void give_up();  ///< ends every wait, now and later
  void vanish();   ///< closes every socket

 private:
  struct Turn;

  net::awaitable<void> play_member(const Step& step, const Action& action, Member& member, Scope scope,
                                   Outcome& outcome);
  net::awaitable<Result<void>> connect(Member& member, Scope scope);
  net::awaitable<Outcome> transmit(Turn& turn, std::string payload, bool binary);
  Outcome received(Turn& turn, const Event& event);

  // One for each action.
  net::awaitable<Outcome> act(Turn& turn, const Open& open);
  net::awaitable<Outcome> act(Turn& turn, const Refused& refused);
  net::awaitable<Outcome> act(Turn& turn, const Close& close);
  net::awaitable<Outcome> act(Turn& turn, const Vanish& vanish);
  net::awaitable<Outcome> act(Turn& turn, const Send& send);
  net::awaitable<Outcome> act(Turn& turn, const SendRaw& raw);
  net::awaitable<Outcome> act(Turn& turn, const Expect& expect);
  net::awaitable<Outcome> act(Turn& turn, const Next& next);
  net::awaitable<Outcome> act(Turn& turn, const Absent& absent);
  net::awaitable<Outcome> act(Turn& turn, const ExpectClosed& expected);

  World& world_;
  Measurements& measurements_;
  std::map<std::string, std::vector<Member>> members_;
};

}  // namespace unmuted::probe
