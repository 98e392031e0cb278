#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "services/json_extent.hpp"

namespace unmuted {

struct SseEvent {
  std::string type;  ///< empty unless the stream gives one
  std::string data;

  bool operator==(const SseEvent&) const = default;
};

/// Server-sent events, read as their bytes arrive. Ids and retry times are passed over, which no language
/// model uses. A line of data after a whole object of JSON begins the next event, for servers that do not
/// part events by a blank line.
class SseParser {
 public:
  static constexpr std::size_t max_event = 1U << 20U;  ///< bytes of a line, and of the data of one event

  /// Adds the events that `bytes` completes to `events`. Error: invalid_events, when one is too long; those
  /// before it have been added, and the parser is of no more use.
  Result<void> feed(std::string_view bytes, std::vector<SseEvent>& events);
  /// Nothing more comes: what is there of a last event is one.
  void finish(std::vector<SseEvent>& events);

 private:
  void end_line(std::vector<SseEvent>& events);
  void end_event(std::vector<SseEvent>& events);
  void add_data(std::string_view line);

  std::string line_;
  std::string type_;
  std::string data_;     ///< of the event so far, a line break after each of its lines
  JsonExtent extent_;    ///< of the data, when it begins like an object
  bool begun_ = false;   ///< the data has more than blanks
  bool object_ = false;  ///< it begins like an object
  bool whole_ = false;   ///< it is an object, as far as brackets tell
  bool first_line_ = true;
  bool after_cr_ = false;  ///< a line feed now belongs to the line break before
};

}  // namespace unmuted
