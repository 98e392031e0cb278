#include "services/openai/openai_speech.hpp"

#include <utility>

#include "services/openai/served_reply.hpp"
#include "services/openai/speech_server.hpp"

namespace unmuted {

using net::awaitable;

namespace openai {
namespace {

class ServedSpeechStream final : public SpeechStream {
 public:
  explicit ServedSpeechStream(std::shared_ptr<ServedReply> reply) : reply_(std::move(reply)) {}
  ~ServedSpeechStream() override { reply_->abort(); }
  ServedSpeechStream(const ServedSpeechStream&) = delete;
  ServedSpeechStream& operator=(const ServedSpeechStream&) = delete;

  void say(std::string_view word) override { reply_->say(word); }
  void complete() override { reply_->complete(); }
  awaitable<SpeechEvent> next() override { return ServedReply::next(reply_); }
  void abort() override { reply_->abort(); }

 private:
  std::shared_ptr<ServedReply> reply_;
};

class ServedSpeech final : public TextToSpeech {
 public:
  ServedSpeech(std::shared_ptr<SpeechServer> server, std::string voice)
      : server_(std::move(server)), voice_(std::move(voice)) {}

  std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor,
                                      VoiceChoice voice) override {
    std::string name = voice.name_for("openai");
    if (name.empty()) name = voice_;
    return std::make_unique<ServedSpeechStream>(
        std::make_shared<ServedReply>(executor, server_, std::move(name)));
  }

  awaitable<bool> up() override { return answers(server_); }

 private:
  std::shared_ptr<SpeechServer> server_;
  std::string voice_;
};

}  // namespace
}  // namespace openai

OpenAiSpeechOptions::OpenAiSpeechOptions() {
  model = "tts-1";
  patience = std::chrono::seconds(60);
  idle_timeout = std::chrono::seconds(20);
}

Result<std::unique_ptr<TextToSpeech>> openai_speech(OpenAiSpeechOptions options) {
  std::string voice = std::move(options.voice);
  auto server =
      openai::SpeechServer::create({"speech-out server", "UNMUTED_TTS_API_KEY", ""}, std::move(options));
  if (!server) return tl::unexpected(server.error());
  return std::make_unique<openai::ServedSpeech>(std::move(*server), std::move(voice));
}

}  // namespace unmuted
