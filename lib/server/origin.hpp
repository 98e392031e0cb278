#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted {

namespace net {
struct Authority;
}

/// Where a web page comes from, as browsers say it in `Origin`. Two spellings of one origin are equal: of its
/// case, of a port that is the scheme's own, and of this machine's loopback names.
struct WebOrigin {
  std::string scheme;  ///< "https", an app's own such as "tauri", or "null" alone: an origin that is none
  std::string host;    ///< empty in "file://"
  std::string port;    ///< of http and https never empty

  bool operator==(const WebOrigin&) const = default;
};

/// Nothing when `text` is no serialised origin: one has no path, not even "/", and no credentials.
std::optional<WebOrigin> parse_origin(std::string_view text);

/// Whether a page of that origin was served under that name; only those of http and https are. The scheme is
/// not compared, for behind a proxy that ends TLS nobody here knows it; only the port tells http from https,
/// and a name without one stands for the scheme's own. That is safe: what would be let in besides is the page
/// of the *same* name at the other one's usual port, and there is no cookie or password that it could make
/// use of.
bool is_served_under(const WebOrigin& page, const net::Authority& name);

/// Whether a page can be allowed by this word: an origin, or "*" for all. Error: invalid_configuration, with
/// what to write instead.
Result<void> check_allowed_origin(std::string_view text);

}  // namespace unmuted
