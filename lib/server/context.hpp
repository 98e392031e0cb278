#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>

#include "core/memory_budget.hpp"
#include "net/shared_answer.hpp"
#include "net/tls.hpp"
#include "net/websocket.hpp"
#include "server/access.hpp"
#include "server/client_secrets.hpp"
#include "server/config.hpp"
#include "server/connection_registry.hpp"
#include "server/log_limit.hpp"
#include "server/published_voices.hpp"
#include "server/session_registry.hpp"
#include "session/environment.hpp"

namespace unmuted {

/// What the connections of one server share. Outlives them; any thread.
struct ServerContext {
  const Config& config;
  const SessionEnvironment& environment;
  SessionRegistry sessions;
  Access access;
  net::WebSocketOptions websocket;
  std::shared_ptr<spdlog::logger> log;
  ConnectionRegistry connections;
  PublishedVoices published_voices{};
  WorkerPool::Share chores{environment.pool, WorkerPool::Lane::chores};
  WorkerPool::Share default_loads{environment.pool, WorkerPool::Lane::loads};  ///< of the default cast
  WorkerPool::Share inspections{environment.pool, WorkerPool::Lane::loads};
  /// A backend is probed twice a second at the most; a probe takes two seconds at the most. Meanwhile all but
  /// the one who asked for it hear what the probe before said, so that no crowd of them stands and waits.
  net::SharedAnswer<bool> language_model_up{
      {std::chrono::milliseconds(500), 0, std::chrono::seconds(5), std::chrono::seconds(10)}};
  net::SharedAnswer<bool> text_to_speech_up{
      {std::chrono::milliseconds(500), 0, std::chrono::seconds(5), std::chrono::seconds(10)}};
  net::SharedAnswer<bool> speech_to_text_up{
      {std::chrono::milliseconds(500), 0, std::chrono::seconds(5), std::chrono::seconds(10)}};
  /// However many ask, making it takes a twentieth of one thread's time at the most, once it takes long.
  net::SharedAnswer<std::shared_ptr<const std::string>> metrics_text{
      {std::chrono::seconds(1), 20, std::chrono::seconds(30), {}}};
  RefusedPages refused_pages{};
  net::ServerCertificate certificate{config.tls_certificate, config.tls_key};
  LogLimit misunderstandings{std::chrono::seconds(1)};  ///< of clients that do not speak what the port does
  std::vector<net::asio::io_context*> threads{};  ///< the network threads' loops, as many as `sessions` knows
  net::SharedAnswer<bool> voice_cloning_up{
      {std::chrono::milliseconds(500), 0, std::chrono::seconds(5), std::chrono::seconds(10)}};
  std::shared_ptr<MemoryBudget> uploads = std::make_shared<MemoryBudget>(config.uploads);
  ClientSecrets client_secrets{};
  std::atomic<std::size_t> turned_away{0};  ///< connections that are being told why they are no sessions
};

}  // namespace unmuted
