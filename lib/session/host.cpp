#include "session/host.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/sinks/null_sink.h>

#include "core/memory_budget.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"
#include "services/voice_cloning.hpp"
#include "services/voice_store.hpp"
#include "session/recordings.hpp"

namespace unmuted {
namespace {

std::shared_ptr<spdlog::logger> silent_log() {
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

CharacterSetPtr nobody() {
  return std::make_shared<CharacterSet>("", std::vector<CharacterPtr>{}, LoadReport{});
}

}  // namespace

SessionHost::SessionHost(Options options)
    : log(options.log ? std::move(options.log) : silent_log()),
      metrics(options.session_metrics),
      loader(store, std::make_shared<MemoryBudget>(options.script_memory), options.script_limits,
             options.load_limits),
      policy(std::move(options.policy)),
      default_cast(nobody()),
      pool(options.pool),
      environment{loader, policy, default_cast, modules, pool, metrics, log} {
  environment.remote_policy = std::move(options.remote_policy);
}

SessionHost::~SessionHost() {
  stop();
}

void SessionHost::use(std::unique_ptr<LanguageModel> model) {
  model_ = std::move(model);
  environment.language_model = model_.get();
}

void SessionHost::use(std::unique_ptr<TextToSpeech> speech) {
  speech_ = std::move(speech);
  environment.text_to_speech = speech_.get();
}

void SessionHost::use(std::unique_ptr<SpeechToText> hearing) {
  hearing_ = std::move(hearing);
  environment.speech_to_text = hearing_.get();
}

void SessionHost::use(std::unique_ptr<VoiceStore> voices) {
  voices_ = std::move(voices);
  environment.voices = voices_.get();
}

void SessionHost::use(std::unique_ptr<VoiceCloning> cloning) {
  cloning_ = std::move(cloning);
  environment.voice_cloning = cloning_.get();
}

void SessionHost::use(std::unique_ptr<Recordings> recordings) {
  recordings_ = std::move(recordings);
  environment.recordings = recordings_.get();
}

void SessionHost::stop() {
  pool.stop();
  while (!pool.wait_until_idle(std::chrono::seconds(1))) {
  }
}

}  // namespace unmuted
