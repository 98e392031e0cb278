// What clients of OpenAI's interface ask for before they begin a session.
#include <chrono>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "core/json.hpp"
#include "events/realtime/dialect.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "session/default_cast.hpp"

namespace unmuted::handlers {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;
using std::chrono::seconds;

namespace {

constexpr seconds usual_life{600}, shortest_life{10}, longest_life{7'200};

/// How long a key shall live; nothing when that is no time.
std::optional<seconds> life_of(const json& body) {
  const auto expires = body.find("expires_after");
  if (expires == body.end() || !expires->is_object() || !expires->contains("seconds")) return usual_life;
  const json& value = expires->at("seconds");
  if (!value.is_number_integer()) return std::nullopt;
  const auto wanted = value.get<std::int64_t>();
  if (wanted < shortest_life.count() || wanted > longest_life.count()) return std::nullopt;
  return seconds(wanted);
}

}  // namespace

awaitable<HttpResponse> models(const HttpRequest& /*request*/, ServerContext& context) {
  json list = json::array();
  for (const auto& character : context.environment.default_cast.get()->characters()) {
    list.push_back({{"id", character->name}, {"object", "model"}, {"created", 0}, {"owned_by", "unmuted"}});
  }
  const json body{{"object", "list"}, {"data", std::move(list)}};
  co_return json_response(200, body);
}

awaitable<HttpResponse> client_secret(const HttpRequest& request, ServerContext& context) {
  auto read = read_json(request.body.empty() ? "{}" : request.body);
  if (!read || !read->is_object()) co_return http_error(400, "The body is not a JSON object");
  const std::optional<seconds> life = life_of(*read);
  if (!life) co_return http_error(400, "expires_after.seconds: expected 10 to 7200");
  json session = read->value("session", json{{"type", "realtime"}});
  auto object = events::realtime_session(session);
  if (!object) co_return http_error(400, object.error().message);
  const auto now = std::chrono::system_clock::now();
  const auto expires = std::chrono::time_point_cast<seconds>(now) + *life;
  const json answer{{"value", context.client_secrets.issue(session, expires, now)},
                    {"expires_at", expires.time_since_epoch().count()},
                    {"session", std::move(*object)}};
  co_return json_response(200, answer);
}

}  // namespace unmuted::handlers
