#include "session/listener.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "core/base64.hpp"
#include "core/overloaded.hpp"

namespace unmuted {
namespace {

using events::Failure;

Failure too_fast(std::chrono::seconds limit) {
  return Failure{
      Failure::Kind::warning, "audio_too_fast",
      "More than " + std::to_string(limit.count()) +
          " seconds of sound are ahead of real time; what comes until that has passed is not heard"};
}

}  // namespace

Listener::Listener(const net::asio::any_io_executor& executor, SpeechToText* service)
    : executor_(executor), service_(service), stream_wanted_(executor), changed_(executor) {}

// ---- Conversations ------------------------------------------------------------------------------------

void Listener::begin(ListeningChoice choice, const events::TurnRules& rules) {
  end();
  if (service_ == nullptr || shut_down_) return;
  turns_.emplace(TurnTaking::Options{service_->hears_everything(), choice.language, rules});
  if (ears_) ears_->voice_activity.end_after(TurnTaking::silence_of(rules));
  choice_ = std::move(choice);
}

bool Listener::set(ListeningChoice choice, const events::TurnRules& rules) {
  if (!turns_) return false;
  const bool free = !in_utterance_ && (service_->hears_everything() || utterances_.empty());
  if (choice.language != choice_.language && free) close_stream();
  choice_ = std::move(choice);
  const bool by_client = rules.by == events::TurnRules::By::client;
  const bool changes = by_client != turns_->by_client();
  if (changes) drop();
  turns_->set(choice_.language, rules);
  if (ears_) ears_->voice_activity.end_after(TurnTaking::silence_of(rules));
  return changes;
}

void Listener::end_turn() {
  of_turn_ = 0;
  if (turns_) carry_out(turns_->end_turn());
  recent_.clear();
}

void Listener::drop() {
  of_turn_ = 0;
  close_stream();
  recent_.clear();
  if (ears_) ears_->voice_activity.end_speech();
  if (turns_) turns_->drop();
}

void Listener::end() {
  close_stream();
  turns_.reset();
  stream_failed_ = false;
  if (ears_) {
    ears_->voice_activity.bot_speaks(false);
    ears_->voice_activity.end_speech();
  }
  reports_.clear();
}

// ---- Sound --------------------------------------------------------------------------------------------

void Listener::hear(const events::AppendAudio& sound) {
  if (service_ == nullptr || shut_down_) return;
  if (!ears_) {
    ears_ = std::make_unique<Ears>();
    ears_->voice_activity.end_after(turns_ ? turns_->silence() : TurnTaking::pause);
  }
  const std::vector<std::byte> bytes = base64_decode(sound.audio).value_or(std::vector<std::byte>());
  hears_sound_ = true;
  if (sound.form == audio::SoundForm::ogg_opus) {
    decode(bytes);
  } else {
    decode_plain(bytes, sound.form);
  }
  hears_sound_ = false;
}

/// A piece may be minutes long, and is heard as so many of those that others are.
void Listener::decode_plain(std::span<const std::byte> bytes, audio::SoundForm form) {
  constexpr std::size_t piece = 4'800;  ///< bytes
  std::optional<audio::PlainSoundReader>& reader = ears_->plain_reader;
  if (!reader || reader->form() != form) reader.emplace(form);
  while (!bytes.empty() && !comes_too_fast(reader->samples_in(std::min(piece, bytes.size())))) {
    const std::span<const float> samples = reader->read(bytes.first(std::min(piece, bytes.size())));
    if (!samples.empty()) hear(samples);
    bytes = bytes.subspan(std::min(piece, bytes.size()));
  }
}

void Listener::decode(std::span<const std::byte> rest) {
  while (const auto heard = ears_->reader.next(rest)) {
    if (comes_too_fast(ears_->reader.decoded())) return;
    if (const auto* error = std::get_if<Error>(&*heard)) {
      report(heard::Unusable{events::failure_of(*error, Failure::Kind::invalid_request)});
      continue;
    }
    const auto& samples = std::get<std::span<const float>>(*heard);
    if (!samples.empty()) hear(samples);
  }
}

/// Decoding is most of the work, so it ends with what is too much.
bool Listener::comes_too_fast(std::size_t samples) {
  const TimePoint now = Clock::now();
  heard_until_ = std::max(heard_until_, now);
  const std::chrono::seconds limit = turns_ && turns_->by_client() ? ahead_limit_of_turns : ahead_limit;
  if (heard_until_ - now > limit) {
    if (!std::exchange(too_fast_, true)) report(heard::Unusable{too_fast(limit)});
    return true;
  }
  heard_until_ += audio::time_of(samples);
  if (heard_until_ - now < ahead_limit / 2) too_fast_ = false;
  return false;
}

void Listener::hear(std::span<const float> samples) {
  report(heard::Sound{samples.size()});
  of_turn_ += samples.size();
  const bool voice_matters = !turns_ || !turns_->by_client();
  const VoiceChanges changes = voice_matters ? ears_->voice_activity.feed(samples) : VoiceChanges();
  if (turns_) listen(samples, changes);
  remember(samples);
}

/// What changes within a piece counts from its begin, or its end: a piece is a fraction of a second.
void Listener::listen(std::span<const float> samples, const VoiceChanges& changes) {
  const TimePoint now = Clock::now();
  carry_out(turns_->sound_arrived(now));
  if (service_->hears_everything() && !stream_ && !stream_failed_) open_stream(received_);
  for (const auto& change : changes) {
    if (change.speaks) carry_out(turns_->voice_changed(true, now));
  }
  pass_on(samples);
  for (const auto& change : changes) {
    if (!change.speaks) carry_out(turns_->voice_changed(false, now));
  }
}

void Listener::pass_on(std::span<const float> samples) {
  if (!stream_ || (!in_utterance_ && !service_->hears_everything())) return;
  stream_->hear(samples);
  given_ += static_cast<std::int64_t>(samples.size());
}

void Listener::remember(std::span<const float> samples) {
  received_ += static_cast<std::int64_t>(samples.size());
  recent_.insert(recent_.end(), samples.begin(), samples.end());
  if (recent_.size() > 4 * lead_in) recent_.erase(recent_.begin(), recent_.end() - lead_in);
}

// ---- What follows -------------------------------------------------------------------------------------

void Listener::carry_out(TurnDecisions decisions) {
  for (TurnDecision& decision : decisions) {
    const Overloaded does{
        [this](turn::BeginUtterance&) { begin_utterance(); },
        [this](turn::EndUtterance&) { end_utterance(); },
        [this](turn::SoundStopped&) { ears_->voice_activity.end_speech(); },
        [this](auto& told) { report(std::move(told)); },
    };
    std::visit(does, decision);
  }
  wake_if_due();
}

/// Whoever waits is woken for what is sooner; what is later is waited for when that is over.
void Listener::wake_if_due() {
  const std::optional<TimePoint> due = turns_ ? turns_->next() : std::nullopt;
  if (due && *due < wakes_at_) changed_.notify();
}

void Listener::report(Heard heard) {
  // Sound is told of often.
  if (auto* more = std::get_if<heard::Sound>(&heard); more != nullptr && !reports_.empty()) {
    if (auto* sound = std::get_if<heard::Sound>(&reports_.back())) {
      sound->samples += more->samples;
      return;
    }
  }
  reports_.push_back(std::move(heard));
  if (!hears_sound_) changed_.notify();  // else its caller asks what there is
}

void Listener::begin_utterance() {
  if (service_->hears_everything() && stream_) return;
  const std::span<const float> all(recent_);
  const std::span<const float> before = all.last(std::min(lead_in, all.size()));
  const std::int64_t begins_at = received_ - static_cast<std::int64_t>(before.size());
  if (!stream_) open_stream(begins_at);
  if (!service_->hears_everything()) utterances_.push_back({given_, begins_at});
  in_utterance_ = true;
  pass_on(before);
}

void Listener::end_utterance() {
  in_utterance_ = false;
  if (stream_) {
    stream_->end_utterance();
  } else {
    // The service has failed meanwhile, and nobody would answer.
    carry_out(turns_->utterance_heard(Clock::now()));
  }
}

std::optional<Heard> Listener::take() {
  if (turns_) {
    const TimePoint now = Clock::now();
    if (const auto due = turns_->next(); due && *due <= now) carry_out(turns_->time_passed(now));
  }
  if (reports_.empty()) return std::nullopt;
  Heard heard = std::move(reports_.front());
  reports_.pop_front();
  return heard;
}

// ---- The reply ----------------------------------------------------------------------------------------

void Listener::reply_began() {
  if (turns_) turns_->reply_began();
}

void Listener::reply_sounds() {
  if (!turns_) return;
  if (ears_) ears_->voice_activity.bot_speaks(true);
  turns_->reply_sounds(Clock::now());
}

void Listener::reply_ended(bool finished) {
  if (!turns_) return;
  if (ears_) ears_->voice_activity.bot_speaks(false);
  carry_out(turns_->reply_ended(finished, Clock::now()));
}

// ---- The service --------------------------------------------------------------------------------------

void Listener::open_stream(std::int64_t begins_at) {
  stream_ = service_->start(executor_, choice_);
  stream_failed_ = false;
  given_ = 0;
  utterances_.clear();
  if (service_->hears_everything()) utterances_.push_back({0, begins_at});
  stream_wanted_.notify();
}

void Listener::close_stream() {
  if (stream_) std::exchange(stream_, nullptr)->abort();
  in_utterance_ = false;
  utterances_.clear();
}

net::awaitable<void> Listener::run() {
  while (!shut_down_) {
    if (!stream_) {
      co_await stream_wanted_.wait();
      continue;
    }
    const std::shared_ptr<HearingStream> asked = stream_;
    HearingEvent event = co_await asked->next();
    if (asked == stream_) hear(std::move(event));
  }
}

void Listener::hear(HearingEvent event) {
  const TimePoint now = Clock::now();
  const Overloaded hears{
      [&](WordHeard& word) {
        const double start_time = received_time(word.start_time);
        carry_out(turns_->word_heard(std::move(word.text), start_time, now));
      },
      [&](const PauseLikelihood& pause) { carry_out(turns_->pause_is_likely(pause.likelihood, now)); },
      [&](const UtteranceHeard&) {
        if (!service_->hears_everything() && !utterances_.empty()) utterances_.pop_front();
        carry_out(turns_->utterance_heard(now));
      },
      [&](HearingFailed& failed) { fail(std::move(failed.error)); },
  };
  std::visit(hears, event);
}

void Listener::fail(Error error) {
  close_stream();
  stream_failed_ = true;
  carry_out(turns_->hearing_failed());
  report(heard::Failed{events::failure_of(std::move(error), Failure::Kind::warning)});
}

double Listener::received_time(double stream_time) const {
  if (utterances_.empty()) return stream_time;
  const Utterance& utterance = utterances_.front();
  return stream_time + static_cast<double>(utterance.received - utterance.in_stream) / audio::sample_rate;
}

// ---- Waiting ------------------------------------------------------------------------------------------

net::awaitable<void> Listener::wait() {
  if (shut_down_ || !reports_.empty()) co_return;
  const std::optional<TimePoint> due = turns_ ? turns_->next() : std::nullopt;
  wakes_at_ = due.value_or(TimePoint::max());
  co_await changed_.wait_until(wakes_at_);
}

void Listener::shut_down() {
  shut_down_ = true;
  close_stream();
  turns_.reset();
  reports_.clear();
  changed_.notify();
  stream_wanted_.notify();
}

}  // namespace unmuted
