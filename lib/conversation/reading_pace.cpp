#include "conversation/reading_pace.hpp"

#include <algorithm>
#include <chrono>

namespace unmuted {

ReadingPace::ReadingPace(unsigned words_per_minute)
    : of_a_word_(words_per_minute == 0 ? Duration::zero()
                                       : Duration(std::chrono::minutes(1)) / words_per_minute) {}

void ReadingPace::add_word(TimePoint now) {
  last_end_ = std::max(now, last_end_) + of_a_word_;
  ends_.push_back(last_end_);
}

std::optional<TimePoint> ReadingPace::next() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.front();
}

std::size_t ReadingPace::take_until(TimePoint now) {
  std::size_t count = 0;
  for (; !ends_.empty() && ends_.front() <= now; ++count) ends_.pop_front();
  return count;
}

void ReadingPace::clear() {
  ends_.clear();
  last_end_ = {};
}

}  // namespace unmuted
