#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

#include "characters/character_loader.hpp"
#include "characters/directory_policy.hpp"
#include "characters/module_registry.hpp"
#include "command.hpp"
#include "core/worker_pool.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"
#include "session/default_cast.hpp"
#include "session/environment.hpp"

namespace unmuted::charctl {

class ChatScreen;
struct ChatArguments;

/// What a server would have around its sessions. Destroyed from the bottom up: the pool's threads first, then
/// the loop with what they delivered, then what that refers to.
struct ChatHost {
  /// `the_metrics` and `screen` live longer.
  ChatHost(CharacterSetPtr set, std::unique_ptr<LanguageModel> language_model, Metrics& the_metrics,
           ChatScreen& screen, const ChatArguments& arguments);

  std::unique_ptr<LanguageModel> model;
  CharacterLoader loader = make_loader();
  DirectoryPolicy policy = DirectoryPolicy::allow_any();
  DefaultCast default_cast;
  std::shared_ptr<ModuleRegistry> modules = std::make_shared<ModuleRegistry>();
  boost::asio::io_context io{1};
  std::shared_ptr<spdlog::logger> log;
  WorkerPool pool{{.threads = 2, .yielding = false}};
  SessionEnvironment environment;
};

}  // namespace unmuted::charctl
