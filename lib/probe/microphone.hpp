#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/asio.hpp"
#include "probe/condition.hpp"
#include "probe/connection.hpp"
#include "probe/spoken_pages.hpp"

namespace unmuted::probe {

/// What a session says on one connection, in real time: each 40 ms of sound are sent when they would have
/// been recorded, by a clock that does not wander. Where sending is held up, what is late follows at once. On
/// the thread of its executor.
class Microphone : public std::enable_shared_from_this<Microphone> {
 public:
  /// `always_open`: silence is sent where nothing is said, from open() on.
  Microphone(const net::asio::any_io_executor& executor, std::shared_ptr<Connection> connection,
             std::shared_ptr<VoiceLog> log, bool always_open);

  void open();

  /// Says it after what is being said, and returns when it is sent. Errors: connection_closed, send_timeout.
  net::awaitable<Result<void>> say(std::shared_ptr<Utterance> utterance);

 private:
  static net::awaitable<void> run(std::shared_ptr<Microphone> self);
  net::awaitable<Result<void>> send(std::vector<std::string> events);

  net::asio::any_io_executor executor_;
  std::shared_ptr<Connection> connection_;
  SpokenPages pages_;
  bool always_open_;
  bool running_ = false;
  Result<void> sent_;  ///< an error is the end
  Condition changed_;
};

}  // namespace unmuted::probe
