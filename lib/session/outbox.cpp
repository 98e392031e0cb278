#include "session/outbox.hpp"

#include <algorithm>
#include <utility>

namespace unmuted {

Outbox::Pushed Outbox::push(std::string event, Kind kind) {
  if (closed()) return Pushed::closed;
  resize(bytes_ + event.size());
  entries_.push_back({std::move(event), kind});
  if (kind == Kind::sound) ++sounds_;
  return full() ? Pushed::full : Pushed::ok;
}

void Outbox::close(CloseFrame frame) {
  if (!closed()) closing_ = std::move(frame);
}

void Outbox::discard_and_close(CloseFrame frame) {
  entries_.clear();
  sounds_ = 0;
  resize(0);
  close(std::move(frame));
}

void Outbox::resize(std::size_t bytes) {
  bytes_ = bytes;
  over_budget_ = !share_.resize(bytes + under_way_);
}

void Outbox::sent() {
  under_way_ = 0;
  resize(bytes_);
}

std::optional<Outbox::Frame> Outbox::pop() {
  if (!entries_.empty()) return take(entries_.begin());
  if (!closing_) return std::nullopt;
  finished_ = true;
  Frame frame(std::move(*closing_));
  closing_.reset();
  return frame;
}

std::optional<Outbox::Frame> Outbox::pop_sound() {
  const auto next = std::find_if(entries_.begin(), entries_.end(),
                                 [](const Entry& entry) { return entry.kind != Kind::word; });
  if (next == entries_.end() || next->kind != Kind::sound) return std::nullopt;
  return take(next);
}

Outbox::Frame Outbox::take(std::deque<Entry>::iterator entry) {
  if (entry->kind == Kind::sound) --sounds_;
  std::string event = std::move(entry->event);
  entries_.erase(entry);
  under_way_ = event.size();
  resize(bytes_ - event.size());
  return Frame(std::move(event));
}

}  // namespace unmuted
