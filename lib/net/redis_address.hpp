#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted::net {

/// Where a Redis server is, and as whom it is asked.
struct RedisAddress {
  std::string host;  ///< lower case, without the brackets of an IPv6 address
  std::string port = "6379";
  bool secure = false;   ///< it is reached over TLS
  std::string user;      ///< empty: the server's default one
  std::string password;  ///< empty: none is asked for
  std::string database;  ///< its number; empty: the first

  /// `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. Signs of user and password
  /// that mean something in a URL are escaped (`%40`). Error: invalid_url, which repeats no password.
  static Result<RedisAddress> of(std::string_view url);

  /// For messages: without user and password.
  [[nodiscard]] std::string shown() const;
};

}  // namespace unmuted::net
