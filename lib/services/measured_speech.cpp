#include "services/measured_speech.hpp"

#include <optional>
#include <utility>

#include "core/clock.hpp"

namespace unmuted {
namespace {

class MeasuredStream final : public SpeechStream {
 public:
  MeasuredStream(std::unique_ptr<SpeechStream> stream, Metrics& metrics)
      : stream_(std::move(stream)), metrics_(metrics) {
    metrics_.tts_sessions.Increment();
    metrics_.tts_active_sessions.Increment();
  }
  ~MeasuredStream() override { abort(); }
  MeasuredStream(const MeasuredStream&) = delete;
  MeasuredStream& operator=(const MeasuredStream&) = delete;

  void say(std::string_view word) override {
    if (!began_) began_ = Clock::now();
    metrics_.tts_sent_frames.Increment();
    stream_->say(word);
  }

  void complete() override { stream_->complete(); }

  net::awaitable<SpeechEvent> next() override {
    SpeechEvent event = co_await stream_->next();
    count(event);
    co_return event;
  }

  void abort() override {
    if (!over_) metrics_.tts_interrupts.Increment();
    end();
    stream_->abort();
  }

 private:
  void count(const SpeechEvent& event) {
    if (over_) return;  // aborted meanwhile
    if (const auto* words = std::get_if<WordsBegin>(&event)) {
      metrics_.tts_received_words.Increment(static_cast<double>(words->words));
    } else if (const auto* sound = std::get_if<SpeechAudio>(&event)) {
      metrics_.tts_received_frames.Increment();
      if (samples_ == 0) metrics_.tts_ttft.Observe(since_began());
      samples_ += sound->samples.size();
    } else {
      if (const auto* failed = std::get_if<SpeechFailed>(&event)) {
        (failed->error.code == "service_at_capacity" ? metrics_.tts_misses : metrics_.tts_hard_misses)
            .Increment();
      }
      end();
    }
  }

  void end() {
    if (std::exchange(over_, true)) return;
    metrics_.tts_active_sessions.Decrement();
    metrics_.tts_audio_duration.Observe(static_cast<double>(samples_) / audio::sample_rate);
    metrics_.tts_gen_duration.Observe(since_began());
  }

  [[nodiscard]] double since_began() const { return began_ ? to_seconds(Clock::now() - *began_) : 0; }

  std::unique_ptr<SpeechStream> stream_;
  Metrics& metrics_;
  std::optional<TimePoint> began_;
  std::size_t samples_ = 0;
  bool over_ = false;
};

class MeasuredSpeech final : public TextToSpeech {
 public:
  MeasuredSpeech(std::unique_ptr<TextToSpeech> service, Metrics& metrics)
      : service_(std::move(service)), metrics_(metrics) {}

  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor,
                                      VoiceChoice voice) override {
    return std::make_unique<MeasuredStream>(service_->start(executor, std::move(voice)), metrics_);
  }

  net::awaitable<bool> up() override { return service_->up(); }

 private:
  std::unique_ptr<TextToSpeech> service_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<TextToSpeech> measured(std::unique_ptr<TextToSpeech> service, Metrics& metrics) {
  return std::make_unique<MeasuredSpeech>(std::move(service), metrics);
}

}  // namespace unmuted
