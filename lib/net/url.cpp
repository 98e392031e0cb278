#include "net/url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include <boost/asio/ip/address_v6.hpp>

#include "core/utf8.hpp"
#include "net/ascii.hpp"

namespace unmuted::net {
namespace {

std::string default_port(std::string_view scheme) {
  return scheme == "wss" || scheme == "https" ? "443" : "80";
}

/// In its shortest form, or nothing when it is none.
std::optional<std::string> port_number(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return std::to_string(value);
}

/// Whether a name may have it (RFC 3986, reg-name). Bytes past ASCII are left to who looks the name up.
bool belongs_to_name(char c) {
  constexpr std::string_view others = "-._~!$&'()*+,;=%";
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || others.find(c) != std::string_view::npos;
}

/// An address in brackets, in the one way of writing it that all its spellings share.
std::optional<std::string> ipv6_address(std::string_view text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v6(std::string(text), error);
  if (error) return std::nullopt;
  return address.to_string();
}

tl::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return fail("invalid_url",
              "Not a usable address: " + shorten(printable(text), 200) + " (" + std::string(why) + ")");
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + port;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    const auto address = ipv6_address(text.substr(1, bracket - 1));
    if (!address) return std::nullopt;
    authority.host = *address;
    host_end = bracket + 1;
  } else {
    const std::string_view name = text.substr(0, host_end);
    if (name.empty() || !std::all_of(name.begin(), name.end(), belongs_to_name)) return std::nullopt;
    authority.host = lower_ascii(name);
  }
  if (host_end >= text.size()) return authority;
  if (text[host_end] != ':') return std::nullopt;
  const std::string_view port = text.substr(host_end + 1);
  if (port.empty()) return authority;  // "host:" is as good as "host"
  const auto number = port_number(port);
  if (!number) return std::nullopt;
  authority.port = *number;
  return authority;
}

Result<Url> parse_url(std::string_view text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '#'; };
  if (std::any_of(text.begin(), text.end(), bad)) return invalid(text, "a character that no address has");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return invalid(text, "expected scheme://host");
  Url url;
  url.scheme = lower_ascii(text.substr(0, scheme_end));
  if (url.scheme != "ws" && url.scheme != "wss" && url.scheme != "http" && url.scheme != "https") {
    return invalid(text, "the scheme is none of ws, wss, http, https");
  }
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t path = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path);
  url.target = path == std::string_view::npos ? "/" : std::string(rest.substr(path));
  if (url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return invalid(text, "credentials do not belong in it");

  const auto parts = parse_authority(authority);
  if (!parts || authority.ends_with(':')) return invalid(text, "expected host or host:port after the scheme");
  url.host = parts->host;
  url.port = parts->port.empty() ? default_port(url.scheme) : parts->port;
  return url;
}

}  // namespace unmuted::net
