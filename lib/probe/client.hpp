#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/websocket.hpp"
#include "probe/json_path.hpp"

namespace unmuted::probe {

/// A session for tests in C++: every call blocks until it is done or its time is over. For one thread. A call
/// that could never end is a bug, and throws std::logic_error.
class Client {
 public:
  static constexpr std::chrono::milliseconds patience{10'000};

  /// Errors are those of net::connect_websocket.
  static Result<Client> connect(const std::string& url, net::ConnectOptions options = {});
  ~Client();  ///< the socket is closed without a close frame
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;

  /// Errors: connection_closed, send_timeout.
  Result<void> send(const Json& event);
  Result<void> send_text(std::string text);

  /// The next event, or nothing within the time.
  std::optional<Json> next(std::chrono::milliseconds within = patience);

  /// The first event like `pattern`, written as in a scenario: `{type: error, error.code: x}`. Others stay.
  /// The error says what came instead. Errors: no_such_event, invalid_scenario.
  Result<Json> expect(std::string_view pattern, std::chrono::milliseconds within = patience);

  /// The closing handshake, and how it ended.
  std::optional<net::Closed> close(std::uint16_t code = 1000);
  /// How the server ended it.
  std::optional<net::Closed> closed(std::chrono::milliseconds within = patience);
  void vanish();

  [[nodiscard]] std::string subprotocol() const;

 private:
  struct Implementation;
  explicit Client(std::unique_ptr<Implementation> implementation);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::probe
