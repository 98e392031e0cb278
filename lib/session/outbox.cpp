#include "session/outbox.hpp"

#include <utility>

namespace unmuted {

Outbox::Pushed Outbox::push(std::string event, bool word) {
  if (closed()) return Pushed::closed;
  resize(bytes_ + event.size());
  entries_.push_back({std::move(event), 0, word});
  return full() ? Pushed::full : Pushed::ok;
}

Outbox::Pushed Outbox::push_audio(std::string event, std::uint64_t turn) {
  if (closed()) return Pushed::closed;
  if (bytes_ + event.size() > byte_limit_) return Pushed::full;
  resize(bytes_ + event.size());
  entries_.push_back({std::move(event), turn, false});
  return Pushed::ok;
}

void Outbox::purge(std::uint64_t turn) {
  std::size_t left = bytes_;
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.turn != turn) return false;
    left -= entry.event.size();
    return true;
  });
  resize(left);
}

void Outbox::close(CloseFrame frame) {
  if (!closed()) closing_ = std::move(frame);
}

void Outbox::discard_and_close(CloseFrame frame) {
  entries_.clear();
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
  if (!entries_.empty()) {
    std::string event = std::move(entries_.front().event);
    entries_.pop_front();
    under_way_ = event.size();
    resize(bytes_ - event.size());
    return Frame(std::move(event));
  }
  if (!closing_) return std::nullopt;
  finished_ = true;
  Frame frame(std::move(*closing_));
  closing_.reset();
  return frame;
}

}  // namespace unmuted
