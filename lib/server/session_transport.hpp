#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "net/asio.hpp"
#include "net/signal.hpp"
#include "net/websocket.hpp"
#include "server/session_registry.hpp"
#include "session/session.hpp"

namespace unmuted {

/// Why a session ended.
enum class EndReason {
  client_closed,
  client_gone,
  refused_message,
  slow_reader,
  idle,
  said_goodbye,
  drained,
  internal_error
};

std::string_view to_string(EndReason reason);  ///< in one word, for the log

/// A session on its WebSocket: five coroutines that all end by themselves once the session has ended
/// (docs/lifetimes.md). None of them throws. Lives on the thread of its executor, in a shared_ptr.
class SessionTransport : public std::enable_shared_from_this<SessionTransport> {
 public:
  /// `dialect`, `id`, `cast`, `peer`: see Session. `environment` lives longer.
  SessionTransport(net::asio::any_io_executor executor, net::WebSocket websocket,
                   const SessionEnvironment& environment, std::shared_ptr<events::Dialect> dialect,
                   std::string id, CharacterSetPtr cast, Peer peer);

  /// Carries the session to its end; once.
  net::awaitable<EndReason> run();

  /// Makes the session leave. From any thread, also when it has ended.
  void leave(Leave how);

 private:
  net::awaitable<void> read();
  net::awaitable<void> execute();
  net::awaitable<void> write();
  net::awaitable<void> guard();
  net::awaitable<void> end_when_idle();

  void receive(const net::Message& message);
  void ended_by(const net::Closed& closed);
  void refuse(std::uint16_t code, std::string_view why);
  void leave_here(Leave how);
  void internal_error(const std::exception& bug);

  net::asio::any_io_executor executor_;
  net::WebSocket websocket_;
  const SessionEnvironment& environment_;
  Session session_;
  EndReason reason_ = EndReason::said_goodbye;  ///< unless something else ends it first
  bool abused_ = false;                         ///< the client is not owed the time of others
  bool written_ = false;
  net::Signal wrote_all_;
};

}  // namespace unmuted
