#include "services/reply_body.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "services/refusal.hpp"

namespace unmuted {
namespace {

constexpr std::size_t max_begin = 64U << 10U;      ///< bytes that may tell nothing
constexpr std::string_view mark = "\xEF\xBB\xBF";  ///< of the byte order
constexpr std::array<std::string_view, 5> line_begins{"data:", "event:", "id:", "retry:", ":"};

/// "Text/HTML ; charset=x" as "text/html".
std::string media_type(std::string_view content_type) {
  return lower_ascii(trim_blanks(content_type.substr(0, content_type.find(';'))));
}

}  // namespace

bool may_be_reply(std::string_view content_type) {
  const std::string type = media_type(content_type);
  return type != "text/html" && type != "application/xhtml+xml";
}

std::string no_reply(std::string_view content_type, std::string_view body) {
  const std::string type = content_type.empty() ? "no media type" : shorten(printable(content_type), 100);
  std::string cause = "it answered 200 with " + type + ", no stream of events";
  if (!body.empty()) cause += ": " + failure_text(body);
  return cause;
}

ReplyBody::ReplyBody(std::string content_type, std::span<const Tool> offered, bool begins_in_thought,
                     bool counts)
    : content_type_(std::move(content_type)), completion_(offered, begins_in_thought, counts) {}

Result<void> ReplyBody::feed(std::string_view bytes) {
  if (form_ == Form::events) return feed_events(bytes);
  if (begin_.size() + bytes.size() > max_whole)
    return fail_unavailable("its answer in one piece is longer than 8 MiB");
  begin_ += bytes;
  if (form_ == Form::unknown) return find_form();
  return {};
}

/// By what the body begins with: servers stream under the name of JSON, and answer in JSON under that of a
/// stream.
Result<void> ReplyBody::find_form() {
  if (passed_over_ == 0 && begin_.size() < mark.size() && mark.starts_with(begin_)) return {};
  const std::size_t marked = passed_over_ == 0 && begin_.starts_with(mark) ? mark.size() : 0;
  const std::size_t blank = std::min(begin_.find_first_not_of(" \t\r\n", marked), begin_.size());
  begin_.erase(0, blank);
  passed_over_ += blank;
  if (begin_.empty() && passed_over_ < max_begin) return {};
  const std::string_view text = begin_;
  const bool events = media_type(content_type_) == "text/event-stream";
  if (text.starts_with('{') || text.starts_with('[')) {
    form_ = Form::whole;
    return {};
  }
  const auto begins = [&](std::string_view line) {
    return text.starts_with(line) || (text.size() < line.size() && line.starts_with(text));
  };
  if (text.empty() || (!events && std::none_of(line_begins.begin(), line_begins.end(), begins)))
    return fail_unavailable(no_reply(content_type_, begin_));
  const bool certain = events || text.find(':') != std::string_view::npos;
  if (!certain) return {};
  form_ = Form::events;
  return feed_events(std::exchange(begin_, {}));
}

Result<void> ReplyBody::feed_events(std::string_view bytes) {
  std::vector<SseEvent> events;
  const auto parsed = parser_.feed(bytes, events);
  if (auto fed = take_events(events); !fed) return fed;
  return parsed || finished() ? Result<void>{} : parsed;
}

Result<void> ReplyBody::take_events(const std::vector<SseEvent>& events) {
  for (const SseEvent& event : events) {
    if (auto fed = completion_.feed(event.data, event.type); !fed) return fed;
  }
  return {};
}

Result<void> ReplyBody::end() {
  if (form_ == Form::whole) return completion_.feed_whole(begin_);
  std::vector<SseEvent> last;
  parser_.finish(last);
  if (auto fed = take_events(last); !fed) return fed;
  return completion_.end();
}

}  // namespace unmuted
