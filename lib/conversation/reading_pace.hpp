#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/clock.hpp"

namespace unmuted {

/// When each word of a reply counts as spoken while no voice speaks: at the speed of somebody who reads
/// aloud. A word is begun when it is there and the one before it is over, and counts at its end.
class ReadingPace {
 public:
  /// 0: every word counts at once.
  explicit ReadingPace(unsigned words_per_minute);

  /// A word was produced.
  void add_word(TimePoint now);
  /// When the next word is over; nothing when there is none.
  [[nodiscard]] std::optional<TimePoint> next() const;
  /// How many words are over by `now`. They are counted once.
  std::size_t take_until(TimePoint now);
  /// The reply is over: its words do not count any more.
  void clear();

 private:
  Duration of_a_word_;
  std::deque<TimePoint> ends_;
  TimePoint last_end_{};
};

}  // namespace unmuted
