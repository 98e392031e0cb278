// The inspector's answers: what is said of a cast on the disk of this machine.
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "net/offload.hpp"
#include "net/url.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "server/handlers.hpp"
#include "session/inspection.hpp"

namespace unmuted {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;

namespace {

HttpResponse unreadable_query() {
  return http_error(400, "The query has a % without two hexadecimal digits behind it");
}

/// The text of a large cast has megabytes: it is put together on the pool.
HttpResponse answer_with(const Result<json>& inspected) {
  if (!inspected) return http_error(status_of(inspected.error()), inspected.error().message);
  return json_response(200, *inspected);
}

/// Inspects on the pool. `inspect` owns all it needs but the server's own: it may outlive who asks.
template <class Inspect>
awaitable<HttpResponse> answer_from_pool(ServerContext& context, Inspect inspect) {
  const TimePoint deadline = Clock::now() + context.environment.load_patience;
  net::PoolCall call;
  auto job = [inspect = std::move(inspect)] { return answer_with(inspect()); };
  auto response = co_await net::offload(context.inspections, call, std::move(job), deadline);
  if (!response) {
    const bool late = Clock::now() >= deadline;
    response =
        http_error(503, late ? "Reading the directory took too long and was given up: its file system hangs"
                             : "The server is too busy; try again");
  }
  response->headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  co_return std::move(*response);
}

}  // namespace

namespace handlers {

awaitable<HttpResponse> inspect_cast(const HttpRequest& request, ServerContext& context) {
  auto asked = net::query_parameters(request.query);
  if (!asked) co_return unreadable_query();
  auto inspect = [&environment = context.environment, directory = std::move((*asked)["directory"])] {
    return unmuted::inspect_cast(environment, directory);
  };
  co_return co_await answer_from_pool(context, std::move(inspect));
}

awaitable<HttpResponse> inspect_character(const HttpRequest& request, ServerContext& context) {
  auto asked = net::query_parameters(request.query);
  if (!asked) co_return unreadable_query();
  if (!asked->contains("name")) co_return http_error(400, "name: expected the name of a character");
  auto inspect = [&environment = context.environment, directory = std::move((*asked)["directory"]),
                  name = std::move((*asked)["name"])] {
    return unmuted::inspect_character(environment, directory, name);
  };
  co_return co_await answer_from_pool(context, std::move(inspect));
}

}  // namespace handlers
}  // namespace unmuted
