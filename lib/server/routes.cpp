#include "server/routes.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/character_manager.hpp"
#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "net/offload.hpp"
#include "session/casts.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;

HttpResponse json_response(unsigned status, const json& body) {
  HttpResponse response;
  response.status = status;
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

/// Whether some character of the default cast can answer. Scripts can always, and rehearse without a model.
bool somebody_answers(const ServerContext& context, bool llm_up) {
  if (llm_up) return true;
  const auto set = context.environment.default_cast.get();
  const auto& characters = set->characters();
  return std::any_of(characters.begin(), characters.end(), [](const auto& c) { return c->has_reply; });
}

/// Whether the backend answers. Scripts always do.
awaitable<bool> language_model_up(ServerContext& context) {
  LanguageModel* const model = context.environment.language_model;
  if (model == nullptr) co_return true;
  const auto probe = [model] { return model->up(); };
  const auto up = co_await context.language_model_up.get(probe);
  co_return up.value_or(false);
}

/// What is off is not mentioned: a page would show it as broken. Only the button for voice cloning asks for a
/// plain no.
awaitable<HttpResponse> health(ServerContext& context) {
  const bool has_model = context.environment.language_model != nullptr;
  const bool llm_up = co_await language_model_up(context);
  const bool ok = somebody_answers(context, llm_up);
  context.environment.metrics.health_ok.Observe(ok ? 1 : 0);
  json body{{"llm_up", llm_up},
            {"voice_cloning_up", false},
            {"ok", ok},
            {"backends",
             {{"tts", "off"},
              {"stt", "off"},
              {"llm", has_model ? "openai-compatible" : "scripted"},
              {"voice_cloning", "off"}}}};
  if (!has_model) {
    body["note"] = "No language model is connected: characters without a reply script only rehearse";
  }
  co_return json_response(200, body);
}

HttpResponse ready(const ServerContext& context) {
  if (context.sessions.accepting()) return json_response(200, {{"status", "ready"}});
  return http_error(503, "The server is full or shutting down");
}

/// One serialisation for all who ask within a second.
awaitable<HttpResponse> metrics(ServerContext& context) {
  const auto serialise = [&context]() -> awaitable<std::shared_ptr<const std::string>> {
    net::PoolCall call;
    auto job = [&environment = context.environment] {
      return std::make_shared<const std::string>(metrics_text(environment));
    };
    auto text = co_await net::offload(context.chores, call, std::move(job));
    co_return text.value_or(nullptr);
  };
  const auto text = co_await context.metrics_text.get(serialise);
  if (!text || !*text) co_return http_error(503, "The server is too busy; try again");
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.shared_body = *text;
  co_return response;
}

unsigned status_of(const std::string& code) {
  if (code == "directory_not_found") return 404;
  if (code == "directory_not_allowed" || code == "directory_not_readable") return 403;
  if (code == "invalid_directory_format" || code == "no_valid_characters") return 400;
  if (code == "directory_read_failed" || code == "service_at_capacity") return 503;
  return 500;
}

/// The directory that the body asks for, or what is wrong with it.
tl::expected<std::string, HttpResponse> requested_directory(const HttpRequest& request) {
  const auto read = read_json(request.body);
  const json body = read ? *read : json();
  if (!body.is_object()) return tl::unexpected(http_error(400, "The body is not a JSON object"));
  const auto directory = body.find("directory");
  if (directory == body.end() || !directory->is_string()) {
    return tl::unexpected(http_error(400, "directory: expected a string"));
  }
  return directory->get<std::string>();
}

awaitable<HttpResponse> reload_default(ServerContext& context, HttpRequest request) {
  auto directory = requested_directory(request);
  if (!directory) co_return std::move(directory.error());
  net::PoolCall call;
  auto job = [&context, directory = *directory] { return replace_default(context, directory); };
  auto loaded = co_await net::offload(context.default_loads, call, std::move(job));
  if (!loaded) co_return http_error(503, "The server is too busy; try again");
  if (!*loaded) {
    const Error& error = loaded->error().error;
    co_return http_error(status_of(error.code), error.message);
  }
  const CharacterSet& set = ***loaded;
  const LoadReport& report = set.report();
  co_return json_response(
      200, {{"success", true},
            {"directory", set.directory()},
            {"total_files", report.total_files},
            {"loaded_count", report.loaded},
            {"error_count", report.errors.size()},
            {"load_duration", std::chrono::duration<double>(report.duration).count()},
            {"message", "Loaded " + std::to_string(report.loaded) + " of " +
                            std::to_string(report.total_files) + " characters from " + set.directory()}});
}

/// The paths there are, and the methods of each (HEAD goes wherever GET goes).
struct Route {
  std::string_view path, method;
  Endpoint endpoint;
};
constexpr Route routes[] = {{"/", "GET", Endpoint::start_page},
                            {"/v1/realtime", "GET", Endpoint::session},
                            {"/v1/health", "GET", Endpoint::health},
                            {"/v1/voices", "GET", Endpoint::voices},
                            {"/metrics", "GET", Endpoint::metrics},
                            {"/readyz", "GET", Endpoint::readiness},
                            {"/v1/characters/reload", "POST", Endpoint::reload_default}};

/// The path that a route is listed under: a production build of Unmute's page asks beneath /api, and a slash
/// at the end means nothing.
std::string_view listed_path(std::string_view path) {
  if (path == "/api" || path.starts_with("/api/")) path.remove_prefix(4);
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? "/" : path;
}

const Route* find_route(std::string_view path) {
  const auto* route = std::find_if(std::begin(routes), std::end(routes),
                                   [&](const Route& r) { return r.path == listed_path(path); });
  return route == std::end(routes) ? nullptr : route;
}

/// What a page may use there, beside HEAD and OPTIONS.
std::string main_methods_of(const Route& route) {
  return std::string(route.method) + (route.endpoint == Endpoint::voices ? ", POST" : "");
}

std::string methods_of(const Route& route) {
  return main_methods_of(route) + (route.method == "GET" ? ", HEAD, OPTIONS" : ", OPTIONS");
}

HttpResponse no_content() {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

HttpResponse server_options() {
  HttpResponse response = no_content();
  response.headers = {{"Allow", "GET, HEAD, OPTIONS, POST"}};
  return response;
}

HttpResponse preflight(const Route& route) {
  HttpResponse response = no_content();
  response.headers = {{"Access-Control-Allow-Methods", main_methods_of(route)},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "600"},
                      {"Allow", methods_of(route)}};
  return response;
}

HttpResponse start_page(const ServerContext& context) {
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.shared_body = context.cast_pages.get().start;
  return response;
}

HttpResponse voices(const ServerContext& context) {
  HttpResponse response;
  response.shared_body = context.cast_pages.get().voices;
  return response;
}

/// What keeps a request to the session's route from being one.
std::optional<HttpResponse> session_refusal(const ServerContext& context, const HttpRequest& request) {
  if (!request.websocket_upgrade) {
    HttpResponse response = http_error(426, "This is a WebSocket: connect with an Upgrade");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  if (const auto forbidden = context.access.session_forbidden(request)) return http_error(403, *forbidden);
  if (request.header("Sec-WebSocket-Version") != "13") {
    HttpResponse response = http_error(426, "Sec-WebSocket-Version: only 13 is spoken here");
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    return response;
  }
  if (!request.header("Sec-WebSocket-Key")) return http_error(400, "Sec-WebSocket-Key is missing");
  return std::nullopt;
}

std::optional<HttpResponse> reload_refusal(const ServerContext& context, const HttpRequest& request,
                                           const Peer& peer) {
  if (const auto forbidden = context.access.default_reload_forbidden(request, peer)) {
    return http_error(403, *forbidden);
  }
  if (net::media_type(request.header("Content-Type").value_or("")) != "application/json") {
    return http_error(415, "Content-Type: expected application/json");
  }
  return std::nullopt;
}

/// A path or a method that is not there.
std::optional<HttpResponse> route_refusal(const Route* route, const HttpRequest& request) {
  const std::string path = shorten(printable(request.path), 200);
  if (request.websocket_upgrade && (route == nullptr || route->endpoint != Endpoint::session)) {
    return http_error(404, "There is no WebSocket at " + path + "; use /v1/realtime");
  }
  if (route == nullptr) return http_error(404, "Not found: " + path);
  if (route->endpoint == Endpoint::voices && request.method == "POST") {
    return http_error(503, "No voice cloning service is configured");
  }
  const bool head = request.method == "HEAD" && route->method == "GET";
  if (request.method == route->method || request.method == "OPTIONS" || head) return std::nullopt;
  HttpResponse response = http_error(405, "Use " + std::string(route->method) + " here");
  response.headers.emplace_back("Allow", methods_of(*route));
  return response;
}

}  // namespace

HttpResponse http_error(unsigned status, std::string_view detail) {
  return json_response(status, {{"detail", detail}});
}

void add_cors_headers(ServerContext& context, const HttpRequest& request, HttpResponse& response) {
  const auto origin = request.header("Origin");
  if (!origin) return;
  response.headers.emplace_back("Vary", "Origin");
  if (context.access.admits_page(request)) {
    response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
  } else if (const auto line = context.refused_pages.note(*origin, request.host, Clock::now())) {
    context.log->warn("{}", *line);
  }
}

tl::expected<Endpoint, HttpResponse> judge(const ServerContext& context, const HttpRequest& request,
                                           const Peer& peer) {
  if (request.path == "*") return Endpoint::server_options;
  const Route* route = find_route(request.path);
  std::optional<HttpResponse> refusal = route_refusal(route, request);
  if (!refusal && request.method == "OPTIONS") return Endpoint::route_options;
  if (!refusal && route->endpoint == Endpoint::session) refusal = session_refusal(context, request);
  if (!refusal && route->endpoint == Endpoint::reload_default)
    refusal = reload_refusal(context, request, peer);
  if (refusal) return tl::unexpected(std::move(*refusal));
  return route->endpoint;
}

awaitable<HttpResponse> answer(ServerContext& context, Endpoint endpoint, HttpRequest request) {
  switch (endpoint) {
    case Endpoint::server_options:
      co_return server_options();
    case Endpoint::route_options:
      co_return preflight(*find_route(request.path));
    case Endpoint::health:
      co_return co_await health(context);
    case Endpoint::voices:
      co_return voices(context);
    case Endpoint::metrics:
      co_return co_await metrics(context);
    case Endpoint::readiness:
      co_return ready(context);
    case Endpoint::reload_default:
      co_return co_await reload_default(context, std::move(request));
    case Endpoint::session:  // not here
    case Endpoint::start_page:
      break;
  }
  co_return start_page(context);
}

tl::expected<CharacterSetPtr, ReloadFailure> replace_default(ServerContext& context,
                                                             const std::string& directory) {
  auto loaded = Casts(context.environment).replace_default(directory);
  if (loaded) context.cast_pages.update(context.environment.default_cast);
  return loaded;
}

std::string metrics_text(const SessionEnvironment& environment) {
  environment.metrics.script_instances.Set(static_cast<double>(environment.modules->size()));
  return environment.metrics.text();
}

}  // namespace unmuted
