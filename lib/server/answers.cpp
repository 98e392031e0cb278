#include "server/answers.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "server/context.hpp"

namespace unmuted {

using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;

HttpResponse json_response(unsigned status, const json& body) {
  HttpResponse response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

HttpResponse http_error(unsigned status, std::string_view detail) {
  return json_response(status, {{"detail", detail}});
}

HttpResponse not_found(const HttpRequest& request) {
  const std::string path = shorten(printable(request.path), 200);
  if (request.websocket_upgrade) {
    return http_error(404, "There is no WebSocket at " + path + "; use /v1/realtime");
  }
  return http_error(404, "Not found: " + path);
}

net::Headers cors_headers(const HttpRequest& request, const Caller& caller, ServerContext& context) {
  const auto origin = request.header("Origin");
  if (!origin) return {};
  net::Headers headers{{"Vary", "Origin"}};
  if (caller.admitted) {
    headers.emplace_back("Access-Control-Allow-Origin", *origin);
  } else if (const auto line = context.refused_pages.note(*origin, request.host, Clock::now())) {
    context.log->warn("{}", *line);
  }
  return headers;
}

net::awaitable<void> answer_and_close(net::HttpServerStream& stream, const HttpRequest& request,
                                      const Caller& caller, HttpResponse response, ServerContext& context) {
  for (auto& header : cors_headers(request, caller, context)) response.headers.push_back(std::move(header));
  co_await stream.write(std::move(response), false, request.method == "HEAD");
  co_await stream.finish();
}

}  // namespace unmuted
