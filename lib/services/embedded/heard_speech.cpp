#include "services/embedded/heard_speech.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>

#include "core/ascii.hpp"
#include "core/clock.hpp"
#include "core/utf8.hpp"

namespace unmuted::embedded {

using net::awaitable;

namespace {

constexpr std::size_t at_once = audio::sample_rate;  ///< samples, so that others have their turn

Error not_heard(std::string code, const std::string& why) {
  return {std::move(code), "The embedded speech recognition failed: " + why, ""};
}

Error too_busy(const std::string& why) {
  return not_heard("service_at_capacity", why + "; try again later");
}

/// Of two languages ("fr/en") one is enough. None is said: English.
bool is_english(std::string_view language) {
  const std::string tags = "/" + lower_ascii(language);
  for (std::size_t at = tags.find("/en"); at != std::string::npos; at = tags.find("/en", at + 1)) {
    const std::size_t end = at + 3;
    if (end == tags.size() || tags[end] == '-' || tags[end] == '_' || tags[end] == '/') return true;
  }
  return tags.size() == 1;
}

std::size_t samples_in(std::chrono::seconds time) {
  return static_cast<std::size_t>(time.count()) * audio::sample_rate;
}

}  // namespace

HeardSpeech::HeardSpeech(const net::asio::any_io_executor& executor,
                         std::shared_ptr<EmbeddedHearing::Service> service, ListeningChoice choice)
    : executor_(executor),
      service_(std::move(service)),
      vocabulary_(std::make_shared<const Vocabulary>(std::move(choice.vocabulary))),
      share_(service_->pool, WorkerPool::Lane::hearing),
      changed_(executor) {
  if (!is_english(choice.language)) {
    over_ = not_heard("service_unavailable", "it knows English only, and the character speaks '" +
                                                 shorten(printable(choice.language), 40) +
                                                 "'; write instead, or choose another service with --stt");
  }
}

void HeardSpeech::hear(std::span<const float> samples) {
  if (over_ || samples.empty()) return;
  if (spoken_.empty() || spoken_.back().ended) {
    spoken_.push_back({static_cast<double>(samples_) / audio::sample_rate, 0, {}, false});
  }
  Spoken& now = spoken_.back();
  samples_ += samples.size();
  const std::size_t room = samples_in(service_->options.longest_utterance) - now.length;
  samples = samples.first(std::min(samples.size(), room));
  now.length += samples.size();
  now.unheard.insert(now.unheard.end(), samples.begin(), samples.end());
  unheard_samples_ += samples.size();
  if (unheard_samples_ > samples_in(service_->options.most_unrecognised)) {
    fail(too_busy("it does not keep up with what is said"));
  }
  changed_.notify();
}

void HeardSpeech::end_utterance() {
  if (over_) return;
  if (spoken_.empty() || spoken_.back().ended) spoken_.emplace_back();
  spoken_.back().ended = true;
  if (spoken_.size() > service_->options.most_utterances) fail(too_busy("too many utterances wait for it"));
  changed_.notify();
}

void HeardSpeech::abort() {
  fail({"service_unavailable", "The speech recognition was aborted", ""});
}

void HeardSpeech::fail(Error error) {
  if (!over_) over_ = std::move(error);
  events_.clear();
  spoken_.clear();
  unwanted_.request_stop();
  call_.abandon();
  utterance_.reset();
  changed_.notify();
}

awaitable<HearingEvent> HeardSpeech::next(std::shared_ptr<HeardSpeech> self) {
  while (!self->over_) {
    if (!self->events_.empty()) {
      HearingEvent event = std::move(self->events_.front());
      self->events_.pop_front();
      co_return event;
    }
    if (self->has_work()) {
      auto error = co_await self->work();
      if (error) self->fail(std::move(*error));
    } else {
      co_await self->changed_.wait();
    }
  }
  co_return HearingFailed{*self->over_};
}

bool HeardSpeech::has_work() const {
  return !spoken_.empty() && (spoken_.front().ended || !spoken_.front().unheard.empty());
}

awaitable<std::optional<Error>> HeardSpeech::work() {
  if (spoken_.front().length > 0 && !utterance_) {
    auto error = co_await borrow_recogniser();
    if (error || over_) co_return error;
  }
  const audio::Samples sound = take_sound();
  const bool is_last = spoken_.front().ended && spoken_.front().unheard.empty();
  std::vector<RecognisedWord> words;
  if (utterance_) {
    auto recognised = co_await recognise(sound, is_last);
    if (over_) co_return std::nullopt;
    if (!recognised) co_return recognised.error();
    words = std::move(*recognised);
  }
  if (is_last) tell(words);
  co_return std::nullopt;
}

audio::Samples HeardSpeech::take_sound() {
  audio::Samples& unheard = spoken_.front().unheard;
  const auto end = unheard.begin() + static_cast<std::ptrdiff_t>(std::min(unheard.size(), at_once));
  audio::Samples sound(unheard.begin(), end);
  unheard.erase(unheard.begin(), end);
  unheard_samples_ -= sound.size();
  return sound;
}

/// Its turn may come on any thread, and is told here on this one.
awaitable<std::optional<Error>> HeardSpeech::borrow_recogniser() {
  auto when_free = [executor = executor_, weak = weak_from_this()] {
    net::asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->changed_.notify();
    });
  };
  RecogniserPool::Place place(service_->recognisers, std::move(when_free));
  const TimePoint deadline = Clock::now() + service_->options.patience;
  while (!over_) {
    if (auto loan = place.take(*vocabulary_)) {
      utterance_ = std::make_shared<Utterance>(std::move(*loan), service_->options.model, vocabulary_);
      break;
    }
    if (Clock::now() >= deadline) co_return too_busy("too many people speak at the same time");
    co_await changed_.wait_until(deadline);
  }
  co_return std::nullopt;
}

awaitable<Result<std::vector<RecognisedWord>>> HeardSpeech::recognise(audio::Samples sound, bool is_last) {
  auto job = [utterance = utterance_, sound = std::move(sound), is_last, unwanted = unwanted_.get_token()] {
    return utterance->hear(sound, is_last, unwanted);
  };
  try {
    auto words =
        co_await net::offload(share_, call_, std::move(job), Clock::now() + service_->options.patience);
    if (!words) co_return tl::unexpected(too_busy("it takes too long"));
    co_return std::move(*words);
  } catch (const std::exception& e) {
    co_return tl::unexpected(not_heard("service_unavailable", e.what()));
  }
}

void HeardSpeech::tell(const std::vector<RecognisedWord>& words) {
  const double start = spoken_.front().start;
  for (const RecognisedWord& word : words) events_.emplace_back(WordHeard{word.text, start + word.start});
  events_.emplace_back(UtteranceHeard{});
  spoken_.pop_front();
  utterance_.reset();
}

}  // namespace unmuted::embedded
