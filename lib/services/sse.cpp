#include "services/sse.hpp"

#include <utility>

namespace unmuted {

Result<void> SseParser::feed(std::string_view bytes, std::vector<SseEvent>& events) {
  if (after_cr_ && !bytes.empty()) {
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
  }
  while (!bytes.empty()) {
    const std::size_t line_break = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, line_break);
    if (line_.size() + part.size() + data_.size() > max_event) {
      return fail("invalid_events", "an event is longer than 1 MiB");
    }
    line_ += part;
    if (line_break == std::string_view::npos) break;
    end_line(events);
    const bool cr = bytes[line_break] == '\r';
    bytes.remove_prefix(line_break + 1);
    if (cr && bytes.empty()) after_cr_ = true;
    if (cr && bytes.starts_with('\n')) bytes.remove_prefix(1);
  }
  return {};
}

void SseParser::end_line(std::vector<SseEvent>& events) {
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.empty() || (whole_ && line.starts_with("data:"))) end_event(events);
  if (line.starts_with("event:")) type_ = line.substr(line.starts_with("event: ") ? 7 : 6);
  if (line == "data") add_data("");
  if (line.starts_with("data:")) add_data(line.substr(line.starts_with("data: ") ? 6 : 5));
  line_.clear();
}

void SseParser::add_data(std::string_view line) {
  for (const char c : line) {
    const bool outside = !begun_;
    if (outside && (c == ' ' || c == '\t')) continue;
    if (outside) object_ = c == '{';
    begun_ = true;
    whole_ = object_ && (whole_ ? c == ' ' || c == '\t' : extent_.take(c));
  }
  data_.append(line).push_back('\n');
}

void SseParser::end_event(std::vector<SseEvent>& events) {
  if (!data_.empty()) {
    data_.pop_back();
    events.push_back({std::move(type_), std::exchange(data_, {})});
  }
  type_.clear();
  extent_ = JsonExtent();
  begun_ = object_ = whole_ = false;
}

void SseParser::finish(std::vector<SseEvent>& events) {
  if (!line_.empty()) end_line(events);
  end_event(events);
}

}  // namespace unmuted
