#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "conversation/spoken.hpp"
#include "core/clock.hpp"
#include "core/turn_id.hpp"

namespace unmuted {

/// A reply that no voice speaks: when each of its words counts as spoken, at the speed of somebody who reads
/// aloud. A word is begun when it is there and the one before it is over, and counts at its end.
///
/// One reply at a time: the first that is said of another takes its place. Nothing that is said of a reply
/// that was stopped, or has been spoken, may follow. `now` never goes back.
class SilentReading {
 public:
  /// 0: a word counts as soon as it is said.
  explicit SilentReading(unsigned words_per_minute);

  /// The next word of the reply.
  void say(TurnId turn, TimePoint now);
  /// Of the words of the reply that have not been spoken, the last ones shall not be.
  void take_back(TurnId turn, std::size_t words);
  /// All words were said.
  void complete(TurnId turn);
  /// No more of the reply is spoken.
  void stop(TurnId turn);

  /// When take() has something next; nothing unless something more is said.
  [[nodiscard]] std::optional<TimePoint> next() const;
  /// What has been spoken by `now`, one thing a call: each word, and the end of a reply that is complete.
  std::optional<Spoken> take(TimePoint now);

 private:
  void follow(TurnId turn);
  void clear();

  Duration of_a_word_;
  std::optional<TurnId> turn_;
  std::deque<TimePoint> ends_;  ///< of the words that have not been spoken
  TimePoint last_end_{};
  bool complete_ = false;
};

}  // namespace unmuted
