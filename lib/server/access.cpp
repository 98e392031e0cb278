#include "server/access.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/ip/address.hpp>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "net/http.hpp"
#include "net/url.hpp"

namespace unmuted {
namespace {

/// What proxies, load balancers and tunnels tell of whom they speak for. Names that begin with x-forwarded
/// are looked for besides.
constexpr std::array forwarding_headers = {"forwarded",
                                           "via",
                                           "x-real-ip",
                                           "x-real-port",
                                           "x-client-ip",
                                           "x-cluster-client-ip",
                                           "x-original-host",
                                           "x-original-for",
                                           "x-original-proto",
                                           "x-original-forwarded-for",
                                           "x-originating-ip",
                                           "x-remote-ip",
                                           "x-remote-addr",
                                           "x-proxyuser-ip",
                                           "x-envoy-external-address",
                                           "x-envoy-internal",
                                           "x-azure-clientip",
                                           "x-azure-socketip",
                                           "x-appengine-user-ip",
                                           "x-arr-log-id",
                                           "client-ip",
                                           "true-client-ip",
                                           "cf-connecting-ip",
                                           "cf-connecting-ipv6",
                                           "cf-pseudo-ipv4",
                                           "cf-ray",
                                           "cdn-loop",
                                           "fastly-client-ip",
                                           "fly-client-ip",
                                           "do-connecting-ip",
                                           "wl-proxy-client-ip",
                                           "proxy-client-ip",
                                           "x-nf-client-connection-ip",
                                           "x-vercel-forwarded-for",
                                           "tailscale-user-login"};

/// An empty value tells as much as another one.
bool was_forwarded(const net::HttpRequest& request) {
  const auto tells = [](const auto& header) {
    const std::string name = lower_ascii(header.first);
    return name.starts_with("x-forwarded") ||
           std::find(forwarding_headers.begin(), forwarding_headers.end(), name) != forwarding_headers.end();
  };
  return std::any_of(request.headers.begin(), request.headers.end(), tells);
}

/// The first of a list with commas: the proxy nearest to the client put it there.
std::string first_of(std::string_view list) {
  return std::string(trim_blanks(list.substr(0, list.find(','))));
}

/// What the first element of a Forwarded header says of `name` (RFC 7239), "host" or "proto"; empty when
/// nothing.
std::string forwarded(std::string_view header, std::string_view name) {
  const std::string element = first_of(header);  // neither has a comma in it
  std::string_view rest = element;
  while (!rest.empty()) {
    const std::size_t semicolon = rest.find(';');
    std::string_view pair = trim_blanks(rest.substr(0, semicolon));
    rest = semicolon == std::string_view::npos ? std::string_view{} : rest.substr(semicolon + 1);
    if (lower_ascii(pair.substr(0, name.size() + 1)) != std::string(name) + "=") continue;
    pair.remove_prefix(name.size() + 1);
    if (pair.size() >= 2 && pair.front() == '"' && pair.back() == '"') pair = pair.substr(1, pair.size() - 2);
    return std::string(pair);
  }
  return {};
}

/// What the server is called by those who reach it through a proxy. A page cannot choose it: it may not give
/// headers of its own to a WebSocket, and to another host no such ones without being asked for (preflight).
std::vector<net::Authority> proxied_names(const net::HttpRequest& request) {
  const std::string port = first_of(request.header("X-Forwarded-Port").value_or(""));
  std::vector<net::Authority> names;
  for (const std::string& name : {request.host, first_of(request.header("X-Forwarded-Host").value_or("")),
                                  forwarded(request.header("Forwarded").value_or(""), "host")}) {
    const auto authority = net::parse_authority(name);
    if (!authority) continue;
    names.push_back(*authority);
    if (authority->port.empty() && !port.empty()) names.push_back({authority->host, port});
  }
  return names;
}

/// The scheme of the pages that a proxy serves for us, where it tells it; else empty.
std::string proxied_scheme(const net::HttpRequest& request) {
  std::string scheme = lower_ascii(first_of(request.header("X-Forwarded-Proto").value_or("")));
  if (scheme.empty()) scheme = lower_ascii(forwarded(request.header("Forwarded").value_or(""), "proto"));
  if (scheme == "ws") return "http";
  return scheme == "wss" ? "https" : scheme;  // what some proxies call an upgrade
}

/// "localhost", or an address.
bool is_loopback_name(const std::string& host) {
  return host == "localhost" || is_loopback(host);
}

bool goes_by_loopback_name(const net::HttpRequest& request) {
  const auto asked = net::parse_authority(request.host);
  if (!asked || !is_loopback_name(asked->host)) return false;
  const auto origin = request.header("Origin");
  const auto page = origin ? parse_origin(*origin) : std::nullopt;
  return !origin || (page && is_loopback_name(page->host));
}

/// A name that no page can have point at this machine: an address, or the one that always does.
bool names_this_machine(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error || host == "localhost";
}

}  // namespace

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  return !error && ip.is_loopback();
}

