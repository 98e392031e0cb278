#include "characters/script_log.hpp"

#include <chrono>

#include "core/utf8.hpp"

namespace unmuted {

std::optional<std::string> ScriptLog::accept(std::string_view bytes, TimePoint now) {
  while (!recent_.empty() && now - recent_.front() >= std::chrono::seconds(1)) recent_.pop_front();
  if (recent_.size() >= max_lines_per_second) return std::nullopt;
  recent_.push_back(now);
  // Cut first, so that a line of 64 KiB is not escaped only to be thrown away.
  return shorten(printable(bytes.substr(0, max_line_bytes + 1)), max_line_bytes);
}

}  // namespace unmuted
