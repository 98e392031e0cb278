#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "probe/pattern.hpp"

namespace unmuted::probe {

struct Event {
  Json json;
  TimePoint arrived;
};

/// What a session has received and no step has taken, in order of arrival.
class EventQueue {
 public:
  static constexpr std::size_t capacity = 100'000;

  /// False, and the event is dropped, when the queue is full.
  bool push(Event event);

  /// Takes the first event that matches; what stands before it stays.
  std::optional<Event> take_match(const Pattern& pattern);
  std::optional<Event> take_next();

  /// The first event that matches, left where it is; null when there is none.
  [[nodiscard]] const Event* find(const Pattern& pattern) const;

  /// Why the event that comes closest to `pattern` does not match; empty when there is no event.
  [[nodiscard]] std::string nearest_miss(const Pattern& pattern) const;

  /// The newest events, each cut to one line, for a report.
  [[nodiscard]] std::vector<std::string> excerpt() const;

 private:
  std::deque<Event> events_;
};

/// One event as a line of a report.
std::string one_line(const Json& event);

}  // namespace unmuted::probe
