#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/memory_budget.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted::net {

struct Message {
  bool binary = false;
  std::string payload;
  std::size_t pieces = 0;  ///< in which it was read: a client may send it byte by byte
};

/// How a connection ended.
struct Closed {
  std::uint16_t code = 0;  ///< of the peer's close frame, or ours; 1006 when there was none
  std::string reason;      ///< of that frame, or the system's word for the failure
  bool orderly = false;    ///< a closing handshake took place
  /// It has not ended yet: what came cannot be taken, and nothing more can be read. Close it, with this code
  /// and reason.
  bool must_close = false;
};

struct WebSocketOptions {
  std::size_t max_message = 1U << 20U;  ///< bytes; a longer one must be closed for, with 1009
  /// What messages that have come in part may take together, of all connections that share it: past it a
  /// message waits for room, and after some seconds must be closed for, with 1013. The first 8 KiB of each
  /// are free. Null: no limit.
  std::shared_ptr<MemoryBudget> partial_messages;
  std::chrono::milliseconds message_patience{60'000};       ///< from the first byte of a message to its last
  std::chrono::milliseconds message_patience_tight{2'000};  ///< the same while others wait for room
  std::chrono::milliseconds ping_interval{
      20'000};  ///< a quiet peer is pinged; gone after twice this; 0 = never
  std::chrono::milliseconds handshake_timeout{10'000};
};

/// One WebSocket connection, either role. Lives on the thread of its executor: every member is called there,
/// and only one read and one write (or close) may be under way at a time. A read that was cancelled leaves
/// the connection unusable: end it with abort().
class WebSocket {
 public:
  struct Implementation;
  explicit WebSocket(std::unique_ptr<Implementation> implementation);
  ~WebSocket();
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;

  /// The next whole message, or how the connection ended. Only reads: whoever writes closes. Memory follows
  /// what has arrived, whatever a frame announces.
  awaitable<tl::expected<Message, Closed>> read();

  /// `close` is called, once and while a read waits, when the peer must be closed for what it does there: a
  /// message that takes too long to come, or more pings than anybody needs. With code and reason.
  void on_abuse(std::function<void(std::uint16_t, std::string_view)> close);

  /// Sends one text or binary message. False when the connection has ended; the reader learns why.
  awaitable<bool> write(std::string_view payload, bool binary = false);

  /// Closing handshake. Returns when it is done or the peer has not answered for the handshake timeout.
  awaitable<void> close(std::uint16_t code, std::string_view reason);

  /// Closes the socket at once, without a word: whatever is under way ends with code 1006.
  void abort();

  /// The subprotocol that was agreed on, may be empty.
  [[nodiscard]] const std::string& subprotocol() const;

 private:
  static awaitable<bool> make_room(Implementation& self, BudgetShare& share, std::size_t bytes);

  std::unique_ptr<Implementation> implementation_;
};

class Connector;
class Stream;
struct Url;

struct ConnectOptions {
  WebSocketOptions websocket;
  std::shared_ptr<Connector> connector;                      ///< null: one that trusts whom the system does
  std::string subprotocol;                                   ///< offered; none when empty
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones of the upgrade request
};

/// Connects to `ws://host:port/target`, or wss. Has the handshake timeout for the connection, and again for
/// the upgrade. Errors: invalid_url, connect_failed and tls_failed (with address and cause), upgrade_refused
/// (the message holds the HTTP status and the start of the body), invalid_configuration. No default for
/// `options`: in a co_await expression g++ 12 would free such a temporary twice.
awaitable<Result<WebSocket>> connect_websocket(std::string url, ConnectOptions options);

/// The upgrade by itself, on a connection to the server of `url`, for whoever connects in steps: see
/// Connecting, and Stream::cutter, which ends this early. Has the handshake timeout. Error: upgrade_refused.
awaitable<Result<WebSocket>> begin_websocket(Stream connection, Url url, ConnectOptions options);

}  // namespace unmuted::net
