#include "net/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include <boost/asio/ip/address_v6.hpp>
#include <boost/url/authority_view.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/encoding_opts.hpp>
#include <boost/url/grammar/string_token.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace unmuted::net {

namespace urls = boost::urls;

namespace {

std::string default_port(std::string_view scheme) {
  return scheme == "wss" || scheme == "https" ? "443" : "80";
}

/// In its shortest form, or nothing when it is none. The library's own number is the rest past 65535.
std::optional<std::string> port_number(urls::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value == 0) return std::nullopt;
  return std::to_string(value);
}

/// The host in the one way of writing it that all its spellings share; nothing when it is none.
std::optional<std::string> host_of(const urls::authority_view& authority) {
  if (authority.host_type() == urls::host_type::ipv6) {
    boost::system::error_code error;
    const std::string text = authority.host_ipv6_address().to_string();
    const auto address = boost::asio::ip::make_address_v6(text, error);
    return error ? std::nullopt : std::optional(address.to_string());
  }
  const auto name = authority.encoded_host();
  if (name.empty() || authority.host_type() == urls::host_type::ipvfuture) return std::nullopt;
  return lower_ascii({name.data(), name.size()});
}

std::optional<Authority> parts_of(const urls::authority_view& authority) {
  const auto host = host_of(authority);
  if (!host || authority.has_userinfo()) return std::nullopt;
  Authority parts{*host, ""};
  if (authority.port().empty()) return parts;  // "host:" is as good as "host"
  const auto port = port_number(authority.port());
  if (!port) return std::nullopt;
  parts.port = *port;
  return parts;
}

std::optional<std::string> decoded(std::string_view text, const urls::encoding_opts& options) {
  const auto escaped = urls::make_pct_string_view({text.data(), text.size()});
  if (!escaped) return std::nullopt;
  std::string plain;
  escaped->decode(options, urls::string_token::assign_to(plain));
  return plain;
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
  const auto authority = urls::parse_authority({text.data(), text.size()});
  return authority ? parts_of(*authority) : std::nullopt;
}

std::string percent_encoded(std::string_view text) {
  return urls::encode({text.data(), text.size()}, urls::unreserved_chars);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  return decoded(text, {});
}

std::optional<std::map<std::string, std::string, std::less<>>> query_parameters(std::string_view query) {
  const urls::encoding_opts as_in_forms(true);
  std::map<std::string, std::string, std::less<>> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals), as_in_forms);
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), as_in_forms);
    if (!name || !value) return std::nullopt;
    parameters.emplace(*std::move(name), *std::move(value));
  }
  return parameters;
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view expected = "expected scheme://host or scheme://host:port, and behind it a path";
  // Boost 1.81 asserts on some texts without an authority ("w:" and a control character), so it sees none.
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !text.substr(colon + 1).starts_with("//")) {
    return invalid(text, expected);
  }
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed || !parsed->has_authority()) return invalid(text, expected);
  Url url;
  url.scheme = lower_ascii({parsed->scheme().data(), parsed->scheme().size()});
  if (url.scheme != "ws" && url.scheme != "wss" && url.scheme != "http" && url.scheme != "https") {
    return invalid(text, "the scheme is none of ws, wss, http, https");
  }
  if (parsed->has_userinfo()) return invalid(text, "credentials do not belong in it");
  if (parsed->has_fragment()) return invalid(text, "a fragment does not belong in it");
  // Only what reads an authority alone judges the port, and all of the text up to the path.
  const auto authority = parsed->encoded_authority();
  const auto parts = parse_authority({authority.data(), authority.size()});
  const auto target = parsed->encoded_target();
  url.target.assign(target.data(), target.size());
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  if (!parts || authority.ends_with(':') || url.target.front() != '/') {
    return invalid(text, "expected host or host:port after the scheme");
  }
  url.host = parts->host;
  url.port = parts->port.empty() ? default_port(url.scheme) : parts->port;
  return url;
}

}  // namespace unmuted::net
