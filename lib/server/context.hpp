#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>

#include "net/websocket.hpp"
#include "server/access.hpp"
#include "server/cast_pages.hpp"
#include "server/config.hpp"
#include "server/connection_registry.hpp"
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
  ConnectionRegistry connections;
  CastPages cast_pages;  ///< of the default cast
  RefusedPages refused_pages;
  std::vector<net::asio::io_context*> threads{};  ///< the network threads' loops, as many as `sessions` knows
  std::atomic<std::size_t> turned_away{0};  ///< connections that are being told why they are no sessions
};

}  // namespace unmuted
