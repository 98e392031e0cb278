#include "chat_host.hpp"

#include <utility>

#include <spdlog/logger.h>

#include "chat_arguments.hpp"
#include "chat_log.hpp"
#include "core/timezone.hpp"

namespace unmuted::charctl {
namespace {

SessionEnvironment session_environment(ChatHost& host, Metrics& metrics, const ChatArguments& arguments) {
  SessionEnvironment session{host.loader, host.policy, host.default_cast, host.modules,
                             host.pool,   metrics,     host.log};
  session.timezone = system_timezone();
  session.script_seed = arguments.seed;
  session.language_model = host.model.get();
  session.llm_name = arguments.llm_model;
  session.words_per_minute = arguments.words_per_minute;
  return session;
}

}  // namespace

ChatHost::ChatHost(CharacterSetPtr set, std::unique_ptr<LanguageModel> language_model, Metrics& the_metrics,
                   ChatScreen& screen, const ChatArguments& arguments)
    : model(std::move(language_model)),
      default_cast(std::move(set)),
      log(script_log(io, screen)),
      environment(session_environment(*this, the_metrics, arguments)) {}

}  // namespace unmuted::charctl
