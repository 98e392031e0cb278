#include "server/services.hpp"

#include <utility>

#include <spdlog/logger.h>

#include "core/utf8.hpp"
#include "server/config.hpp"
#include "services/embedded/embedded_hearing.hpp"
#include "services/embedded/embedded_speech.hpp"
#include "services/kyutai/kyutai_speech.hpp"
#include "services/measured_speech.hpp"
#include "services/memory_voice_store.hpp"
#include "services/openai/openai_hearing.hpp"
#include "services/openai/openai_speech.hpp"
#include "services/openai_model.hpp"
#include "services/redis_voice_store.hpp"
#include "services/speech_address.hpp"

namespace unmuted {
namespace {

using Kind = SpeechAddress::Kind;

/// `own` where the operator says nothing.
void set_unless_empty(std::string& own, const std::string& given) {
  if (!given.empty()) own = given;
}

Result<std::unique_ptr<TextToSpeech>> served_speech(const SpeechAddress& address, const Config& config,
                                                    const SessionHost& host) {
  OpenAiSpeechOptions options;
  options.url = address.url;
  set_unless_empty(options.model, config.tts_model);
  set_unless_empty(options.voice, config.tts_voice);
  options.api_key = config.tts_api_key;
  options.log = host.log;
  return openai_speech(std::move(options));
}

Result<std::unique_ptr<SpeechToText>> served_hearing(const SpeechAddress& address, const Config& config,
                                                     const SessionHost& host) {
  OpenAiHearingOptions options;
  options.url = address.url;
  set_unless_empty(options.model, config.stt_model);
  options.api_key = config.stt_api_key;
  options.log = host.log;
  return openai_hearing(std::move(options));
}

/// Without a key of its own a service is one that was set up like Kyutai's.
KyutaiOptions kyutai_options(const SpeechAddress& address, const std::string& api_key,
                             const SessionHost& host) {
  KyutaiOptions options;
  options.url = address.url;
  options.custom_voice = [voices = host.environment.voices](std::string voice) {
    return voices->get(std::move(voice));
  };
  if (!api_key.empty()) options.api_key = api_key;
  return options;
}

Result<std::unique_ptr<TextToSpeech>> speaker_at(const SpeechAddress& address, const Config& config,
                                                 SessionHost& host) {
  switch (address.kind) {
    case Kind::embedded:
      return std::make_unique<EmbeddedSpeech>(host.pool, EmbeddedSpeech::Options{});
    case Kind::openai:
      return served_speech(address, config, host);
    case Kind::kyutai:
      return kyutai_text_to_speech(kyutai_options(address, config.tts_api_key, host), host.metrics);
    case Kind::off:
      break;
  }
  return nullptr;
}

embedded::SphinxModel sphinx_model(const Config& config) {
  embedded::SphinxModel model;
  if (!config.stt_model.empty()) model.directory = config.stt_model;
  return model;
}

Result<std::unique_ptr<SpeechToText>> listener_at(const SpeechAddress& address, const Config& config,
                                                  SessionHost& host) {
  switch (address.kind) {
    case Kind::embedded: {
      EmbeddedHearing::Options options;
      options.model = sphinx_model(config);
      return std::make_unique<EmbeddedHearing>(host.pool, std::move(options));
    }
    case Kind::openai:
      return served_hearing(address, config, host);
    case Kind::kyutai:
      return kyutai_speech_to_text(kyutai_options(address, config.stt_api_key, host), host.metrics);
    case Kind::off:
      break;
  }
  return nullptr;
}

/// Off, where it is no address at all, which is refused elsewhere.
Kind kind_of_speech(const std::string& address) {
  const auto read = SpeechAddress::of(address);
  return read ? read->kind : Kind::off;
}

void warn_of_no_effect(std::vector<std::string>& warnings, const char* flag, const std::string& value,
                       bool has_effect) {
  if (value.empty() || has_effect) return;
  warnings.push_back(std::string(flag) + " has no effect: it is for servers with OpenAI's interface");
}

}  // namespace

std::vector<std::string> speech_warnings(const Config& config) {
  std::vector<std::string> warnings;
  const Kind speaks = kind_of_speech(config.tts);
  const Kind listens = kind_of_speech(config.stt);
  if (speaks == Kind::embedded) {
    const auto there = embedded::Espeak{}.check({});
    if (!there) warnings.push_back("only English is spoken: " + there.error().message);
  }
  if (listens == Kind::embedded) {
    const auto there = sphinx_model(config).check();
    if (!there) {
      warnings.push_back("nobody is heard: " + there.error().message + ": " + printable(there.error().where));
    }
  }
  warn_of_no_effect(warnings, "--tts-model", config.tts_model, speaks == Kind::openai);
  warn_of_no_effect(warnings, "--tts-voice", config.tts_voice, speaks == Kind::openai);
  warn_of_no_effect(warnings, "--stt-model", config.stt_model,
                    listens == Kind::openai || listens == Kind::embedded);
  return warnings;
}

Result<std::unique_ptr<VoiceStore>> find_voice_store(const Config& config, SessionHost& host) {
  if (config.redis.empty()) return std::make_unique<MemoryVoiceStore>();
  auto address = net::RedisAddress::of(config.redis);
  if (!address) return tl::unexpected(address.error());
  auto redis = net::RedisClient::create(std::move(*address));
  if (!redis) return tl::unexpected(redis.error());
  return std::make_unique<RedisVoiceStore>(std::move(*redis), host.log);
}

Result<std::unique_ptr<VoiceCloning>> find_voice_cloning(const Config& config, SessionHost& host) {
  if (config.voice_cloning.empty()) return nullptr;
  VoiceCloning::Options options;
  options.url = config.voice_cloning;
  options.patience = config.voice_cloning_patience;
  return VoiceCloning::create(std::move(options), *host.environment.voices, host.pool);
}

Result<std::unique_ptr<Recordings>> find_recordings(const Config& config, SessionHost& host) {
  if (config.recordings_dir.empty()) return nullptr;
  return Recordings::in(config.recordings_dir, host.pool, host.log);
}

Result<std::unique_ptr<LanguageModel>> find_language_model(const Config& config, SessionHost& host) {
  if (config.llm_url.empty()) return nullptr;
  OpenAiOptions options;
  options.url = config.llm_url;
  options.model = config.llm_model;
  options.api_key = config.llm_api_key;
  options.extra = config.llm_extra;
  options.patience = config.llm_patience;
  options.idle_timeout = config.llm_idle_timeout;
  options.log = host.log;
  return openai_model(std::move(options), host.metrics);
}

Result<std::unique_ptr<TextToSpeech>> find_text_to_speech(const Config& config, SessionHost& host) {
  const auto address = SpeechAddress::of(config.tts);
  if (!address) return tl::unexpected(address.error());
  auto found = speaker_at(*address, config, host);
  if (found && *found) found = measured(std::move(*found), host.metrics);
  return found;
}

Result<std::unique_ptr<SpeechToText>> find_speech_to_text(const Config& config, SessionHost& host) {
  const auto address = SpeechAddress::of(config.stt);
  if (!address) return tl::unexpected(address.error());
  auto found = listener_at(*address, config, host);
  if (found && *found) found = measured(std::move(*found), host.metrics);
  return found;
}

}  // namespace unmuted
