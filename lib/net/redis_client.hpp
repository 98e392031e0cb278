#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/connect.hpp"
#include "net/redis_address.hpp"

namespace unmuted::net {

/// Asks a Redis server, a connection for each command: there is nothing to keep alive and nothing to connect
/// again. For commands that are rare. Any thread; a copy is the same client.
class RedisClient {
 public:
  static constexpr std::size_t max_reply = 16U << 20U;  ///< bytes

  /// Reads the certificates, where the address is one of TLS. Error: invalid_configuration.
  static Result<RedisClient> create(RedisAddress address);

  /// Sends the command, a word an element, any bytes in it. The reply as text – of a number its digits – or
  /// nothing where the server has nothing. Resumes on the caller's thread, `patience` later at the latest.
  /// Errors: connect_failed, tls_failed, timed_out, connection_lost, invalid_response (not Redis, too large,
  /// or a list), service_unavailable (the server refuses). Messages name server and cause.
  [[nodiscard]] awaitable<Result<std::optional<std::string>>> ask(std::vector<std::string> command,
                                                                  Duration patience) const;

  /// For messages.
  [[nodiscard]] const RedisAddress& address() const { return address_; }

 private:
  RedisClient(RedisAddress address, std::shared_ptr<Connector> connector);

  RedisAddress address_;
  std::shared_ptr<Connector> connector_;
};

}  // namespace unmuted::net
