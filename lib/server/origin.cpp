#include "server/origin.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "net/url.hpp"

namespace unmuted {
namespace {

std::string default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return "80";
  if (scheme == "https" || scheme == "wss") return "443";
  return {};
}

bool is_web(const WebOrigin& origin) {
  return origin.scheme == "http" || origin.scheme == "https";
}

/// One name for the three that a page of this machine can have: whoever serves one of them serves them all.
std::string twin_of(const std::string& host) {
  return host == "127.0.0.1" || host == "::1" ? "localhost" : host;
}

bool is_scheme(std::string_view text) {
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(), belongs);
}

/// An origin that `text` could have been meant to be.
std::optional<std::string> origin_within(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    const std::string with_scheme = "https://" + std::string(text);
    return parse_origin(with_scheme) ? std::optional(with_scheme) : std::nullopt;
  }
  std::string_view authority = text.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const std::string meant = std::string(text.substr(0, scheme_end + 3)) + std::string(authority);
  return parse_origin(meant) ? std::optional(meant) : std::nullopt;
}

}  // namespace

std::optional<WebOrigin> parse_origin(std::string_view text) {
  if (text == "null") return WebOrigin{"null", "", ""};
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  WebOrigin origin{lower_ascii(text.substr(0, scheme_end)), "", ""};
  if (!is_scheme(origin.scheme) || origin.scheme == "null") return std::nullopt;  // "null" stands alone
  const std::string own_port = default_port(origin.scheme);
  const std::string_view rest = text.substr(scheme_end + 3);
  if (rest.empty() && own_port.empty()) return origin;  // "file://"
  const auto authority = net::parse_authority(rest);
  if (!authority || rest.find('*') != std::string_view::npos) return std::nullopt;
  origin.host = is_web(origin) ? twin_of(authority->host) : authority->host;
  origin.port = authority->port.empty() ? own_port : authority->port;
  return origin;
}

bool is_served_under(const WebOrigin& page, const net::Authority& name) {
  if (!is_web(page) || twin_of(name.host) != page.host) return false;
  return page.port == (name.port.empty() ? default_port(page.scheme) : name.port);
}

Result<void> check_allowed_origin(std::string_view text) {
  if (text == "*" || parse_origin(text)) return {};
  std::string message = "--allow-origin: expected an origin such as https://example.org:3000, got " +
                        shorten(printable(text), 200);
  if (const auto meant = origin_within(text)) message += "; write " + shorten(printable(*meant), 200);
  if (text.find('*') != std::string_view::npos) message += "; * allows every page, and stands alone";
  return fail("invalid_configuration", message);
}

}  // namespace unmuted
