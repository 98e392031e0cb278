#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probe/assertion.hpp"
#include "probe/condition.hpp"
#include "probe/connection.hpp"
#include "probe/microphone.hpp"
#include "probe/outcome.hpp"
#include "probe/scope.hpp"
#include "probe/speech.hpp"
#include "probe/voice_log.hpp"
#include "probe/world.hpp"

namespace unmuted::probe {

/// When the steps with these labels were last passed: their events arrived, their sound ended.
using TimesByLabel = std::map<std::string, TimePoint>;

/// One session of a scenario; an entry with a count has several.
struct Member {
  std::string id;  ///< "a", or "a[3]"
  const SessionSpec* spec = nullptr;
  std::size_t index = 0;
  Variables captured;  ///< of the member of a group; else captures are everybody's
  std::shared_ptr<Connection> connection;
  std::shared_ptr<Microphone> microphone;  ///< of that connection
  std::shared_ptr<VoiceLog> voice;         ///< of all its connections
  TimesByLabel passed;                     ///< of the member of a group, as with captures
};

/// The value of each of the step's captures in `document`. A problem: it is not there.
Outcome capture(const Step& step, const Json& document, Variables& variables);

/// The sessions of one run, and what they do. All must outlive it.
class SessionPlay {
 public:
  SessionPlay(World& world, const Scenario& scenario, StopSignal& stop, Measurements& measurements);

  /// The step is done by all members of its session, side by side; the first problem of any of them counts.
  net::awaitable<Outcome> play(const Step& step, const SessionStep& session, Scope scope);

  /// Audio that came, which a browser could not play: of any session whose steps have not told it.
  [[nodiscard]] Outcome check_voices() const;

  /// Writes what each session has heard into a file of its own in the directory: PREFIX.SESSION.wav. Blocks.
  [[nodiscard]] Outcome save_voices(const std::string& directory, const std::string& prefix) const;

  void give_up();  ///< ends every wait, now and later
  void vanish();   ///< closes every socket

 private:
  /// One step of one member.
  struct Turn {
    const Step& step;
    Member& member;
    const Scope scope;

    [[nodiscard]] TimePoint deadline() const { return Clock::now() + step.patience(); }
  };

  net::awaitable<void> play_member(const Step& step, const Action& action, Member& member, Scope scope,
                                   Outcome& outcome);
  net::awaitable<Result<void>> connect(Member& member, Scope scope);
  void prepare_connection(Member& member);
  static Outcome check_voice(const Member& member);
  static Outcome not_open();
  net::awaitable<Outcome> transmit(Turn& turn, std::string payload, bool binary);
  static net::awaitable<Outcome> not_sent(Turn& turn, Error error);
  net::awaitable<Resolved<Event>> await_event(Turn& turn, const Pattern& pattern);
  Outcome received(Turn& turn, const Event& event);
  Outcome check_limit(Turn& turn, TimePoint arrived);
  TimesByLabel& passed(Member& member) { return member.spec->group ? member.passed : passed_; }
  net::awaitable<Resolved<std::shared_ptr<Utterance>>> prepare(Turn& turn, const Speak& speak);
  net::awaitable<Outcome> utter(Turn& turn, std::shared_ptr<Utterance> utterance);

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
  net::awaitable<Outcome> act(Turn& turn, const ExpectAll& all);
  net::awaitable<Outcome> act(Turn& turn, const ExpectClosed& expected);
  net::awaitable<Outcome> act(Turn& turn, const Speak& speak);
  net::awaitable<Outcome> act(Turn& turn, const SendAfter& after);

  World& world_;
  StopSignal& stop_;
  Measurements& measurements_;
  std::map<std::string, std::vector<Member>> members_;
  TimesByLabel passed_;
};

}  // namespace unmuted::probe
