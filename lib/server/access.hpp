#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/http.hpp"
#include "server/log_limit.hpp"
#include "session/peer.hpp"

namespace unmuted {

/// Where a web page comes from, as browsers say it in `Origin`. Two spellings of one origin are equal: of its
/// case, of a port that is the scheme's own, and of this machine's loopback names.
struct Origin {
  std::string scheme;  ///< "https", an app's own such as "tauri", or "null" alone: an origin that is none
  std::string host;    ///< empty in "file://"
  std::string port;    ///< of http and https never empty

  bool operator==(const Origin&) const = default;
};

/// Nothing when `text` is no serialised origin: one has no path, not even "/", and no credentials.
std::optional<Origin> parse_origin(std::string_view text);

/// Whether a page can be allowed by this word: an origin, or "*" for all. Error: invalid_configuration, with
/// what to write instead.
Result<void> check_allowed_origin(std::string_view text);

struct AccessRules {
  std::vector<std::string> allowed_origins;  ///< as check_allowed_origin has them; others allow nothing
  bool loopback_only = true;                 ///< the server listens on loopback only
  bool behind_proxy = false;                 ///< every request comes through a proxy, which tells who asks
};

/// Who may do what. All that the server decides about a request by who made it is decided here, by the head
/// of the request and the address of its peer. Any thread.
class Access {
 public:
  explicit Access(const AccessRules& rules);

  /// Who made the request. `from_loopback`: the connection comes from this machine – as does that of a proxy
  /// which runs here, so a request that says of itself that it was forwarded is not from this machine.
  [[nodiscard]] Peer peer(const net::HttpRequest& request, bool from_loopback) const;

  /// Whether the page that made the request may read the answer, or hold a session. What no browser sent may.
  [[nodiscard]] bool admits_page(const net::HttpRequest& request) const;

  // Why the request is forbidden; nothing when it is not.
  [[nodiscard]] std::optional<std::string> session_forbidden(const net::HttpRequest& request) const;
  [[nodiscard]] std::optional<std::string> default_reload_forbidden(const net::HttpRequest& request,
                                                                    const Peer& peer) const;

 private:
  [[nodiscard]] bool is_own_page(const Origin& page, const net::HttpRequest& request) const;

  std::vector<Origin> allowed_;
  bool all_pages_ = false;
  bool loopback_only_;
  bool behind_proxy_;
};

/// Words for the log about pages that were refused: one a second, however many there are. Any thread.
class RefusedPages {
 public:
  /// What to log, if anything.
  std::optional<std::string> note(std::string_view origin, std::string_view host, TimePoint now);

 private:
  LogLimit lines_{std::chrono::seconds(1)};
};

}  // namespace unmuted
