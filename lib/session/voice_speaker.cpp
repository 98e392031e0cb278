#include "session/voice_speaker.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/overloaded.hpp"

namespace unmuted {

using audio::Playout;

VoiceSpeaker::VoiceSpeaker(const net::asio::any_io_executor& executor, TextToSpeech& service,
                           std::function<VoiceChoice()> voice, Duration lead)
    : executor_(executor),
      service_(service),
      voice_(std::move(voice)),
      playout_(lead),
      sound_wanted_(executor),
      sooner_(executor) {}

// ---- The words ----------------------------------------------------------------------------------------

void VoiceSpeaker::say(TurnId turn, std::string_view word) {
  follow(turn);
  if (failure_) return;
  words_.emplace_back(word);
  pass_on(word);
}

void VoiceSpeaker::take_back(TurnId turn, std::size_t words) {
  if (turn_ != turn || failure_ || words == 0) return;
  words_.resize(words_.size() - std::min(words, words_.size()));
  abandon_stream();
  put_in_ = playout_.rewind(words_.size());
  for (std::size_t i = put_in_; i < words_.size(); ++i) pass_on(words_[i]);
}

void VoiceSpeaker::complete(TurnId turn) {
  follow(turn);
  if (failure_) return;
  complete_ = true;
  if (stream_) {
    stream_->complete();
  } else {
    playout_.complete();
    wake_if_sooner();
  }
}

void VoiceSpeaker::stop(TurnId turn) {
  if (turn_ == turn) clear();
}

void VoiceSpeaker::hold() {
  if (turn_) playout_.hold();
}

void VoiceSpeaker::go_on() {
  playout_.go_on();
  wake_if_sooner();
}

void VoiceSpeaker::follow(TurnId turn) {
  if (turn_ == turn) return;
  clear();
  turn_ = turn;
}

void VoiceSpeaker::clear() {
  abandon_stream();
  playout_.drop();
  turn_.reset();
  words_.clear();
  put_in_ = 0;
  complete_ = false;
  has_sounded_ = false;
  first_sound_at_.reset();
  failure_.reset();
}

// ---- The service --------------------------------------------------------------------------------------

void VoiceSpeaker::pass_on(std::string_view word) {
  if (!stream_) {
    stream_ = service_.start(executor_, voice_());
    sound_wanted_.notify();
  }
  stream_->say(word);
}

void VoiceSpeaker::abandon_stream() {
  if (stream_) std::exchange(stream_, nullptr)->abort();
}

net::awaitable<void> VoiceSpeaker::run() {
  while (!shut_down_) {
    if (!stream_ || playout_.waiting() >= enough_waits) {
      co_await sound_wanted_.wait();
      continue;
    }
    const std::shared_ptr<SpeechStream> asked = stream_;
    SpeechEvent event = co_await asked->next();
    if (asked == stream_) hear(std::move(event));
  }
}

void VoiceSpeaker::hear(SpeechEvent event) {
  const Overloaded hears{
      [this](const WordsBegin& begin) {
        const std::size_t words = std::min(begin.words, words_.size() - put_in_);
        playout_.put_words(words);
        put_in_ += words;
      },
      [this](SpeechAudio& sound) {
        if (!std::exchange(has_sounded_, true)) first_sound_at_ = Clock::now();
        playout_.put(std::move(sound.samples));
      },
      [this](const SpeechEnded&) {
        stream_.reset();
        if (!complete_)
          return fail({"service_unavailable", "The speech-out service ended before the reply did", ""});
        playout_.complete();
      },
      [this](SpeechFailed& failed) {
        stream_.reset();
        fail(std::move(failed.error));
      },
  };
  std::visit(hears, event);
  wake_if_sooner();
}

void VoiceSpeaker::fail(Error error) {
  const std::optional<TurnId> turn = turn_;
  clear();
  turn_ = turn;
  failure_ = std::move(error);
}

// ---- What is spoken -----------------------------------------------------------------------------------

std::optional<Spoken> VoiceSpeaker::take() {
  if (!turn_) return std::nullopt;
  const TurnId turn = *turn_;
  if (failure_) {
    Error error = std::move(*failure_);
    clear();
    return spoken::Failed{turn, std::move(error)};
  }
  std::optional<Playout::Due> due = playout_.take(Clock::now());
  if (!due) return std::nullopt;
  if (auto* samples = std::get_if<audio::Samples>(&*due)) {
    sound_wanted_.notify();
    return spoken::Audio{turn, std::move(*samples), std::exchange(first_sound_at_, {})};
  }
  if (const auto* word = std::get_if<Playout::WordBegins>(&*due)) {
    words_.pop_front();
    --put_in_;
    return spoken::Word{turn,
                        audio::time_of(static_cast<std::size_t>(std::max<std::int64_t>(word->ahead, 0)))};
  }
  clear();
  return spoken::UtteranceEnded{turn};
}

std::optional<TimePoint> VoiceSpeaker::next() const {
  if (failure_) return TimePoint::min();
  return playout_.next();
}

net::awaitable<void> VoiceSpeaker::wait() {
  if (shut_down_) co_return;
  wakes_at_ = next().value_or(TimePoint::max());
  if (wakes_at_ > Clock::now()) co_await sooner_.wait_until(wakes_at_);
}

void VoiceSpeaker::shut_down() {
  shut_down_ = true;
  clear();
  sooner_.notify();
  sound_wanted_.notify();
}

/// What is later than the present wait is waited for when that is over.
void VoiceSpeaker::wake_if_sooner() {
  const auto due = next();
  if (due && *due < wakes_at_) sooner_.notify();
}

}  // namespace unmuted
