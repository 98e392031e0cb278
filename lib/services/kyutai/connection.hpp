#pragma once

#include <deque>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"
#include "net/websocket.hpp"
#include "services/kyutai/messages.hpp"

namespace unmuted::kyutai {

/// How a connection ended, or that what came on it is no message.
struct ConnectionEnd {
  bool orderly = false;  ///< the service has closed it, and says nothing of a failure
  std::string cause;
};

/// An open WebSocket to a service. Lives on the thread of its executor; owned by whoever uses it and by its
/// own coroutine, which sends, and closes it in order once leave() was called.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const net::asio::any_io_executor& executor, net::WebSocket socket, Duration close_patience);

  /// Its coroutine begins. Whoever opens it calls leave() at last.
  static void open(const std::shared_ptr<Connection>& self);

  /// Sent behind what was sent before; nothing after leave().
  void send(std::string message);

  /// The next message. One call at a time; `self` is kept meanwhile.
  static net::awaitable<tl::expected<Message, ConnectionEnd>> read(std::shared_ptr<Connection> self);

  /// What was not sent yet is not sent any more; the connection is closed in order, or cut where the service
  /// does not take part in that for close_patience. A read() under way ends.
  void leave();
  /// leave() is called then, unless stay() is before.
  void leave_at(TimePoint time);
  void stay() { limit_.expires_at(TimePoint::max()); }
  [[nodiscard]] bool left() const { return left_; }

 private:
  static net::awaitable<void> write(std::shared_ptr<Connection> self);

  const net::asio::any_io_executor executor_;
  net::WebSocket socket_;
  const Duration close_patience_;
  std::deque<std::string> unsent_;
  net::Signal wake_;
  net::asio::steady_timer limit_;
  bool left_ = false;
};

}  // namespace unmuted::kyutai
