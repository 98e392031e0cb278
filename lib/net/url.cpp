#include "net/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "core/utf8.hpp"

namespace unmuted::net {
namespace {

std::string default_port(std::string_view scheme) {
  return scheme == "wss" || scheme == "https" ? "443" : "80";
}

bool is_port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value != 0;
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

Result<Url> parse_url(std::string_view text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '#'; };
  if (std::any_of(text.begin(), text.end(), bad)) return invalid(text, "a character that no address has");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return invalid(text, "expected scheme://host");
  Url url;
  url.scheme = std::string(text.substr(0, scheme_end));
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (url.scheme != "ws" && url.scheme != "wss" && url.scheme != "http" && url.scheme != "https") {
    return invalid(text, "the scheme is none of ws, wss, http, https");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  url.target = path == std::string_view::npos ? "/" : std::string(rest.substr(path));
  if (url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return invalid(text, "credentials do not belong in it");

  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return invalid(text, "a bracket is not closed");
    url.host = std::string(authority.substr(1, bracket - 1));
    host_end = bracket + 1;
  } else {
    url.host = std::string(authority.substr(0, host_end));
  }
  if (url.host.empty()) return invalid(text, "no host");
  std::string_view port = host_end < authority.size() ? authority.substr(host_end) : std::string_view{};
  url.port = port.empty() ? default_port(url.scheme) : std::string(port.substr(1));
  if (!port.empty() && (port.front() != ':' || !is_port(url.port))) return invalid(text, "not a port number");
  return url;
}

}  // namespace unmuted::net
