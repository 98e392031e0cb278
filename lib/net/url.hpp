#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted::net {

/// The parts of `host[:port]`, as in an address or a Host header.
struct Authority {
  std::string host;  ///< lower case, without the brackets of an IPv6 address
  std::string port;  ///< 1 to 65535 without leading zeros; empty when not given
};

/// Nothing when that is no host with or without a port. Credentials are none of it.
std::optional<Authority> parse_authority(std::string_view text);

/// The parts of `scheme://host[:port][/target]`.
struct Url {
  std::string scheme;  ///< lower case: ws, wss, http, https
  std::string host;    ///< lower case, without the brackets of an IPv6 address
  std::string port;    ///< the scheme's own when not given
  std::string target;  ///< path and query, at least "/"

  /// Whether it is reached over TLS.
  [[nodiscard]] bool is_secure() const { return scheme == "https" || scheme == "wss"; }
  [[nodiscard]] std::string authority() const;  ///< host:port as a Host header has it
};

/// `text` so that it may stand in any part of a URL: all but letters, digits and `-._~` is escaped.
std::string percent_encoded(std::string_view text);
/// The reverse; nothing where an escape is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

/// The parameters of a query (`a=b&c=d`), by name, with their escapes read; "+" is a space, as forms write
/// it. Of several with one name the first counts. Nothing where an escape is not followed by two hexadecimal
/// digits.
std::optional<std::map<std::string, std::string, std::less<>>> query_parameters(std::string_view query);

/// The scheme and the host have no case. Error: invalid_url. Credentials and fragments are refused.
Result<Url> parse_url(std::string_view text);

}  // namespace unmuted::net
