#include "session/silent_speaker.hpp"

namespace unmuted {

SilentSpeaker::SilentSpeaker(const net::asio::any_io_executor& executor, unsigned words_per_minute)
    : reading_(words_per_minute), sooner_(executor) {}

void SilentSpeaker::say(TurnId turn, std::string_view) {
  reading_.say(turn, Clock::now());
  wake_if_sooner();
}

void SilentSpeaker::take_back(TurnId turn, std::size_t words) {
  reading_.take_back(turn, words);
}

void SilentSpeaker::complete(TurnId turn) {
  reading_.complete(turn);
  wake_if_sooner();
}

void SilentSpeaker::stop(TurnId turn) {
  reading_.stop(turn);
}

std::optional<Spoken> SilentSpeaker::take() {
  return reading_.take(Clock::now());
}

net::awaitable<void> SilentSpeaker::run() {
  co_return;
}

net::awaitable<void> SilentSpeaker::wait() {
  if (shut_down_) co_return;
  wakes_at_ = reading_.next().value_or(TimePoint::max());
  if (wakes_at_ > Clock::now()) co_await sooner_.wait_until(wakes_at_);
}

void SilentSpeaker::shut_down() {
  shut_down_ = true;
  sooner_.notify();
}

/// What is later than the present wait is waited for when that is over.
void SilentSpeaker::wake_if_sooner() {
  const auto next = reading_.next();
  if (next && *next < wakes_at_) sooner_.notify();
}

}  // namespace unmuted
