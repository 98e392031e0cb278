#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/websocket.hpp"
#include "probe/condition.hpp"
#include "probe/event_queue.hpp"

namespace unmuted::probe {

/// One session as its client sees it. A single coroutine reads for the life of the connection and fills the
/// queue; whoever waits, waits on the queue and never on the socket. All members on the executor's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(const net::asio::any_io_executor& executor);

  /// Is called with each event when it arrives, from the first one on. Before open().
  void on_event(std::function<void(const Event&)> listener) { listener_ = std::move(listener); }

  /// Connects and starts to read. Errors are those of net::connect_websocket.
  net::awaitable<Result<void>> open(std::string url, net::ConnectOptions options);

  /// Errors: connection_closed; send_timeout when the peer took nothing until the deadline (the connection is
  /// aborted then). Sends of several coroutines follow one another.
  net::awaitable<Result<void>> send(std::string payload, bool binary, TimePoint deadline);

  /// The same of sound, which asks for nothing: no answer is counted from it.
  net::awaitable<Result<void>> stream(std::string payload, TimePoint deadline);

  /// The closing handshake; nothing when the connection has ended already.
  net::awaitable<void> close(std::uint16_t code, std::string reason, TimePoint deadline);

  /// Closes the socket without a close frame.
  void vanish();

  /// Takes the first event that matches, waiting for it until the deadline or the end of the connection.
  net::awaitable<std::optional<Event>> expect(Pattern pattern, TimePoint deadline);
  net::awaitable<std::optional<Event>> next(TimePoint deadline);
  /// Takes an event for each of the patterns, in any order. Those for which none came.
  net::awaitable<std::vector<Pattern>> expect_all(std::vector<Pattern> patterns, TimePoint deadline);

  /// How it ended; waits for that until the deadline.
  net::awaitable<std::optional<net::Closed>> ended(TimePoint deadline);

  /// Ends every wait, now and later, as if its deadline had passed.
  void give_up();

  [[nodiscard]] const EventQueue& events() const { return events_; }
  [[nodiscard]] const std::optional<net::Closed>& closed() const { return closed_; }
  [[nodiscard]] std::string subprotocol() const;

  /// When the event was sent that `answer` answers: by its request_id, else the last one sent.
  [[nodiscard]] TimePoint asked_at(const Json& answer) const;

 private:
  static net::awaitable<void> read_all(std::shared_ptr<Connection> self);
  static Json decode(const net::Message& message);
  [[nodiscard]] bool over(TimePoint deadline) const;
  net::awaitable<Result<void>> write(std::string payload, bool binary, TimePoint deadline);
  net::awaitable<bool> begin_writing(TimePoint deadline);
  void end_writing();
  void note_sent(const std::string& payload);

  net::asio::any_io_executor executor_;
  Condition changed_;
  std::function<void(const Event&)> listener_;
  std::optional<net::WebSocket> socket_;
  EventQueue events_;
  std::optional<net::Closed> closed_;
  bool writing_ = false;
  bool gave_up_ = false;
  TimePoint last_sent_{};
  std::map<std::string, TimePoint> sent_by_id_;
};

}  // namespace unmuted::probe
