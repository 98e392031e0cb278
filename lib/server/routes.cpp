#include "server/routes.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/answers.hpp"
#include "server/config.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "server/upgrade.hpp"
#include "server/web_files.hpp"

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

/// Where browsers tell it. A program does not, and may.
std::optional<HttpResponse> of_no_foreign_page(const HttpRequest& request, const Config& /*config*/) {
  if (request.header("Sec-Fetch-Site") != "cross-site") return std::nullopt;
  return http_error(403, "A page of another site may not ask for this");
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

/// What all files of the web page are listed under. No path of a request begins so.
constexpr std::string_view files_of_page = "web/";

constexpr std::string_view inspector = "/inspect";

/// To add a route: a row here, its handler to handlers.hpp, and what it gives to docs/protocol.md.
constexpr Route routes[] = {
    {"GET", files_of_page, Audience::everybody, handlers::web_file},
    {"GET", "/v1/realtime", Audience::admitted, begin_session, websocket_handshake},
    {"POST", "/v1/realtime/client_secrets", Audience::admitted, handlers::client_secret},
    {"GET", "/v1/models", Audience::everybody, handlers::models},
    {"GET", "/v1/health", Audience::everybody, handlers::health},
    {"GET", "/v1/voices", Audience::everybody, handlers::voices},
    {"POST", "/v1/voices", Audience::admitted, handlers::clone_voice, upload_of_voice, max_upload_body},
    {"GET", "/metrics", Audience::everybody, handlers::metrics},
    {"GET", "/readyz", Audience::everybody, handlers::readiness},
    {"GET", inspector, Audience::authors, handlers::web_file},
    {"GET", "/v1/inspect", Audience::authors, handlers::inspect_cast, of_no_foreign_page},
    {"GET", "/v1/inspect/character", Audience::authors, handlers::inspect_character, of_no_foreign_page},
    {"POST", "/v1/characters/reload", Audience::operators, handlers::reload_default, json_body},
};

bool is_upgrade(const Route& route) {
  return std::holds_alternative<UpgradeHandler>(route.handler);
}

/// The path that a route is listed under.
std::string_view listed_path(const HttpRequest& request, const Config& config) {
  const std::string_view path = canonical_path(request.path);
  const auto file = web_file_name(path);
  if (!file) return path;
  if (*file == web_file_name(inspector)) return inspector;
  // Whether it is there in a folder is found out on the pool.
  const bool may_be_there = !config.web.empty() || built_in_web_file(*file) != nullptr;
  return may_be_there ? files_of_page : path;
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
HttpResponse allowed(const HttpRequest& request, const Config& config) {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  if (request.path == "*") {
    response.headers = {{"Allow", "GET, HEAD, OPTIONS, POST"}};
    return response;
  }
  const std::string_view path = listed_path(request, config);
  response.headers = {{"Access-Control-Allow-Methods", main_methods_of(path)},
                      {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"},
                      {"Allow", methods_of(path)}};
  return response;
}

net::awaitable<HttpResponse> options(const HttpRequest& request, ServerContext& context) {
  co_return allowed(request, context.config);
}

HttpResponse not_this_method(const Route& other) {
  HttpResponse response = http_error(405, "Use " + std::string(other.method) + " here");
  response.headers.emplace_back("Allow", methods_of(other.path));
  return response;
}

HttpResponse no_inspector() {
  return http_error(
      404,
      "The inspector is off: it shows files of this machine, so it is there only while the server "
      "listens on loopback, and without --behind-proxy");
}

HttpResponse not_without_upgrade() {
  HttpResponse response = http_error(426, "This is a WebSocket: connect with an Upgrade");
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

}  // namespace

bool has_inspector(const Config& config) {
  return is_loopback(config.address) && !config.behind_proxy;
}

std::string_view canonical_path(std::string_view path) {
  if (path == "/api" || path.starts_with("/api/")) path.remove_prefix(4);
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? "/" : path;
}

HttpResponse too_large_an_upload() {
  return http_error(413, "file: it has more than " + std::to_string(max_upload >> 20U) + " MiB");
}

tl::expected<Admission, HttpResponse> judge(const HttpRequest& request, const Caller& caller,
                                            const Config& config) {
  if (request.path == "*") return Admission{options};
  const std::string_view path = listed_path(request, config);
  const Route* there =
      find_route(path, [&](const Route& route) { return is_upgrade(route) || !request.websocket_upgrade; });
  if (there == nullptr) return tl::unexpected(not_found(request));
  if (request.method == "OPTIONS") return Admission{options};
  const Route* route = route_of(path, request.method);
  if (route == nullptr) return tl::unexpected(not_this_method(*there));
  if (is_upgrade(*route) && !request.websocket_upgrade) return tl::unexpected(not_without_upgrade());
  if (route->audience == Audience::authors && !has_inspector(config)) return tl::unexpected(no_inspector());
  if (const auto why = forbidden(route->audience, caller)) return tl::unexpected(http_error(403, *why));
  if (auto amiss = route->check(request, config)) return tl::unexpected(std::move(*amiss));
  return Admission{route->handler, route->max_body};
}

}  // namespace unmuted
