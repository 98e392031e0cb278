#include "server/session_registry.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"

namespace unmuted {

SessionRegistry::Place::Place(Place&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(std::move(other.id_)), thread_(other.thread_) {}

SessionRegistry::Place::~Place() {
  if (registry_ != nullptr) registry_->leave(id_, thread_);
}

void SessionRegistry::Place::on_close(Close close) {
  std::optional<Leave> leaving;
  {
    const std::lock_guard lock(registry_->mutex_);
    registry_->sessions_[id_] = close;
    leaving = registry_->leaving_;
  }
  if (leaving) close(*leaving);
}

std::optional<SessionRegistry::Place> SessionRegistry::enter() {
  const std::lock_guard lock(mutex_);
  if (leaving_ || sessions_.size() >= max_sessions_) return std::nullopt;
  std::string id = new_session_id();
  while (sessions_.contains(id)) id = new_session_id();
  sessions_.emplace(id, nullptr);
  const auto least = std::min_element(on_thread_.begin(), on_thread_.end());
  ++*least;
  return Place(*this, std::move(id), static_cast<std::size_t>(least - on_thread_.begin()));
}

void SessionRegistry::send_away(Leave how) {
  std::vector<Close> closes;
  {
    const std::lock_guard lock(mutex_);
    leaving_ = how;
    for (const auto& [id, close] : sessions_) {
      if (close) closes.push_back(close);
    }
  }
  for (const auto& close : closes) close(how);
}

bool SessionRegistry::wait_until_empty(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, timeout, [&] { return sessions_.empty(); });
}

std::size_t SessionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

bool SessionRegistry::accepting() const {
  const std::lock_guard lock(mutex_);
  return !leaving_ && sessions_.size() < max_sessions_;
}

bool SessionRegistry::draining() const {
  const std::lock_guard lock(mutex_);
  return leaving_.has_value();
}

void SessionRegistry::leave(const std::string& id, std::size_t thread) {
  Close freed_unlocked;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    freed_unlocked = std::move(found->second);
    sessions_.erase(found);
    --on_thread_[thread];
  }
  left_.notify_all();
}

}  // namespace unmuted
