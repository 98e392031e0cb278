#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace unmuted {

/// What the scripts of one session may write to the server's log: at most 500 bytes a line, and 10 lines in
/// any second. Not thread-safe.
class ScriptLog {
 public:
  static constexpr std::size_t max_line_bytes = 500;
  static constexpr std::size_t max_lines_per_second = 10;

  /// `bytes` as one printable line, or nothing when the last second already had its lines.
  std::optional<std::string> accept(std::string_view bytes, TimePoint now);

 private:
  std::deque<TimePoint> recent_;  ///< when the lines of the last second were written
};

}  // namespace unmuted
