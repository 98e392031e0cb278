#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "net/http.hpp"
#include "server/access.hpp"

namespace unmuted {

struct ServerContext;

net::HttpResponse json_response(unsigned status, const nlohmann::json& body);

/// `{"detail": …}` with that status.
net::HttpResponse http_error(unsigned status, std::string_view detail);

/// For a path at which nothing is.
net::HttpResponse not_found(const net::HttpRequest& request);

/// The CORS headers that the page which made the request is due. When it is not admitted, the browser will
/// not say why: the log does.
net::Headers cors_headers(const net::HttpRequest& request, const Caller& caller, ServerContext& context);

/// Sends a last answer and closes the connection.
net::awaitable<void> answer_and_close(net::HttpServerStream& stream, const net::HttpRequest& request,
                                      const Caller& caller, net::HttpResponse response,
                                      ServerContext& context);

}  // namespace unmuted
