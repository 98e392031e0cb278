#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted::net {

/// The parts of `scheme://host[:port][/target]`.
struct Url {
  std::string scheme;  ///< lower case: ws, wss, http, https
  std::string host;    ///< without the brackets of an IPv6 address
  std::string port;    ///< the scheme's own when not given
  std::string target;  ///< path and query, at least "/"

  [[nodiscard]] std::string authority() const;  ///< host:port as a Host header has it
};

/// Error: invalid_url. Credentials and fragments are refused.
Result<Url> parse_url(std::string_view text);

}  // namespace unmuted::net
