#include "server/origin.hpp"

#include <algorithm>
#include <cctype>

#include <boost/asio/ip/address.hpp>

#include "net/url.hpp"

namespace unmuted {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool names_this_machine(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error || host == "localhost";
}

bool is_own_host(std::string_view origin, std::string_view host, bool loopback_only) {
  const auto page = net::parse_url(lower(origin));
  if (!page) return false;
  const auto own = net::parse_url(page->scheme + "://" + lower(host));
  if (!own || own->authority() != page->authority()) return false;
  return !loopback_only || names_this_machine(page->host);
}

}  // namespace

bool OriginPolicy::admits(std::optional<std::string_view> origin,
                          std::optional<std::string_view> host) const {
  if (!origin) return true;
  const std::string given = lower(*origin);
  const auto matches = [&](const std::string& entry) { return entry == "*" || lower(entry) == given; };
  if (std::any_of(allowed.begin(), allowed.end(), matches)) return true;
  return host && is_own_host(*origin, *host, loopback_only);
}

}  // namespace unmuted
