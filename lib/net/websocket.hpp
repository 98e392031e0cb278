#pragma once

#include <chrono>
#include <cstdint>
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
  /// What messages that have come in part may take together, of all connections that share it: past it one
  /// must be closed for, with 1013. The first 16 KiB of each are free. Null: no limit.
  std::shared_ptr<MemoryBudget> partial_messages;
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

  /// Sends one text or binary message. False when the connection has ended; the reader learns why.
  awaitable<bool> write(std::string_view payload, bool binary = false);

  /// Closing handshake. Returns when it is done or the peer has not answered for the handshake timeout.
  awaitable<void> close(std::uint16_t code, std::string_view reason);

  /// Closes the socket at once, without a word: whatever is under way ends with code 1006.
  void abort();

  /// The subprotocol that was agreed on, may be empty.
  [[nodiscard]] const std::string& subprotocol() const;

 private:
  std::unique_ptr<Implementation> implementation_;
};

struct ConnectOptions {
  WebSocketOptions websocket;
  std::string subprotocol;                                   ///< offered; none when empty
  std::vector<std::pair<std::string, std::string>> headers;  ///< further ones of the upgrade request
};

/// Connects to `ws://host:port/target`. Errors: invalid_url, connect_failed (with address and cause),
/// upgrade_refused (the message holds the HTTP status and the start of the body). No default for `options`:
/// in a co_await expression g++ 12 would free such a temporary twice.
awaitable<Result<WebSocket>> connect_websocket(std::string url, ConnectOptions options);

}  // namespace unmuted::net
