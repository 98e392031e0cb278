#include "services/kyutai/speaking.hpp"

#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "core/overloaded.hpp"
#include "core/utf8.hpp"
#include "net/url.hpp"
#include "services/voice_store.hpp"

namespace unmuted::kyutai {

using net::awaitable;

namespace {

Error aborted() {
  return {"service_unavailable", "The speech was aborted", ""};
}

/// Whether the service is sent the voice itself.
bool is_custom(std::string_view voice) {
  return voice.starts_with(cloned_voice_prefix);
}

/// With the settings that Unmute gives.
std::string query_for(const std::string& voice) {
  std::string query = "?format=PcmMessagePack&cfg_alpha=1.5";
  if (!voice.empty() && !is_custom(voice)) query += "&voice=" + net::percent_encoded(voice);
  return query;
}

}  // namespace

Speaking::Speaking(net::asio::any_io_executor executor, std::shared_ptr<const Service> service,
                   std::string voice)
    : executor_(std::move(executor)),
      service_(std::move(service)),
      voice_(std::move(voice)),
      place_(std::make_shared<Place>(executor_, service_, query_for(voice_))),
      given_(executor_),
      changed_(executor_),
      watch_(executor_) {}

void Speaking::say(std::string_view word) {
  if (over_ || finished_ || complete_) return;
  const std::string text = words_.say(word);
  if (text.empty()) return;
  place_->send(text_message(text));
  if (std::exchange(begun_, true)) return;
  net::asio::co_spawn(executor_, run(shared_from_this()), net::asio::detached);
}

void Speaking::complete() {
  if (over_ || finished_ || std::exchange(complete_, true)) return;
  if (begun_) {
    place_->send(end_message());
    heard_at_ = Clock::now();
    watch_.notify();
  } else {
    words_.end();
    finish(SpeechEnded{});
  }
}

void Speaking::abort() {
  over_ = true;
  words_.events.clear();
  place_->leave();
  given_.notify();
  changed_.notify();
  watch_.notify();
}

awaitable<SpeechEvent> Speaking::next(std::shared_ptr<Speaking> self) {
  auto& events = self->words_.events;
  while (!self->over_ && events.empty()) co_await self->changed_.wait();
  if (self->over_) co_return SpeechFailed{aborted()};
  SpeechEvent event = std::move(events.front());
  events.pop_front();
  if (const auto* sound = std::get_if<SpeechAudio>(&event)) self->waiting_ -= sound->samples.size();
  self->over_ = self->finished_ && events.empty();
  self->given_.notify();
  co_return event;
}

// ---- The service --------------------------------------------------------------------------------------

awaitable<void> Speaking::run(std::shared_ptr<Speaking> self) {
  const Result<void> begun = co_await self->begin();
  if (!begun) self->fail(begun.error());
  if (begun && !self->over_) {
    self->heard_at_ = Clock::now();
    net::asio::co_spawn(self->executor_, watch(self), net::asio::detached);
  }
  while (!self->over_ && !self->finished_) {
    auto message = co_await Place::read(self->place_);
    if (self->over_ || self->finished_) break;
    if (message) {
      self->hear(std::move(*message));
    } else {
      self->hear_end(message.error());
    }
    while (!self->over_ && !self->finished_ && self->waiting_ > self->service_->options.max_waiting) {
      self->holds_up_ = true;
      co_await self->given_.wait();
    }
    if (std::exchange(self->holds_up_, false)) {
      self->heard_at_ = Clock::now();
      self->watch_.notify();
    }
  }
  self->place_->leave();
}

awaitable<Result<void>> Speaking::begin() {
  if (is_custom(voice_)) {
    const auto sent = co_await send_voice();
    if (!sent) co_return sent;
  }
  co_return co_await Place::take(place_);
}

awaitable<Result<void>> Speaking::send_voice() {
  std::optional<std::string> message;
  if (service_->options.custom_voice) {
    auto asked = service_->options.custom_voice(voice_);
    message = co_await std::move(asked);
  }
  if (!message) {
    co_return unmuted::fail(
        "voice_not_found", "The cloned voice of the character is not known, or not any more; clone it again");
  }
  place_->send_first(std::move(*message));
  co_return Result<void>{};
}

void Speaking::hear(Message message) {
  heard_at_ = Clock::now();
  const Overloaded hears{
      [this](const Text& text) { words_.begins(text); },
      [this](Audio& sound) {
        waiting_ += sound.samples.size();
        words_.sounds(std::move(sound.samples));
      },
      [this](const ServiceError& error) {
        fail(service_->unavailable("it says \"" + shorten(printable(error.message), 300) + "\""));
      },
      [](const auto&) {},
  };
  std::visit(hears, message);
  changed_.notify();
}

/// A service closes when it has spoken all, and is told that nothing follows.
void Speaking::hear_end(const ConnectionEnd& end) {
  if (!complete_ || !end.orderly) return fail(service_->unavailable(end.cause + " before all was spoken"));
  words_.end();
  finish(SpeechEnded{});
}

/// The service must not be silent for long once it has all there is to say; before, it may wait for a word.
TimePoint Speaking::stalls_at() const {
  if (!complete_ || holds_up_) return TimePoint::max();
  return heard_at_ + service_->options.stall_patience;
}

awaitable<void> Speaking::watch(std::shared_ptr<Speaking> self) {
  while (!self->over_ && !self->finished_) {
    const TimePoint end = self->stalls_at();
    if (Clock::now() >= end) {
      self->fail(self->service_->unavailable("it does not go on speaking"));
      break;
    }
    co_await self->watch_.wait_until(end);
  }
}

void Speaking::fail(Error error) {
  if (over_ || finished_) return;
  finish(SpeechFailed{std::move(error)});
}

void Speaking::finish(SpeechEvent last) {
  finished_ = true;
  words_.events.push_back(std::move(last));
  place_->leave();
  given_.notify();
  changed_.notify();
  watch_.notify();
}

}  // namespace unmuted::kyutai
