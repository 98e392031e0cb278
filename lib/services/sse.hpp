#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace unmuted {

struct SseEvent {
  std::string type;  ///< empty unless the stream gives one
  std::string data;

  bool operator==(const SseEvent&) const = default;
};

/// Server-sent events, read as their bytes arrive. Ids and retry times are passed over, which no language
/// model uses. An event that the stream ends in the middle of never was.
class SseParser {
 public:
  static constexpr std::size_t max_event = 1U << 20U;  ///< bytes of a line, and of the data of one event

  /// Adds the events that `bytes` completes to `events`. Error: invalid_events, when one is too long; those
  /// before it have been added, and the parser is of no more use.
  Result<void> feed(std::string_view bytes, std::vector<SseEvent>& events);

 private:
  void end_line(std::vector<SseEvent>& events);

  std::string line_;
  std::string type_;
  std::string data_;  ///< of the event so far, a line break after each of its lines
  bool first_line_ = true;
  bool after_cr_ = false;  ///< a line feed now belongs to the line break before
};

}  // namespace unmuted
