#include "server/handlers.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "net/offload.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "services/speech_address.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"
#include "services/voice_cloning.hpp"
#include "session/casts.hpp"

namespace unmuted {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using namespace net::asio::experimental::awaitable_operators;
using nlohmann::json;

namespace {

/// Whether some character of the default cast can answer. Scripts can always, and rehearse without a model.
bool somebody_answers(const ServerContext& context, bool llm_up) {
  if (llm_up) return true;
  const auto set = context.environment.default_cast.get();
  const auto& characters = set->characters();
  return std::any_of(characters.begin(), characters.end(), [](const auto& c) { return c->has_reply; });
}

/// Whether the service works; nothing where there is none.
template <class Service>
awaitable<std::optional<bool>> is_up(Service* service, net::SharedAnswer<bool>& answer) {
  if (service == nullptr) co_return std::nullopt;
  const auto probe = [service] { return service->up(); };
  const auto up = co_await answer.get(probe);
  co_return up.value_or(false);
}

std::string_view kind_of(const std::string& address) {
  const auto read = SpeechAddress::of(address);
  return read ? read->kind_name() : "off";
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

}  // namespace

namespace handlers {

awaitable<HttpResponse> voices(const HttpRequest& /*request*/, ServerContext& context) {
  HttpResponse response;
  response.shared_body = context.published_voices.text();
  co_return response;
}

/// What is off is not mentioned: a page would show it as broken. Only the button for voice cloning asks for a
/// plain no. All are asked at once, because a page waits three seconds.
awaitable<HttpResponse> health(const HttpRequest& /*request*/, ServerContext& context) {
  const SessionEnvironment& services = context.environment;
  auto language_model = is_up(services.language_model, context.language_model_up);
  auto speech_out = is_up(services.text_to_speech, context.text_to_speech_up);
  auto speech_in = is_up(services.speech_to_text, context.speech_to_text_up);
  auto voice_cloning = is_up(services.voice_cloning, context.voice_cloning_up);
  const auto [model_up, tts_up, stt_up, cloning_up] = co_await (
      std::move(language_model) && std::move(speech_out) && std::move(speech_in) && std::move(voice_cloning));
  const bool has_model = model_up.has_value();
  const bool llm_up = model_up.value_or(true);  // scripts always answer
  const bool ok = somebody_answers(context, llm_up);
  context.environment.metrics.health_ok.Observe(ok ? 1 : 0);
  json body{{"llm_up", llm_up},
            {"voice_cloning_up", cloning_up.value_or(false)},
            {"ok", ok},
            {"backends",
             {{"tts", tts_up ? kind_of(context.config.tts) : "off"},
              {"stt", stt_up ? kind_of(context.config.stt) : "off"},
              {"llm", has_model ? "openai-compatible" : "scripted"},
              {"voice_cloning", cloning_up ? "kyutai" : "off"}}}};
  if (tts_up) body["tts_up"] = *tts_up;
  if (stt_up) body["stt_up"] = *stt_up;
  if (!has_model) {
    body["note"] = "No language model is connected: characters without a reply script only rehearse";
  }
  co_return json_response(200, body);
}

awaitable<HttpResponse> readiness(const HttpRequest& /*request*/, ServerContext& context) {
  if (context.sessions.accepting()) co_return json_response(200, {{"status", "ready"}});
  co_return http_error(503, "The server is full or shutting down");
}

/// One serialisation for all who ask within a second.
awaitable<HttpResponse> metrics(const HttpRequest& /*request*/, ServerContext& context) {
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

awaitable<HttpResponse> reload_default(const HttpRequest& request, ServerContext& context) {
  auto directory = requested_directory(request);
  if (!directory) co_return std::move(directory.error());
  net::PoolCall call;
  auto job = [&context, directory = *directory] {
    return Casts(context.environment).replace_default(directory);
  };
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

}  // namespace handlers

std::string metrics_text(const SessionEnvironment& environment) {
  environment.metrics.script_instances.Set(static_cast<double>(environment.modules->size()));
  return environment.metrics.text();
}

}  // namespace unmuted
