#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace unmuted::net {

/// What the target of a request names. Of the spellings that RFC 3986 holds for equal, one: no escapes of
/// letters, digits and -._~, other escapes in capitals, no "." and ".." segments.
struct RequestTarget {
  std::string path;                 ///< begins with "/"; "*" is the server itself
  std::string query;                ///< what follows the "?", as sent
  std::optional<std::string> host;  ///< host[:port] of a target in absolute form
};

/// Reads "/v1/health?x", "http://host/v1/health" or, for OPTIONS, "*". Error: what is wrong with it.
tl::expected<RequestTarget, std::string> read_target(std::string_view method, std::string_view target);

}  // namespace unmuted::net
