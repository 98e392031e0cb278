#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

/// Which web pages may talk to the server: a browser sends the page's origin and cannot be talked out of it.
struct OriginPolicy {
  std::vector<std::string> allowed;  ///< "http://localhost:3000", or "*" for every page
  bool loopback_only = true;         ///< the server listens on loopback only

  /// Whether a request with this Origin (none: no browser sent it) and Host may be served. The page of our
  /// own host may; but a server on loopback takes only an address or "localhost" for its own name, since any
  /// page can have its name point at 127.0.0.1 (DNS rebinding).
  [[nodiscard]] bool admits(std::optional<std::string_view> origin,
                            std::optional<std::string_view> host) const;
};

}  // namespace unmuted
