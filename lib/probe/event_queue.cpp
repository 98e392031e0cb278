#include "probe/event_queue.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_line = 300;
constexpr std::size_t max_lines = 20;

auto first_match(const std::deque<Event>& events, const Pattern& pattern) {
  return std::find_if(events.begin(), events.end(), [&](const Event& e) { return matches(pattern, e.json); });
}

}  // namespace

bool EventQueue::push(Event event) {
  if (events_.size() == capacity) return false;
  events_.push_back(std::move(event));
  return true;
}

std::optional<Event> EventQueue::take_match(const Pattern& pattern) {
  const auto found = first_match(events_, pattern);
  if (found == events_.end()) return std::nullopt;
  Event event = *found;
  events_.erase(found);
  return event;
}

std::optional<Event> EventQueue::take_next() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

const Event* EventQueue::find(const Pattern& pattern) const {
  const auto found = first_match(events_, pattern);
  return found == events_.end() ? nullptr : &*found;
}

std::string EventQueue::nearest_miss(const Pattern& pattern) const {
  std::vector<std::string> nearest;
  for (const Event& event : events_) {
    auto missed = mismatches(pattern, event.json);
    if (nearest.empty() || missed.size() <= nearest.size()) nearest = std::move(missed);
  }
  std::string text;
  for (const std::string& mismatch : nearest) text += (text.empty() ? "" : "; ") + mismatch;
  return text;
}

std::vector<std::string> EventQueue::excerpt() const {
  std::vector<std::string> lines;
  const std::size_t first = events_.size() > max_lines ? events_.size() - max_lines : 0;
  if (first > 0) lines.push_back("(" + std::to_string(first) + " older ones)");
  for (std::size_t i = first; i < events_.size(); ++i) lines.push_back(one_line(events_[i].json));
  return lines;
}

std::string one_line(const Json& event) {
  nlohmann::ordered_json ordered = nlohmann::ordered_json::object();
  if (event.contains("type")) ordered["type"] = event["type"];  // first, so that no cut takes it away
  ordered.update(event);
  return shorten(ordered.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), max_line);
}

}  // namespace unmuted::probe
