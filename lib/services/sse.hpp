#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace unmuted {

/// Server-sent events, read as their bytes arrive: the data of each event. Event types, ids and retry times
/// are passed over, which no language model uses. An event that the stream ends in the middle of never was.
class SseParser {
 public:
  static constexpr std::size_t max_event = 1U << 20U;  ///< bytes of a line, and of the data of one event

  /// The data of the events that `bytes` completes. Error: invalid_events, when one is too long; then the
  /// parser is of no more use.
  Result<std::vector<std::string>> feed(std::string_view bytes);

 private:
  void end_line(std::vector<std::string>& events);

  std::string line_;
  std::string data_;  ///< of the event so far, a line break after each of its lines
  bool first_line_ = true;
  bool after_cr_ = false;  ///< a line feed now belongs to the line break before
};

}  // namespace unmuted
