#include "chat_host.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <spdlog/logger.h>

#include "chat_arguments.hpp"
#include "chat_log.hpp"
#include "core/timezone.hpp"
#include "server/config.hpp"
#include "server/services.hpp"
#include "services/openai_model.hpp"

namespace unmuted::charctl {

ChatHost::ChatHost(CharacterSetPtr set, ChatScreen& the_screen, const ChatArguments& arguments)
    : screen(the_screen), host({.pool = {.threads = 2, .yielding = false}, .log = script_log(io, screen)}) {
  host.default_cast.replace(std::move(set));
  host.environment.timezone = system_timezone();
  host.environment.script_seed = arguments.seed;
  host.environment.llm_name = arguments.llm_model;
  host.environment.words_per_minute = arguments.words_per_minute;
}

Result<void> ChatHost::find_model(const ChatArguments& arguments) {
  if (arguments.llm == "scripted") return {};
  OpenAiOptions options;
  options.url = arguments.llm;
  options.model = arguments.llm_model;
  options.extra = arguments.llm_extra;
  options.patience = std::chrono::milliseconds(static_cast<std::int64_t>(arguments.llm_patience * 1000));
  options.log = model_log(screen);
  if (const char* key = std::getenv("KYUTAI_LLM_API_KEY"); key != nullptr) options.api_key = key;
  auto model = openai_model(std::move(options), host.metrics);
  if (!model) return tl::unexpected(model.error());
  host.use(std::move(*model));
  return {};
}

Result<void> ChatHost::find_speech() {
  Config config;
  config.tts = config.stt = "embedded";
  auto speaker = find_text_to_speech(config, host);
  if (!speaker) return tl::unexpected(speaker.error());
  auto listener = find_speech_to_text(config, host);
  if (!listener) return tl::unexpected(listener.error());
  host.use(std::move(*speaker));
  host.use(std::move(*listener));
  // aplay is silent at once when it is to be, so that more may be under way than to a page.
  host.environment.audio_lead = std::chrono::milliseconds(320);
  return {};
}

}  // namespace unmuted::charctl
