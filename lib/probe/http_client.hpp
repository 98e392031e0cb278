#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {

/// Where a server listens.
struct Endpoint {
  std::string host;  ///< a name or an address, without the brackets of IPv6
  std::string port;
};

/// Reads `ws://host:port` or `http://host:port`, with or without a path, which is ignored. The port may be
/// absent (80). Errors: invalid_url.
Result<Endpoint> parse_endpoint(std::string_view url);

/// `host:port`, IPv6 in brackets.
std::string authority(const Endpoint& endpoint);

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; of a repeated one all, joined by commas
  std::string body;
};

/// The request as bytes; Host, Connection and Content-Length are added where they are not given.
std::string encode(const HttpRequest& request, const Endpoint& endpoint);

/// A response that has arrived so far; nothing while it is not complete. `at_end`: the peer has closed, more
/// will not come. Errors: invalid_response.
Result<std::optional<HttpResponse>> parse_response(std::string_view bytes, bool at_end);

/// One request on a connection of its own. Errors: connect_failed, http_timeout, invalid_response.
net::awaitable<Result<HttpResponse>> request_http(Endpoint endpoint, HttpRequest request, TimePoint deadline);

}  // namespace unmuted::probe
