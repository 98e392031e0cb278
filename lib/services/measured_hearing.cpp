#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "audio/pcm.hpp"
#include "core/clock.hpp"
#include "services/measured_speech.hpp"

namespace unmuted {
namespace {

class MeasuredHearingStream final : public HearingStream {
 public:
  MeasuredHearingStream(std::unique_ptr<HearingStream> stream, Metrics& metrics)
      : stream_(std::move(stream)), metrics_(metrics) {
    metrics_.stt_sessions.Increment();
    metrics_.stt_active_sessions.Increment();
  }
  ~MeasuredHearingStream() override { abort(); }
  MeasuredHearingStream(const MeasuredHearingStream&) = delete;
  MeasuredHearingStream& operator=(const MeasuredHearingStream&) = delete;

  void hear(std::span<const float> samples) override {
    if (!first_sound_) first_sound_ = Clock::now();
    metrics_.stt_sent_frames.Increment();
    samples_ += samples.size();
    stream_->hear(samples);
  }

  void end_utterance() override { stream_->end_utterance(); }

  net::awaitable<HearingEvent> next() override {
    HearingEvent event = co_await stream_->next();
    count(event);
    co_return event;
  }

  void abort() override {
    end();
    stream_->abort();
  }

 private:
  void count(const HearingEvent& event) {
    if (over_) return;  // aborted meanwhile
    const auto* failed = std::get_if<HearingFailed>(&event);
    if (failed != nullptr) {
      const bool full = failed->error.code == "service_at_capacity";
      (full ? metrics_.stt_misses : metrics_.stt_hard_misses).Increment();
      return end();
    }
    metrics_.stt_received_frames.Increment();
    if (!std::exchange(answered_, true) && first_sound_)
      metrics_.stt_ttft.Observe(to_seconds(Clock::now() - *first_sound_));
    if (!std::holds_alternative<WordHeard>(event)) return;
    metrics_.stt_received_words.Increment();
    ++words_;
  }

  void end() {
    if (std::exchange(over_, true)) return;
    metrics_.stt_active_sessions.Decrement();
    metrics_.stt_session_duration.Observe(to_seconds(Clock::now() - began_));
    metrics_.stt_audio_duration.Observe(static_cast<double>(samples_) / audio::sample_rate);
    metrics_.stt_num_words.Observe(static_cast<double>(words_));
  }

  std::unique_ptr<HearingStream> stream_;
  Metrics& metrics_;
  const TimePoint began_ = Clock::now();
  std::optional<TimePoint> first_sound_;
  bool answered_ = false;
  std::size_t samples_ = 0;
  std::size_t words_ = 0;
  bool over_ = false;
};

class MeasuredHearing final : public SpeechToText {
 public:
  MeasuredHearing(std::unique_ptr<SpeechToText> service, Metrics& metrics)
      : service_(std::move(service)), metrics_(metrics) {}

  [[nodiscard]] bool hears_everything() const override { return service_->hears_everything(); }

  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice choice) override {
    return std::make_unique<MeasuredHearingStream>(service_->start(executor, std::move(choice)), metrics_);
  }

  net::awaitable<bool> up() override { return service_->up(); }

 private:
  std::unique_ptr<SpeechToText> service_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<SpeechToText> measured(std::unique_ptr<SpeechToText> service, Metrics& metrics) {
  return std::make_unique<MeasuredHearing>(std::move(service), metrics);
}

}  // namespace unmuted
