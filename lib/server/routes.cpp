#include "server/routes.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/character_manager.hpp"
#include "core/utf8.hpp"
#include "net/offload.hpp"
#include "server/page.hpp"
#include "session/session.hpp"

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

template <class T>
void set_if(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

json source_of(const Voice& voice) {
  json source{{"source_type", voice.source_type}, {"path_on_server", voice.path_on_server}};
  set_if(source, "description", voice.description);
  set_if(source, "description_link", voice.description_link);
  set_if(source, "url", voice.url);
  set_if(source, "start_time", voice.start_time);
  if (const auto& sound = voice.sound_instance) {
    source["sound_instance"] = {
        {"id", sound->id}, {"name", sound->name}, {"username", sound->username}, {"license", sound->license}};
  }
  return source;
}

HttpResponse voices(const ServerContext& context) {
  json list = json::array();
  const auto set = context.environment.default_cast.get();
  for (const auto& character : set->characters()) {
    if (!character->good.value_or(false)) continue;
    list.push_back({{"name", character->name},
                    {"good", true},
                    {"instructions",
                     {{"type", "constant"},
                      {"text", character->instructions.text},
                      {"language", character->instructions.language}}},
                    {"source", source_of(character->voice)}});
  }
  return json_response(200, list);
}

awaitable<HttpResponse> health(ServerContext& context) {
  const bool has_model = !context.config.llm_url.empty();
  const bool llm_up = co_await context.health.language_model_up();
  const bool ok = llm_up;  // what is off is not configured, and so not missed
  context.environment.metrics.health_ok.Observe(ok ? 1 : 0);
  json body{{"tts_up", false},
            {"stt_up", false},
            {"llm_up", llm_up},
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

awaitable<HttpResponse> metrics(ServerContext& context) {
  net::PoolCall call;
  auto job = [&environment = context.environment] { return metrics_text(environment); };
  std::optional<std::string> text = co_await net::offload(context.environment.pool, call, std::move(job));
  if (!text) co_return http_error(503, "The server is too busy; try again");
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = std::move(*text);
  co_return response;
}

unsigned status_of(const std::string& code) {
  if (code == "directory_not_found") return 404;
  if (code == "directory_not_allowed" || code == "directory_not_readable") return 403;
  if (code == "invalid_directory_format" || code == "no_valid_characters") return 400;
  return 500;
}

/// The directory that the body asks for, or what is wrong with the request.
tl::expected<std::string, HttpResponse> requested_directory(const ServerContext& context,
                                                            const HttpRequest& request, bool from_loopback) {
  if (!from_loopback)
    return tl::unexpected(http_error(403, "Only this machine may replace the default cast"));
  if (!context.origins.admits(request.header("Origin"), request.header("Host"))) {
    return tl::unexpected(http_error(403, "Not allowed for this origin"));
  }
  const std::string_view type = request.header("Content-Type").value_or("");
  if (type.substr(0, type.find(';')) != "application/json") {
    return tl::unexpected(http_error(415, "Content-Type: expected application/json"));
  }
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return tl::unexpected(http_error(400, "The body is not a JSON object"));
  const auto directory = body.find("directory");
  if (directory == body.end() || !directory->is_string()) {
    return tl::unexpected(http_error(400, "directory: expected a string"));
  }
  return directory->get<std::string>();
}

awaitable<HttpResponse> reload_default(ServerContext& context, HttpRequest request, bool from_loopback) {
  auto directory = requested_directory(context, request, from_loopback);
  if (!directory) co_return std::move(directory.error());
  net::PoolCall call;
  auto job = [&environment = context.environment, directory = *directory] {
    return replace_default(environment, directory);
  };
  auto loaded = co_await net::offload(context.environment.pool, call, std::move(job));
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
};
constexpr Route routes[] = {{"/", "GET"},
                            {"/v1/realtime", "GET"},
                            {"/v1/health", "GET"},
                            {"/v1/voices", "GET"},
                            {"/metrics", "GET"},
                            {"/readyz", "GET"},
                            {"/v1/characters/reload", "POST"}};

HttpResponse preflight(const Route& route) {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  response.headers = {{"Access-Control-Allow-Methods", std::string(route.method)},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "600"},
                      {"Allow", std::string(route.method)}};
  return response;
}

awaitable<HttpResponse> dispatch(ServerContext& context, HttpRequest request, bool from_loopback) {
  const std::string path(request.path());
  const auto* route =
      std::find_if(std::begin(routes), std::end(routes), [&](const Route& r) { return r.path == path; });
  if (route == std::end(routes)) co_return http_error(404, "Not found: " + shorten(printable(path), 200));
  if (request.method == "OPTIONS") co_return preflight(*route);
  if (path == "/v1/voices" && request.method == "POST") {
    co_return http_error(503, "No voice cloning service is configured");
  }
  if (request.method != route->method && !(request.method == "HEAD" && route->method == "GET")) {
    HttpResponse response = http_error(405, "Use " + std::string(route->method) + " here");
    response.headers.emplace_back("Allow", route->method);
    co_return response;
  }
  if (path == "/v1/health") co_return co_await health(context);
  if (path == "/v1/voices") co_return voices(context);
  if (path == "/readyz") co_return ready(context);
  if (path == "/metrics") co_return co_await metrics(context);
  if (path == "/v1/characters/reload") {
    co_return co_await reload_default(context, std::move(request), from_loopback);
  }
  if (path == "/v1/realtime") {
    HttpResponse response = http_error(426, "This is a WebSocket: connect with an Upgrade");
    response.headers.emplace_back("Upgrade", "websocket");
    co_return response;
  }
  HttpResponse page;
  page.content_type = "text/html; charset=utf-8";
  page.body = start_page(*context.environment.default_cast.get());
  co_return page;
}

}  // namespace

HttpResponse http_error(unsigned status, std::string_view detail) {
  return json_response(status, {{"detail", detail}});
}

void add_cors_headers(const ServerContext& context, const HttpRequest& request, HttpResponse& response) {
  const auto origin = request.header("Origin");
  if (!origin) return;
  response.headers.emplace_back("Vary", "Origin");
  if (context.origins.admits(origin, request.header("Host"))) {
    response.headers.emplace_back("Access-Control-Allow-Origin", *origin);
  }
}

awaitable<HttpResponse> answer(ServerContext& context, HttpRequest request, bool from_loopback) {
  net::Headers cors;
  HttpResponse for_headers;
  add_cors_headers(context, request, for_headers);
  HttpResponse response = co_await dispatch(context, std::move(request), from_loopback);
  for (auto& header : for_headers.headers) response.headers.push_back(std::move(header));
  co_return response;
}

tl::expected<CharacterSetPtr, ReloadFailure> replace_default(const SessionEnvironment& environment,
                                                             const std::string& directory) {
  const CharacterSetPtr present = environment.default_cast.get();
  const std::string& wanted = directory == "default" ? present->directory() : directory;
  try {
    auto loaded = load_cast(environment.loader, environment.policy, wanted, present->directory());
    count_cast_load(environment.metrics, loaded ? (*loaded)->report() : loaded.error().report);
    if (!loaded) {
      environment.log->warn("default_reload_failed directory={} code={}", printable(wanted),
                            loaded.error().error.code);
      return loaded;
    }
    environment.default_cast.replace(*loaded);
    environment.metrics.default_characters.Set(static_cast<double>((*loaded)->report().loaded));
    environment.log->info("default_reloaded directory={} characters={} errors={}",
                          printable((*loaded)->directory()), (*loaded)->report().loaded,
                          (*loaded)->report().errors.size());
    return loaded;
  } catch (const std::exception& bug) {
    environment.log->error("default_reload_failed directory={} error={}", printable(wanted),
                           printable(bug.what()));
    return tl::unexpected(ReloadFailure{{"character_reload_failed", bug.what(), ""}, {}});
  }
}

std::string metrics_text(const SessionEnvironment& environment) {
  environment.metrics.script_instances.Set(static_cast<double>(environment.modules->size()));
  return environment.metrics.text();
}

}  // namespace unmuted
