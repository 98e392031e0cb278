#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <spdlog/logger.h>

#include "characters/character_loader.hpp"
#include "characters/directory_policy.hpp"
#include "characters/module_registry.hpp"
#include "characters/script_instance.hpp"
#include "core/clock.hpp"
#include "core/memory_budget.hpp"
#include "core/worker_pool.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"
#include "session/default_cast.hpp"

namespace unmuted {

class Recordings;
class SpeechToText;
class TextToSpeech;
class VoiceCloning;
class VoiceStore;

/// What all sessions of one server share. Outlives them; every member may be used from any thread.
struct SessionEnvironment {
  CharacterLoader& loader;
  const DirectoryPolicy& policy;  ///< of those on this machine
  DefaultCast& default_cast;
  std::shared_ptr<ModuleRegistry> modules;
  WorkerPool& pool;
  Metrics& metrics;
  std::shared_ptr<spdlog::logger> log;
  DirectoryPolicy remote_policy = DirectoryPolicy::beneath({});  ///< of all others
  std::string timezone = "UTC";                                  ///< IANA name, for scripts
  bool script_log = true;
  std::optional<std::uint64_t> script_seed{};  ///< of every script, so that it can be repeated; else random
  LanguageModel* language_model = nullptr;     ///< null: characters without a script of their own rehearse
  std::string llm_name{};                      ///< what scripts are told of it
  TextToSpeech* text_to_speech = nullptr;      ///< null: replies are text only
  SpeechToText* speech_to_text = nullptr;      ///< null: nobody listens to what users say
  VoiceStore* voices = nullptr;                ///< the voices that were cloned; null: there are none
  VoiceCloning* voice_cloning = nullptr;       ///< null: none is cloned here
  Recordings* recordings = nullptr;            ///< null: no session is recorded
  Duration audio_lead = std::chrono::milliseconds(160);  ///< sound is sent so long before it is to be heard
  unsigned words_per_minute = 0;         ///< at which a reply counts as spoken without a voice; 0: at once
  std::size_t outbox_bytes = 1U << 20U;  ///< past it a session takes no more input
  std::shared_ptr<MemoryBudget> unread_events{};  ///< what may wait for all clients together; null: any
  std::chrono::milliseconds idle_timeout{
      0};  ///< a session in which nothing happens so long is idle; 0: never
  std::chrono::milliseconds slow_reader{10'000};  ///< a client whose outbox stays full this long is closed
  std::chrono::milliseconds load_patience{
      60'000};                          ///< how long a directory may take to load, its wait included
  std::size_t max_waiting_events = 64;  ///< requests of one session
  std::function<void()> default_cast_replaced{};  ///< called where that was done, before anybody is told
};

/// What every character's script is run with here; without a name, a place in the registry, and a log.
InstanceOptions script_options(const SessionEnvironment& environment);

/// What a script is told at this moment, before anybody has said anything.
CallContext first_context(const SessionEnvironment& environment, const Character& character);

}  // namespace unmuted
