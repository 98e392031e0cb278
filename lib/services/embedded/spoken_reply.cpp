#include "services/embedded/spoken_reply.hpp"

#include <exception>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "services/embedded/flite.hpp"

namespace unmuted::embedded {

using net::awaitable;

namespace {

Error no_speech(std::string code, const std::string& why) {
  return {std::move(code), "The embedded speech failed: " + why, ""};
}

/// Blocks: for the pool.
Result<Sound> make_sound(const Espeak& espeak, const EmbeddedVoice& voice, const Clause& clause,
                         const std::stop_token& unwanted) {
  if (const auto* flite = std::get_if<FliteVoice>(&voice)) return speak_with_flite(*flite, clause, unwanted);
  return espeak.speak(std::get<EspeakVoice>(voice), clause, unwanted);
}

Spelling spelling_for(const EmbeddedVoice& voice) {
  return std::holds_alternative<FliteVoice>(voice) ? spelled_for_flite : spelled_in_unicode;
}

/// flite is in this process and does not hang.
WorkerPool::Lane lane_for(const EmbeddedVoice& voice) {
  return std::holds_alternative<FliteVoice>(voice) ? WorkerPool::Lane::speech : WorkerPool::Lane::programs;
}

/// Counts a clause that waits.
class Waiting {
 public:
  explicit Waiting(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~Waiting() { --count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

}  // namespace

SpokenReply::SpokenReply(const net::asio::any_io_executor& executor,
                         std::shared_ptr<EmbeddedSpeech::Service> service, EmbeddedVoice voice)
    : service_(std::move(service)),
      voice_(std::move(voice)),
      share_(service_->pool, lane_for(voice_)),
      said_(executor),
      clauses_(spelling_for(voice_)) {}

void SpokenReply::say(std::string_view word) {
  if (over_) return;
  clauses_.say(word);
  said_.notify();
}

void SpokenReply::complete() {
  clauses_.complete();
  said_.notify();
}

void SpokenReply::abort() {
  over_ = true;
  events_.clear();
  unwanted_.request_stop();
  call_.abandon();
  said_.notify();
}

awaitable<SpeechEvent> SpokenReply::next(std::shared_ptr<SpokenReply> self) {
  while (!self->over_) {
    if (!self->events_.empty()) {
      SpeechEvent event = std::move(self->events_.front());
      self->events_.pop_front();
      co_return event;
    }
    if (auto clause = self->clauses_.take()) {
      auto error = co_await self->speak(std::move(*clause));
      if (error && !self->over_) co_return self->fail(std::move(*error));
    } else if (self->clauses_.over()) {
      co_return self->end();
    } else {
      co_await self->said_.wait();
    }
  }
  co_return SpeechFailed{{"service_unavailable", "The speech was aborted", ""}};
}

awaitable<std::optional<Error>> SpokenReply::speak(Clause clause) {
  const Clause spoken = clause;
  Result<Sound> sound = co_await synthesise(std::move(clause));
  if (over_) co_return std::nullopt;
  if (!sound) co_return sound.error();
  samples_ += sound->samples.size();
  const std::chrono::seconds longest = service_->options.longest_reply;
  if (samples_ > static_cast<std::size_t>(longest.count()) * audio::sample_rate) {
    co_return no_speech("service_unavailable",
                        "it speaks for " + std::to_string(longest.count()) + " seconds at the most");
  }
  give(spoken, *sound);
  co_return std::nullopt;
}

awaitable<Result<Sound>> SpokenReply::synthesise(Clause clause) {
  if (clause.text().empty()) co_return Sound{{}, std::vector<std::size_t>(clause.words.size(), 0)};
  const auto busy = no_speech("service_at_capacity", "too many replies wait for it");
  if (service_->waiting >= service_->options.max_waiting) co_return tl::unexpected(busy);
  const Waiting waiting(service_->waiting);
  auto job = [service = service_, voice = voice_, clause = std::move(clause),
              unwanted = unwanted_.get_token()] {
    return make_sound(service->options.espeak, voice, clause, unwanted);
  };
  try {
    auto sound =
        co_await net::offload(share_, call_, std::move(job), Clock::now() + service_->options.patience);
    if (!sound) co_return tl::unexpected(busy);
    co_return std::move(*sound);
  } catch (const std::exception& e) {
    co_return tl::unexpected(no_speech("service_unavailable", e.what()));
  }
}

void SpokenReply::give(const Clause& clause, const Sound& sound) {
  std::size_t given = 0;
  for (std::size_t i = 0; i < clause.words.size(); ++i) {
    if (clause.words[i].said == 0) continue;
    // What comes before its first word is the beginning of that.
    const std::size_t begin = i == 0 ? 0 : sound.begins[i];
    give_sound(sound, given, begin);
    events_.emplace_back(WordsBegin{clause.words[i].said});
    given = begin;
  }
  give_sound(sound, given, sound.samples.size());
}

void SpokenReply::give_sound(const Sound& sound, std::size_t begin, std::size_t end) {
  if (begin == end) return;
  const auto part = std::span(sound.samples).subspan(begin, end - begin);
  events_.emplace_back(SpeechAudio{{part.begin(), part.end()}});
}

SpeechEvent SpokenReply::end() {
  if (clauses_.unreadable()) {
    return fail(no_speech("service_unavailable",
                          "the voice cannot read this script; is it the character's language?"));
  }
  over_ = true;
  return SpeechEnded{};
}

SpeechEvent SpokenReply::fail(Error error) {
  abort();
  return SpeechFailed{std::move(error)};
}

}  // namespace unmuted::embedded
