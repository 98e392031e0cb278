#include "net/redis_address.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "net/url.hpp"

namespace unmuted::net {
namespace {

constexpr std::string_view plain_scheme = "redis://";
constexpr std::string_view secure_scheme = "rediss://";
constexpr std::size_t max_database_digits = 6;

tl::unexpected<Error> no_address(const std::string& why) {
  return fail("invalid_url",
              why + "; expected an address such as redis://localhost:6379 or redis://:password@host/1");
}

/// What stands before the `@`.
bool read_credentials(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password = percent_decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password || password->empty()) return false;
  address.user = *user;
  address.password = *password;
  return true;
}

bool is_database(std::string_view text) {
  return text.size() <= max_database_digits && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

Result<RedisAddress> RedisAddress::of(std::string_view url) {
  RedisAddress address;
  const std::string scheme = lower_ascii(url.substr(0, secure_scheme.size()));
  address.secure = scheme == secure_scheme;
  if (!address.secure && !scheme.starts_with(plain_scheme)) {
    return no_address("Neither redis:// nor rediss://");
  }
  std::string_view rest = url.substr(address.secure ? secure_scheme.size() : plain_scheme.size());
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    if (!read_credentials(rest.substr(0, at), address)) {
      return no_address("What stands before the @ is no user with a password");
    }
    rest.remove_prefix(at + 1);
  }
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) address.database = rest.substr(slash + 1);
  if (!is_database(address.database)) return no_address("The path is no number of a database");
  const auto authority = parse_authority(rest.substr(0, slash));
  if (!authority || authority->host.empty()) return no_address("There is no host in it");
  address.host = authority->host;
  if (!authority->port.empty()) address.port = authority->port;
  return address;
}

std::string RedisAddress::shown() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text =
      std::string(secure ? secure_scheme : plain_scheme) + (is_v6 ? "[" + host + "]" : host) + ":" + port;
  if (!database.empty()) text += "/" + database;
  return text;
}

}  // namespace unmuted::net
