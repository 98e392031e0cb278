#include "conversation/silent_reading.hpp"

#include <algorithm>
#include <chrono>

namespace unmuted {

SilentReading::SilentReading(unsigned words_per_minute)
    : of_a_word_(words_per_minute == 0 ? Duration::zero()
                                       : Duration(std::chrono::minutes(1)) / words_per_minute) {}

void SilentReading::say(TurnId turn, TimePoint now) {
  follow(turn);
  last_end_ = std::max(now, last_end_) + of_a_word_;
  ends_.push_back(last_end_);
}

void SilentReading::take_back(TurnId turn, std::size_t words) {
  if (turn_ != turn) return;
  const std::size_t kept = ends_.size() - std::min(words, ends_.size());
  ends_.resize(kept);
  last_end_ = ends_.empty() ? TimePoint() : ends_.back();  // a word that was begun is not read to its end
}

void SilentReading::complete(TurnId turn) {
  follow(turn);
  complete_ = true;
}

void SilentReading::stop(TurnId turn) {
  if (turn_ == turn) clear();
}

std::optional<TimePoint> SilentReading::next() const {
  if (!ends_.empty()) return ends_.front();
  if (complete_) return last_end_;
  return std::nullopt;
}

std::optional<Spoken> SilentReading::take(TimePoint now) {
  const std::optional<TimePoint> due = next();
  if (!due || *due > now) return std::nullopt;
  const TurnId turn = *turn_;
  if (ends_.empty()) {
    clear();
    return spoken::UtteranceEnded{turn};
  }
  ends_.pop_front();
  return spoken::Word{turn};
}

void SilentReading::follow(TurnId turn) {
  if (turn_ == turn) return;
  clear();
  turn_ = turn;
}

void SilentReading::clear() {
  turn_.reset();
  ends_.clear();
  last_end_ = {};
  complete_ = false;
}

}  // namespace unmuted
