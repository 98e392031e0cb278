#include "services/kyutai/kyutai_speech.hpp"

#include <utility>

#include "services/kyutai/hearing.hpp"
#include "services/kyutai/service.hpp"
#include "services/kyutai/speaking.hpp"

namespace unmuted {

using kyutai::Hearing;
using kyutai::Service;
using kyutai::Speaking;
using net::awaitable;

namespace {

using ServicePtr = std::shared_ptr<const Service>;

class KyutaiSpeechStream final : public SpeechStream {
 public:
  explicit KyutaiSpeechStream(std::shared_ptr<Speaking> speaking) : speaking_(std::move(speaking)) {}
  ~KyutaiSpeechStream() override { speaking_->abort(); }
  KyutaiSpeechStream(const KyutaiSpeechStream&) = delete;
  KyutaiSpeechStream& operator=(const KyutaiSpeechStream&) = delete;

  void say(std::string_view word) override { speaking_->say(word); }
  void complete() override { speaking_->complete(); }
  awaitable<SpeechEvent> next() override { return Speaking::next(speaking_); }
  void abort() override { speaking_->abort(); }

 private:
  std::shared_ptr<Speaking> speaking_;
};

class KyutaiHearingStream final : public HearingStream {
 public:
  explicit KyutaiHearingStream(std::shared_ptr<Hearing> hearing) : hearing_(std::move(hearing)) {}
  ~KyutaiHearingStream() override { hearing_->abort(); }
  KyutaiHearingStream(const KyutaiHearingStream&) = delete;
  KyutaiHearingStream& operator=(const KyutaiHearingStream&) = delete;

  void hear(std::span<const float> samples) override { hearing_->hear(samples); }
  void end_utterance() override { hearing_->end_utterance(); }
  awaitable<HearingEvent> next() override { return Hearing::next(hearing_); }
  void abort() override { hearing_->abort(); }

 private:
  std::shared_ptr<Hearing> hearing_;
};

class KyutaiTextToSpeech final : public TextToSpeech {
 public:
  explicit KyutaiTextToSpeech(ServicePtr service) : service_(std::move(service)) {}

  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor,
                                      VoiceChoice voice) override {
    return std::make_unique<KyutaiSpeechStream>(
        std::make_shared<Speaking>(executor, service_, std::move(voice.path)));
  }
  awaitable<bool> up() override { return Service::up(service_); }

 private:
  ServicePtr service_;
};

/// It hears the languages that it knows, and takes no vocabulary.
class KyutaiSpeechToText final : public SpeechToText {
 public:
  explicit KyutaiSpeechToText(ServicePtr service) : service_(std::move(service)) {}

  [[nodiscard]] bool hears_everything() const override { return true; }
  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice /*choice*/) override {
    return std::make_unique<KyutaiHearingStream>(std::make_shared<Hearing>(executor, service_));
  }
  awaitable<bool> up() override { return Service::up(service_); }

 private:
  ServicePtr service_;
};

}  // namespace

Result<std::unique_ptr<TextToSpeech>> kyutai_text_to_speech(KyutaiOptions options, Metrics& metrics) {
  const kyutai::Kind kind{"speech-out", "/api/tts_streaming", metrics.tts_ping_time, metrics.tts_find_time};
  auto service = Service::create(std::move(options), kind, metrics);
  if (!service) return tl::unexpected(service.error());
  return std::make_unique<KyutaiTextToSpeech>(std::move(*service));
}

Result<std::unique_ptr<SpeechToText>> kyutai_speech_to_text(KyutaiOptions options, Metrics& metrics) {
  const kyutai::Kind kind{"speech-in", "/api/asr-streaming", metrics.stt_ping_time, metrics.stt_find_time};
  auto service = Service::create(std::move(options), kind, metrics);
  if (!service) return tl::unexpected(service.error());
  return std::make_unique<KyutaiSpeechToText>(std::move(*service));
}

}  // namespace unmuted
