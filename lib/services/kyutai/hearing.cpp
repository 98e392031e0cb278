#include "services/kyutai/hearing.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "core/ascii.hpp"
#include "core/overloaded.hpp"
#include "core/utf8.hpp"

namespace unmuted::kyutai {

using net::awaitable;

namespace {

/// Words that nobody takes; further messages are not read then.
constexpr std::size_t most_events = 256;

}  // namespace

Hearing::Hearing(net::asio::any_io_executor executor, std::shared_ptr<const Service> service)
    : executor_(std::move(executor)),
      service_(std::move(service)),
      taken_(executor_),
      changed_(executor_),
      watch_(executor_) {}

// ---- The sound ----------------------------------------------------------------------------------------

void Hearing::hear(std::span<const float> samples) {
  if (over_ || failed_ || samples.empty()) return;
  take_place();
  sound_at_ = Clock::now();
  samples_ += samples.size();
  send(sent_.hear(samples));
}

void Hearing::end_utterance() {
  if (over_ || failed_) return;
  if (!place_ && sent_.rest().empty()) return give(UtteranceHeard{});
  take_place();
  send(sent_.flush());
  ends_.push_back(sent_.heard_by());
}

void Hearing::send(std::vector<std::string> messages) {
  if (messages.empty()) return;
  const std::size_t before = behind() - messages.size();
  for (std::string& message : messages) place_->send(std::move(message));
  const auto most = service_->options.max_behind.count() * audio::sample_rate / 1'000;
  if (behind() * audio::frame_samples > static_cast<std::size_t>(most)) {
    return fail(service_->unavailable("it has fallen behind what is said"));
  }
  if (before == 0) waits_since_ = Clock::now();
  wake_if_sooner();
}

// ---- The place ----------------------------------------------------------------------------------------

void Hearing::take_place() {
  if (place_) return;
  place_ = std::make_shared<Place>(executor_, service_, "");
  sound_at_ = Clock::now();
  net::asio::co_spawn(executor_, run(shared_from_this(), place_), net::asio::detached);
}

/// Less than a frame of sound may wait: it goes to the next place.
void Hearing::give_place_back() {
  place_->leave();
  place_.reset();
  const audio::Samples rest = sent_.rest();
  sent_ = SentSound(samples_ - rest.size());
  sent_.hear(rest);
  pause_ = PausePrediction();
  steps_ = 0;
  watch_.notify();
}

awaitable<void> Hearing::run(std::shared_ptr<Hearing> self, PlacePtr place) {
  const Result<void> taken = co_await Place::take(place);
  if (!taken && self->uses(place)) self->fail(taken.error());
  if (self->uses(place)) {
    self->waits_since_ = Clock::now();
    net::asio::co_spawn(self->executor_, watch(self, place), net::asio::detached);
  }
  while (self->uses(place)) {
    auto message = co_await Place::read(place);
    if (!self->uses(place)) break;
    self->waits_since_ = Clock::now();
    if (message) {
      self->take(std::move(*message));
    } else {
      self->take_end(message.error());
    }
    while (self->uses(place) && self->events_.size() > most_events) co_await self->taken_.wait();
  }
  place->leave();
}

awaitable<void> Hearing::watch(std::shared_ptr<Hearing> self, PlacePtr place) {
  while (self->uses(place)) {
    const TimePoint end = self->ends_at();
    if (Clock::now() < end) {
      self->wakes_at_ = end;
      co_await self->watch_.wait_until(end);
    } else if (self->behind() > 0) {
      self->fail(self->service_->unavailable("it does not go on listening"));
    } else {
      self->give_place_back();
    }
  }
}

/// When the service has stalled, or when there has been nothing to hear for long.
TimePoint Hearing::ends_at() const {
  if (events_.size() > most_events) return TimePoint::max();
  if (behind() > 0) return waits_since_ + service_->options.stall_patience;
  return std::max(sound_at_, waits_since_) + service_->options.keep_idle;
}

/// What is later than the present wait of watch() is waited for when that is over.
void Hearing::wake_if_sooner() {
  if (ends_at() < wakes_at_) watch_.notify();
}

// ---- What it says -------------------------------------------------------------------------------------

void Hearing::take(Message message) {
  const Overloaded takes{
      [this](const Word& word) {
        const std::string_view text = trim_blanks(word.text);
        if (!text.empty()) give(WordHeard{std::string(text), sent_.time_in_stream(word.start_time)});
      },
      [this](const Step& step) { take_step(step); },
      [this](const ServiceError& error) {
        fail(service_->unavailable("it says \"" + shorten(printable(error.message), 300) + "\""));
      },
      [](const auto&) {},
  };
  std::visit(takes, message);
}

/// A step is one frame of ours, whatever number it has: those count the frames of all.
void Hearing::take_step(const Step& step) {
  if (behind() == 0) return;
  const bool ours = sent_.is_ours(steps_++);
  const std::optional<double> pause = step.pause ? pause_.step(*step.pause) : std::nullopt;
  if (pause && !ours) give(PauseLikelihood{*pause});
  for (; !ends_.empty() && ends_.front() <= steps_; ends_.pop_front()) give(UtteranceHeard{});
  wake_if_sooner();
}

/// A service may close when it has heard all there is, as it does when nothing comes for long. With one that
/// is lost words may be lost that it had heard.
void Hearing::take_end(const ConnectionEnd& end) {
  if (behind() > 0 || !end.orderly) return fail(service_->unavailable(end.cause));
  give_place_back();
}

/// Of likelihoods that nobody has taken only the last says something.
void Hearing::give(HearingEvent event) {
  const bool overtakes = std::holds_alternative<PauseLikelihood>(event) && !events_.empty() &&
                         std::holds_alternative<PauseLikelihood>(events_.back());
  if (overtakes) events_.pop_back();
  events_.push_back(std::move(event));
  changed_.notify();
}

// ---- The end ------------------------------------------------------------------------------------------

awaitable<HearingEvent> Hearing::next(std::shared_ptr<Hearing> self) {
  while (!self->over_ && self->events_.empty()) co_await self->changed_.wait();
  if (self->over_) co_return HearingFailed{{"service_unavailable", "The hearing was aborted", ""}};
  HearingEvent event = std::move(self->events_.front());
  self->events_.pop_front();
  self->over_ = std::holds_alternative<HearingFailed>(event);
  self->taken_.notify();
  co_return event;
}

void Hearing::fail(Error error) {
  if (over_ || failed_) return;
  failed_ = true;
  give(HearingFailed{std::move(error)});
  if (place_) place_->leave();
  taken_.notify();
  watch_.notify();
}

void Hearing::abort() {
  over_ = true;
  events_.clear();
  if (place_) place_->leave();
  changed_.notify();
  taken_.notify();
  watch_.notify();
}

}  // namespace unmuted::kyutai
