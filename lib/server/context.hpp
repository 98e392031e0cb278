#pragma once

#include <atomic>
#include <memory>

#include <spdlog/logger.h>

#include "net/websocket.hpp"
#include "server/access.hpp"
#include "server/config.hpp"
#include "server/health.hpp"
#include "server/session_registry.hpp"
#include "session/environment.hpp"

namespace unmuted {

/// What the connections of one server share. Outlives them; any thread.
struct ServerContext {
  const Config& config;
  SessionEnvironment environment;
  SessionRegistry sessions;
  Access access;
  net::WebSocketOptions websocket;
  std::shared_ptr<spdlog::logger> log;
  Health health;
  RefusedPages refused_pages;
  std::atomic<std::size_t> connections{0};  ///< open sockets, sessions and others
  std::atomic<std::size_t> turned_away{0};  ///< those of them that are being told why they are no sessions
};

}  // namespace unmuted
