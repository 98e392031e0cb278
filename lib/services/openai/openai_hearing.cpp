#include "services/openai/openai_hearing.hpp"

#include <utility>

#include "services/openai/served_hearing.hpp"
#include "services/openai/speech_server.hpp"

namespace unmuted {

using net::awaitable;

namespace openai {
namespace {

class ServedHearingStream final : public HearingStream {
 public:
  explicit ServedHearingStream(std::shared_ptr<ServedHearing> hearing) : hearing_(std::move(hearing)) {}
  ~ServedHearingStream() override { hearing_->abort(); }
  ServedHearingStream(const ServedHearingStream&) = delete;
  ServedHearingStream& operator=(const ServedHearingStream&) = delete;

  void hear(std::span<const float> samples) override { hearing_->hear(samples); }
  void end_utterance() override { hearing_->end_utterance(); }
  awaitable<HearingEvent> next() override { return ServedHearing::next(hearing_); }
  void abort() override { hearing_->abort(); }

 private:
  std::shared_ptr<ServedHearing> hearing_;
};

class ServedListener final : public SpeechToText {
 public:
  explicit ServedListener(std::shared_ptr<SpeechServer> server) : server_(std::move(server)) {}

  [[nodiscard]] bool hears_everything() const override { return false; }

  std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                       ListeningChoice choice) override {
    return std::make_unique<ServedHearingStream>(std::make_shared<ServedHearing>(executor, server_, choice));
  }

  awaitable<bool> up() override { return answers(server_); }

 private:
  std::shared_ptr<SpeechServer> server_;
};

}  // namespace
}  // namespace openai

OpenAiHearingOptions::OpenAiHearingOptions() {
  model = "whisper-1";
  patience = std::chrono::seconds(60);
  idle_timeout = std::chrono::seconds(20);
}

Result<std::unique_ptr<SpeechToText>> openai_hearing(OpenAiHearingOptions options) {
  auto server =
      openai::SpeechServer::create({"speech-in server", "UNMUTED_STT_API_KEY", ""}, std::move(options));
  if (!server) return tl::unexpected(server.error());
  return std::make_unique<openai::ServedListener>(std::move(*server));
}

}  // namespace unmuted
