#include "server/health.hpp"

#include <chrono>

namespace unmuted {
namespace {

constexpr auto fresh = std::chrono::milliseconds(500);

}  // namespace

net::awaitable<bool> Health::language_model_up() {
  if (model_ == nullptr) co_return true;
  const bool mine = begin_probe(Clock::now());
  if (mine) {
    const bool answered = co_await model_->up();
    co_return end_probe(answered);
  }
  const std::lock_guard lock(mutex_);
  co_return up_;
}

bool Health::begin_probe(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (probing_ || (probed_ != TimePoint{} && now - probed_ < fresh)) return false;
  probing_ = true;
  return true;
}

bool Health::end_probe(bool up) {
  const std::lock_guard lock(mutex_);
  probing_ = false;
  probed_ = Clock::now();
  up_ = up;
  return up;
}

}  // namespace unmuted
