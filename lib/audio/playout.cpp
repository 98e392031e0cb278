#include "audio/playout.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace unmuted::audio {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

/// Rounded up: by then they all have been heard.
nanoseconds time_to_hear(std::int64_t samples) {
  return nanoseconds((samples * nanoseconds_a_second + sample_rate - 1) / sample_rate);
}

std::int64_t samples_heard_in(Duration time) {
  return std::chrono::duration_cast<nanoseconds>(time).count() * sample_rate / nanoseconds_a_second;
}

}  // namespace

Playout::Playout(Duration lead)
    : lead_(std::max(static_cast<Position>(frame_samples), samples_heard_in(lead))) {}

// ---- What is put in -----------------------------------------------------------------------------------

void Playout::put_words(std::size_t words) {
  if (words == 0) return;
  marks_.push_back({put_, words});
  has_words_ = true;
}

void Playout::put(Samples samples) {
  if (samples.empty()) return;
  put_ += std::ssize(samples);
  pieces_.push_back(std::move(samples));
}

void Playout::complete() {
  complete_ = true;
}

// ---- What comes out -----------------------------------------------------------------------------------

std::optional<Playout::Due> Playout::take(TimePoint now) {
  const auto is_due = [now](std::optional<TimePoint> time) { return time && *time <= now; };
  if (is_due(word_due())) {
    const WordBegins word{sent_ - marks_.front().at};
    if (--marks_.front().words == 0) marks_.pop_front();
    return word;
  }
  if (is_due(frame_due())) return send(next_frame(), now);
  if (is_due(end_due())) {
    end_reply();
    return ReplyHeard{};
  }
  return std::nullopt;
}

std::optional<TimePoint> Playout::next() const {
  std::optional<TimePoint> first;
  for (const std::optional<TimePoint> due : {word_due(), frame_due(), end_due()}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

/// In samples; 0: there is none yet.
std::size_t Playout::next_frame() const {
  if (waiting() >= frame_samples) return frame_samples;
  return complete_ ? waiting() : 0;
}

std::optional<TimePoint> Playout::frame_due() const {
  const std::size_t samples = next_frame();
  if (held_ || samples == 0) return std::nullopt;
  return heard_at(sent_ + static_cast<Position>(samples) - lead_);
}

std::optional<TimePoint> Playout::word_due() const {
  if (marks_.empty()) return std::nullopt;
  const bool last = complete_ && waiting() == 0;
  if (marks_.front().at < sent_ || last) return heard_at(marks_.front().at);
  return std::nullopt;
}

std::optional<TimePoint> Playout::end_due() const {
  if (!complete_ || waiting() > 0 || !marks_.empty()) return std::nullopt;
  return heard_at(sent_);
}

/// When all before this position has been heard, provided that it has been sent by then.
TimePoint Playout::heard_at(Position position) const {
  return playing_since_ + time_to_hear(std::max(position, played_from_) - played_from_);
}

Samples Playout::send(std::size_t count, TimePoint now) {
  if (now >= heard_at(sent_)) {  // the client has nothing else to play
    played_from_ = sent_;
    playing_since_ = now;
  }
  sent_ += static_cast<Position>(count);
  Samples samples;
  samples.reserve(count);
  while (samples.size() < count) {
    const Samples& piece = pieces_.front();
    const auto begin = piece.begin() + static_cast<Position>(sent_of_piece_);
    const std::size_t taken = std::min(count - samples.size(), piece.size() - sent_of_piece_);
    samples.insert(samples.end(), begin, begin + static_cast<Position>(taken));
    sent_of_piece_ += taken;
    if (sent_of_piece_ == piece.size()) {
      pieces_.pop_front();
      sent_of_piece_ = 0;
    }
  }
  return samples;
}

// ---- What is taken back -------------------------------------------------------------------------------

std::size_t Playout::rewind(std::size_t words) {
  std::size_t staying = 0;
  auto first = marks_.begin();
  while (first != marks_.end() && first->at < sent_ && staying + first->words <= words) {
    staying += first->words;
    ++first;
  }
  if (first != marks_.end()) {
    cut(std::max(first->at, sent_));
  } else if (!has_words_) {
    cut(sent_);
  }
  marks_.erase(first, marks_.end());
  complete_ = false;
  return staying;
}

void Playout::drop() {
  cut(sent_);
  marks_.clear();
  end_reply();
}

void Playout::end_reply() {
  has_words_ = false;
  complete_ = false;
  held_ = false;
}

/// Forgets the sound from there on, which has not been sent.
void Playout::cut(Position position) {
  auto too_much = static_cast<std::size_t>(put_ - position);
  put_ = position;
  while (too_much > 0) {
    Samples& last = pieces_.back();
    const std::size_t begin = pieces_.size() == 1 ? sent_of_piece_ : 0;
    const std::size_t cut_off = std::min(too_much, last.size() - begin);
    last.resize(last.size() - cut_off);
    too_much -= cut_off;
    if (last.size() == begin) pieces_.pop_back();
  }
  if (pieces_.empty()) sent_of_piece_ = 0;
}

}  // namespace unmuted::audio
