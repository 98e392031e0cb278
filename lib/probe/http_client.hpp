#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/url.hpp"
#include "probe/scenario.hpp"

namespace unmuted::probe {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string>
      headers;  ///< names in lower case; of a repeated one all, joined by commas
  std::string body;
};

/// The request as bytes; Host, Connection and Content-Length are added where they are not given.
std::string encode(const HttpRequest& request, const net::Url& server);

/// A response that has arrived so far; nothing while it is not complete. `at_end`: the peer has closed, more
/// will not come. Errors: invalid_response.
Result<std::optional<HttpResponse>> parse_response(std::string_view bytes, bool at_end);

/// One request on a connection of its own; the target of `server` does not count. Errors: connect_failed,
/// http_timeout, invalid_response.
net::awaitable<Result<HttpResponse>> request_http(net::Url server, HttpRequest request, TimePoint deadline);

}  // namespace unmuted::probe
