#include "services/embedded/embedded_hearing.hpp"

#include <utility>

#include "net/offload.hpp"
#include "services/embedded/heard_speech.hpp"

namespace unmuted {

using net::awaitable;

namespace {

constexpr std::chrono::milliseconds model_patience{2'000};

class EmbeddedHearingStream final : public HearingStream {
 public:
  explicit EmbeddedHearingStream(std::shared_ptr<embedded::HeardSpeech> speech)
      : speech_(std::move(speech)) {}
  ~EmbeddedHearingStream() override { speech_->abort(); }
  EmbeddedHearingStream(const EmbeddedHearingStream&) = delete;
  EmbeddedHearingStream& operator=(const EmbeddedHearingStream&) = delete;

  void hear(std::span<const float> samples) override { speech_->hear(samples); }
  void end_utterance() override { speech_->end_utterance(); }
  awaitable<HearingEvent> next() override { return embedded::HeardSpeech::next(speech_); }
  void abort() override { speech_->abort(); }

 private:
  std::shared_ptr<embedded::HeardSpeech> speech_;
};

awaitable<bool> model_is_there(std::shared_ptr<EmbeddedHearing::Service> service) {
  WorkerPool::Share share(service->pool, WorkerPool::Lane::chores);
  net::PoolCall call;
  auto job = [service] { return service->options.model.check().has_value(); };
  const auto there = co_await net::offload(share, call, std::move(job), Clock::now() + model_patience);
  co_return there.value_or(false);
}

}  // namespace

EmbeddedHearing::EmbeddedHearing(WorkerPool& pool, Options options)
    : service_(new Service{pool, options, std::make_shared<embedded::RecogniserPool>(options.recognisers)}) {}

std::unique_ptr<HearingStream> EmbeddedHearing::start(const net::asio::any_io_executor& executor,
                                                      ListeningChoice choice) {
  return std::make_unique<EmbeddedHearingStream>(
      std::make_shared<embedded::HeardSpeech>(executor, service_, std::move(choice)));
}

awaitable<bool> EmbeddedHearing::up() {
  return model_is_there(service_);
}

}  // namespace unmuted