Access::Access(const AccessRules& rules)
    : loopback_only_(rules.loopback_only), behind_proxy_(rules.behind_proxy) {
  for (const std::string& text : rules.allowed_origins) {
    if (text == "*") all_pages_ = true;
    if (auto origin = parse_origin(text)) allowed_.push_back(std::move(*origin));
  }
}

Caller Access::caller(const net::HttpRequest& request, bool from_loopback) const {
  const auto origin = request.header("Origin");
  Caller caller;
  caller.peer.local = from_loopback && !behind_proxy_ && !was_forwarded(request);
  caller.peer.browser = origin.has_value();
  caller.admitted = !origin || admits(*origin, request);
  caller.by_loopback_name = goes_by_loopback_name(request);
  return caller;
}

bool Access::admits(std::string_view origin, const net::HttpRequest& request) const {
  if (all_pages_) return true;
  const auto page = parse_origin(origin);
  if (!page) return false;
  return std::find(allowed_.begin(), allowed_.end(), *page) != allowed_.end() || is_own_page(*page, request);
}

/// A server on loopback takes only an address or "localhost" for its own name, since any page can have its
/// own name point at 127.0.0.1 (DNS rebinding) – unless it is the proxy in front of it that is asked by name.
bool Access::is_own_page(const WebOrigin& page, const net::HttpRequest& request) const {
  const auto serves = [&](const net::Authority& name) { return is_served_under(page, name); };
  if (behind_proxy_) {
    const std::string scheme = proxied_scheme(request);
    if (!scheme.empty() && scheme != page.scheme) return false;
    const auto names = proxied_names(request);
    return std::any_of(names.begin(), names.end(), serves);
  }
  const auto name = net::parse_authority(request.host);
  return name && serves(*name) && (!loopback_only_ || names_this_machine(page.host));
}

std::optional<std::string_view> forbidden(Audience audience, const Caller& caller) {
  switch (audience) {
    case Audience::everybody:
      break;
    case Audience::admitted:
      if (!caller.admitted)
        return "Not allowed for this origin; the operator can allow it with --allow-origin";
      break;
    case Audience::operators:
      if (!caller.peer.local)
        return "Only this machine may replace the default cast, and not through a proxy";
      if (!caller.admitted) return "Not allowed for this origin";
      break;
    case Audience::authors:
      if (!caller.peer.local) return "The inspector is for this machine only, and not through a proxy";
      if (!caller.admitted || !caller.by_loopback_name)
        return "The inspector is only there under a name of this machine, such as http://localhost";
      break;
  }
  return std::nullopt;
}

std::optional<std::string> RefusedPages::note(std::string_view origin, std::string_view host, TimePoint now) {
  const auto others = lines_.due(now);
  if (!others) return std::nullopt;
  const std::string name = shorten(printable(origin), 200);
  std::string line = "page_refused origin=" + name + " host=" + shorten(printable(host), 200);
  if (*others > 0) line += " others=" + std::to_string(*others);
  if (!parse_origin(origin)) return line + ": that is no origin";
  return line + ": to let it in, start with --allow-origin " + name;
}

}  // namespace unmuted
