#include "session/output.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "session/recorder.hpp"

namespace unmuted {
namespace {

using net::awaitable;

/// How often one looks whether a client still reads; and what it has when others are in need.
constexpr std::chrono::milliseconds reader_check{1'000};
constexpr std::size_t slowest_bytes_per_millisecond = 16;

template <class... Kinds>
bool is_one_of(const events::Notice& notice) {
  return (std::holds_alternative<Kinds>(notice) || ...);
}

Outbox::Kind kind_of(const events::Notice& notice, const events::Dialect& dialect) {
  const bool word = is_one_of<events::WordReady, events::WordSpoken>(notice);
  if (word && dialect.words_may_wait()) return Outbox::Kind::word;
  if (is_one_of<events::AudioReady, events::AudioSpoken>(notice)) return Outbox::Kind::sound;
  return Outbox::Kind::control;
}

}  // namespace

Output::Output(const net::asio::any_io_executor& executor, const SessionEnvironment& environment, Peer peer,
               std::shared_ptr<events::Dialect> dialect, Recorder* recorder)
    : environment_(environment),
      peer_(peer),
      dialect_(std::move(dialect)),
      recorder_(recorder),
      outbox_(environment.outbox_bytes, environment.unread_events),
      changed_(executor),
      page_waits_(executor),
      reader_watch_(executor) {}

void Output::tell(const events::Notice& notice, std::string_view answers) {
  frames_.clear();
  dialect_->write(notice, answers, frames_);
  const Outbox::Kind kind = kind_of(notice, *dialect_);
  for (std::string& frame : frames_) push(std::move(frame), kind);
}

void Output::send(std::vector<std::string> frames) {
  for (std::string& frame : frames) push(std::move(frame), Outbox::Kind::control);
}

void Output::push(std::string frame, Outbox::Kind kind) {
  spoke_at_ = Clock::now();
  if (recorder_ != nullptr && !closed_) recorder_->told(frame);
  const Outbox::Pushed pushed = outbox_.push(std::move(frame), kind);
  changed_.notify();
  if (pushed == Outbox::Pushed::full) reader_watch_.notify();
}

awaitable<void> Output::room() {
  while (outbox_.full() && !closed_) co_await changed_.wait();
}

awaitable<Outbox::Frame> Output::next_frame() {
  sending_since_.reset();
  const bool was_full = outbox_.full();
  outbox_.sent();
  if (was_full && !outbox_.full()) changed_.notify();
  while (true) {
    const bool paced = peer_.browser && outbox_.word_is_next();
    const std::size_t sounds = outbox_.sounds();
    const auto due = paced ? page_pace_.due(Clock::now()) : std::nullopt;
    if (auto frame = due ? outbox_.pop_sound() : outbox_.pop()) {
      const TimePoint now = Clock::now();
      if (paced && !due) page_pace_.sent(now);
      sending_since_ = now;
      measure(sounds);
      changed_.notify();
      reader_watch_.notify();
      co_return std::move(*frame);
    }
    if (due) {
      co_await page_waits_.wait_until(*due);
    } else {
      co_await changed_.wait();
    }
  }
}

void Output::silence_wanted_at(TimePoint time) {
  silence_wanted_at_ = time;
  measure(outbox_.sounds());
}

void Output::measure(std::size_t sounds_before) {
  const TimePoint now = Clock::now();
  if (sound_came_at_ && outbox_.sounds() < sounds_before)
    environment_.metrics.turn_server_delay.Observe(to_seconds(now - *std::exchange(sound_came_at_, {})));
  if (silence_wanted_at_ && outbox_.sounds() == 0)
    environment_.metrics.barge_in_hold.Observe(to_seconds(now - *std::exchange(silence_wanted_at_, {})));
}

awaitable<void> Output::watch_slow_reader() {
  std::optional<TimePoint> full_since;
  while (!closed_) {
    const TimePoint now = Clock::now();
    if (!outbox_.full()) full_since.reset();
    if (outbox_.full() && !full_since) full_since = now;
    if (full_since && now >= *full_since + environment_.slow_reader) co_return;
    if (sending_since_ && now >= *sending_since_ + patience_with_reader()) co_return;
    if (!full_since && !sending_since_) {
      co_await reader_watch_.wait();
    } else {
      co_await reader_watch_.wait_until(now + std::min(environment_.slow_reader, reader_check));
    }
  }
}

/// How long one frame may be under way: as long as a bad connection needs for it. Whoever holds what others
/// need has less.
Duration Output::patience_with_reader() const {
  if (environment_.unread_events && environment_.unread_events->is_tight()) return reader_check;
  const std::chrono::milliseconds to_send(outbox_.under_way() / slowest_bytes_per_millisecond);
  return environment_.slow_reader + to_send;
}

void Output::close(CloseFrame frame) {
  outbox_.close(std::move(frame));
  closed_ = true;
  changed_.notify();
  reader_watch_.notify();
  page_waits_.notify();
}

void Output::discard_and_close(CloseFrame frame) {
  outbox_.discard_and_close(frame);
  close(std::move(frame));  // which the outbox has
}

}  // namespace unmuted
