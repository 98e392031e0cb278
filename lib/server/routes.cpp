#include "server/routes.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/utf8.hpp"
#include "server/answers.hpp"
#include "server/config.hpp"
#include "server/handlers.hpp"
#include "server/upgrade.hpp"

namespace unmuted {
namespace {

using net::HttpRequest;
using net::HttpResponse;

// --- what a route can want of a head, beside its audience -----------------------------------------------

/// What is amiss, if anything.
using HeadCheck = std::optional<HttpResponse> (*)(const HttpRequest&, const Config&);

std::optional<HttpResponse> anything(const HttpRequest& /*request*/, const Config& /*config*/) {
  return std::nullopt;
}

std::optional<HttpResponse> json_body(const HttpRequest& request, const Config& /*config*/) {
  const std::string_view type = request.header("Content-Type").value_or("");
  if (net::media_type(type) == "application/json") return std::nullopt;
  return http_error(415, "Content-Type: expected application/json");
}

std::optional<HttpResponse> websocket_handshake(const HttpRequest& request, const Config& /*config*/) {
  if (request.header("Sec-WebSocket-Version") != "13") {
    HttpResponse response = http_error(426, "Sec-WebSocket-Version: only 13 is spoken here");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    return response;
  }
  if (!request.header("Sec-WebSocket-Key")) return http_error(400, "Sec-WebSocket-Key is missing");
  return std::nullopt;
}

/// A file and what a form has around it.
constexpr std::size_t max_upload_body = max_upload + (64U << 10U);

std::optional<HttpResponse> upload_of_voice(const HttpRequest& request, const Config& config) {
  if (config.voice_cloning.empty()) return http_error(503, "No voice cloning service is configured");
  if (net::media_type(request.header("Content-Type").value_or("")) != "multipart/form-data") {
    return http_error(415, "Content-Type: expected multipart/form-data");
  }
  if (!request.content_length) return http_error(411, "Content-Length is missing: say how long the form is");
  if (*request.content_length > max_upload_body) return too_large_an_upload();
  return std::nullopt;
}

// --- the table ------------------------------------------------------------------------------------------

struct Route {
  std::string_view method;  ///< HEAD goes wherever GET goes, OPTIONS everywhere
  std::string_view path;
  Audience audience;
  Handler handler;  ///< where it is an UpgradeHandler, only upgrades are taken, and elsewhere none
  HeadCheck check = anything;
  std::size_t max_body = max_small_body;
};

/// To add a route: a row here, its handler to handlers.hpp, and what it gives to docs/protocol.md.
constexpr Route routes[] = {
    {"GET", "/", Audience::everybody, handlers::start_page},
    {"GET", "/v1/realtime", Audience::admitted, begin_session, websocket_handshake},
    {"GET", "/v1/health", Audience::everybody, handlers::health},
    {"GET", "/v1/voices", Audience::everybody, handlers::voices},
    {"POST", "/v1/voices", Audience::admitted, handlers::clone_voice, upload_of_voice, max_upload_body},
    {"GET", "/metrics", Audience::everybody, handlers::metrics},
    {"GET", "/readyz", Audience::everybody, handlers::readiness},
    {"POST", "/v1/characters/reload", Audience::operators, handlers::reload_default, json_body},
};

bool is_upgrade(const Route& route) {
  return std::holds_alternative<UpgradeHandler>(route.handler);
}

/// The path that a route is listed under: a production build of Unmute's page asks beneath /api, and a slash
/// at the end means nothing.
std::string_view listed_path(std::string_view path) {
  if (path == "/api" || path.starts_with("/api/")) path.remove_prefix(4);
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? "/" : path;
}

/// The first route that is there and does so; null when there is none.
template <class Predicate>
const Route* find_route(std::string_view path, Predicate does) {
  const auto fits = [&](const Route& route) { return route.path == path && does(route); };
  const Route* route = std::find_if(std::begin(routes), std::end(routes), fits);
  return route == std::end(routes) ? nullptr : route;
}

const Route* route_of(std::string_view path, std::string_view method) {
  if (method == "HEAD") method = "GET";
  return find_route(path, [method](const Route& route) { return route.method == method; });
}

// --- what there is --------------------------------------------------------------------------------------

/// What a page may use there, beside HEAD and OPTIONS.
std::string main_methods_of(std::string_view path) {
  std::string methods;
  for (const Route& route : routes) {
    if (route.path != path) continue;
    methods += (methods.empty() ? "" : ", ") + std::string(route.method);
  }
  return methods;
}

std::string methods_of(std::string_view path) {
  return main_methods_of(path) + (route_of(path, "GET") != nullptr ? ", HEAD, OPTIONS" : ", OPTIONS");
}

/// Of a path, or of the server ("*").
HttpResponse allowed(const HttpRequest& request) {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  if (request.path == "*") {
    response.headers = {{"Allow", "GET, HEAD, OPTIONS, POST"}};
    return response;
  }
  const std::string_view path = listed_path(request.path);
  response.headers = {{"Access-Control-Allow-Methods", main_methods_of(path)},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "600"},
                      {"Allow", methods_of(path)}};
  return response;
}

net::awaitable<HttpResponse> options(const HttpRequest& request, ServerContext& /*context*/) {
  co_return allowed(request);
}

/// What is not there.
HttpResponse not_found(const HttpRequest& request) {
  const std::string path = shorten(printable(request.path), 200);
  if (request.websocket_upgrade) {
    return http_error(404, "There is no WebSocket at " + path + "; use /v1/realtime");
  }
  return http_error(404, "Not found: " + path);
}

HttpResponse not_this_method(const Route& other) {
  HttpResponse response = http_error(405, "Use " + std::string(other.method) + " here");
  response.headers.emplace_back("Allow", methods_of(other.path));
  return response;
}

HttpResponse not_without_upgrade() {
  HttpResponse response = http_error(426, "This is a WebSocket: connect with an Upgrade");
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

}  // namespace

HttpResponse too_large_an_upload() {
  return http_error(413, "file: it has more than " + std::to_string(max_upload >> 20U) + " MiB");
}

tl::expected<Admission, HttpResponse> judge(const HttpRequest& request, const Caller& caller,
                                            const Config& config) {
  if (request.path == "*") return Admission{options};
  const std::string_view path = listed_path(request.path);
  const Route* there =
      find_route(path, [&](const Route& route) { return is_upgrade(route) || !request.websocket_upgrade; });
  if (there == nullptr) return tl::unexpected(not_found(request));
  if (request.method == "OPTIONS") return Admission{options};
  const Route* route = route_of(path, request.method);
  if (route == nullptr) return tl::unexpected(not_this_method(*there));
  if (is_upgrade(*route) && !request.websocket_upgrade) return tl::unexpected(not_without_upgrade());
  if (const auto why = forbidden(route->audience, caller)) return tl::unexpected(http_error(403, *why));
  if (auto amiss = route->check(request, config)) return tl::unexpected(std::move(*amiss));
  return Admission{route->handler, route->max_body};
}

}  // namespace unmuted
