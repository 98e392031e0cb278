#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "server/log_limit.hpp"
#include "server/origin.hpp"
#include "session/peer.hpp"

namespace unmuted {

namespace net {
struct HttpRequest;
}

struct AccessRules {
  std::vector<std::string> allowed_origins;  ///< as check_allowed_origin has them; others allow nothing
  bool loopback_only = true;                 ///< the server listens on loopback only
  bool behind_proxy = false;                 ///< every request comes through a proxy, which tells who asks
};

/// Who made a request.
struct Caller {
  Peer peer;
  bool admitted = true;          ///< a program, or a page that may read what it is told and hold sessions
  bool by_loopback_name = true;  ///< the server and the page, if there is one, go by names of loopback's
};

/// Whom a route is for.
enum class Audience {
  everybody,  ///< though a page that is not admitted cannot read the answer
  admitted,   ///< programs and admitted pages
  operators,  ///< of these, those on this machine: they may replace the default cast
  /// Of these, those who ask under a name of loopback's, so that no page can have pointed its own name here
  /// (DNS rebinding): they may read casts wherever they lie.
  authors
};

/// Whether that is an IP address of loopback's, which only this machine can reach.
bool is_loopback(const std::string& address);

/// Why the caller is none of them; nothing when it is one.
std::optional<std::string_view> forbidden(Audience audience, const Caller& caller);

/// Judges who made a request, for answers and upgrades alike, by its head and the address of its peer. Any
/// thread.
class Access {
 public:
  explicit Access(const AccessRules& rules);

  /// `from_loopback`: the connection comes from this machine – as does that of a proxy which runs here, so a
  /// request that says of itself that it was forwarded is not from this machine.
  [[nodiscard]] Caller caller(const net::HttpRequest& request, bool from_loopback) const;

 private:
  [[nodiscard]] bool admits(std::string_view origin, const net::HttpRequest& request) const;
  [[nodiscard]] bool is_own_page(const WebOrigin& page, const net::HttpRequest& request) const;

  std::vector<WebOrigin> allowed_;
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
