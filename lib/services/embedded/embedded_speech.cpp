#include "services/embedded/embedded_speech.hpp"

#include <stop_token>
#include <utility>

#include "net/offload.hpp"
#include "services/embedded/spoken_reply.hpp"
#include "services/embedded/voice_choice.hpp"

namespace unmuted {

using net::awaitable;

namespace {

constexpr std::chrono::milliseconds health_patience{2'000};

class EmbeddedStream final : public SpeechStream {
 public:
  explicit EmbeddedStream(std::shared_ptr<embedded::SpokenReply> reply) : reply_(std::move(reply)) {}
  ~EmbeddedStream() override { reply_->abort(); }
  EmbeddedStream(const EmbeddedStream&) = delete;
  EmbeddedStream& operator=(const EmbeddedStream&) = delete;

  void say(std::string_view word) override { reply_->say(word); }
  void complete() override { reply_->complete(); }
  awaitable<SpeechEvent> next() override { return embedded::SpokenReply::next(reply_); }
  void abort() override { reply_->abort(); }

 private:
  std::shared_ptr<embedded::SpokenReply> reply_;
};

awaitable<bool> espeak_runs(std::shared_ptr<EmbeddedSpeech::Service> service) {
  // Not where replies are spoken: that it is busy does not mean that it does not work.
  WorkerPool::Share share(service->pool, WorkerPool::Lane::chores);
  net::PoolCall call;
  std::stop_source unwanted;
  auto job = [service, token = unwanted.get_token()] {
    return service->options.espeak.check(token).has_value();
  };
  const auto runs = co_await net::offload(share, call, std::move(job), Clock::now() + health_patience);
  unwanted.request_stop();
  co_return runs.value_or(false);
}

}  // namespace

EmbeddedSpeech::EmbeddedSpeech(WorkerPool& pool, Options options)
    : service_(new Service{pool, std::move(options)}) {}

std::unique_ptr<SpeechStream> EmbeddedSpeech::start(const net::asio::any_io_executor& executor,
                                                    VoiceChoice voice) {
  return std::make_unique<EmbeddedStream>(
      std::make_shared<embedded::SpokenReply>(executor, service_, embedded::choose_voice(voice)));
}

awaitable<bool> EmbeddedSpeech::up() {
  return espeak_runs(service_);
}

}  // namespace unmuted
