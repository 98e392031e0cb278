#pragma once

#include <cstddef>
#include <memory>

#include <spdlog/logger.h>

#include "characters/character_loader.hpp"
#include "characters/character_store.hpp"
#include "characters/directory_policy.hpp"
#include "characters/module_registry.hpp"
#include "characters/script/state.hpp"
#include "core/worker_pool.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"
#include "session/default_cast.hpp"
#include "session/environment.hpp"

namespace unmuted {

/// Owns what sessions need around them, for a server, a tool or a test: sessions get its `environment`, whose
/// settings are its owner's to change before the first of them begins. Any thread, but for that.
class SessionHost {
 public:
  struct Options {
    WorkerPool::Options pool{};
    bool session_metrics = true;
    std::size_t script_memory = 1U << 30U;  ///< bytes, all scripts together
    script::Limits script_limits{};
    LoadLimits load_limits{};
    DirectoryPolicy policy = DirectoryPolicy::allow_any();         ///< of those on this machine
    DirectoryPolicy remote_policy = DirectoryPolicy::beneath({});  ///< of all others
    std::shared_ptr<spdlog::logger> log{};                         ///< null: nothing is logged
  };

  /// Nobody is in the default cast yet.
  explicit SessionHost(Options options);
  /// As stop(), for whoever has no loops.
  ~SessionHost();
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  /// From here on characters without a script of their own are spoken for by the model; null: they rehearse.
  void use(std::unique_ptr<LanguageModel> model);

  /// From here on replies are spoken; null: they are text only.
  void use(std::unique_ptr<TextToSpeech> speech);

  /// From here on users are listened to; null: they are not.
  void use(std::unique_ptr<SpeechToText> hearing);

  /// From here on cloned voices are kept there.
  void use(std::unique_ptr<VoiceStore> voices);

  /// From here on voices are cloned; null: they are not.
  void use(std::unique_ptr<VoiceCloning> cloning);

  /// From here on sessions are recorded whose users allow it; null: none is.
  void use(std::unique_ptr<Recordings> recordings);

  /// Ends the pool, and waits for the jobs that run: what they deliver wakes the sessions' loops, which must
  /// still be there.
  void stop();

  // In the order of who uses whom.
  const std::shared_ptr<spdlog::logger> log;
  Metrics metrics;
  const std::shared_ptr<CharacterStore> store = std::make_shared<CharacterStore>();
  const std::shared_ptr<ModuleRegistry> modules = std::make_shared<ModuleRegistry>();
  CharacterLoader loader;
  const DirectoryPolicy policy;
  DefaultCast default_cast;
  WorkerPool pool;
  SessionEnvironment environment;

 private:
  std::unique_ptr<Recordings> recordings_;
  std::unique_ptr<VoiceStore> voices_;
  std::unique_ptr<VoiceCloning> cloning_;
  std::unique_ptr<LanguageModel> model_;
  std::unique_ptr<TextToSpeech> speech_;
  std::unique_ptr<SpeechToText> hearing_;
};

}  // namespace unmuted
