#include "probe/request_play.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "probe/event_queue.hpp"
#include "probe/http_client.hpp"
#include "probe/session_play.hpp"

namespace unmuted::probe {
namespace {

using net::awaitable;

Resolved<HttpRequest> resolve(const HttpStep& http, const Scope& scope) {
  HttpRequest request;
  request.method = http.method;
  Room room;
  auto path = scope.line(http.path, "the path", room);
  if (!path) return tl::unexpected(path.error());
  request.target = *std::move(path);
  auto body = scope.text(http.body);
  if (!body) return tl::unexpected(body.error());
  request.body = *std::move(body);
  auto headers = scope.headers(http.headers);
  if (!headers) return tl::unexpected(headers.error());
  request.headers = *std::move(headers);
  return request;
}

Json as_document(const HttpResponse& response) {
  Json document = {{"status", response.status}, {"headers", response.headers}, {"text", response.body}};
  Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_discarded()) document["body"] = std::move(body);
  return document;
}

}  // namespace

awaitable<Outcome> RequestPlay::play(const Step& step, const RequestStep& request, Scope scope) {
  return std::visit([&](const auto& what) { return act(step, what, std::move(scope)); }, request);
}

awaitable<Outcome> RequestPlay::act(const Step& step, const HttpStep& http, Scope scope) {
  auto request = resolve(http, scope);
  if (!request) co_return tl::unexpected(request.error());
  auto response = co_await request_http(world_.url(), std::move(*request), Clock::now() + step.patience());
  if (!response) co_return environment_problem(response.error());
  const Json document = as_document(*response);
  auto checked = scope.check(http.response, document);
  if (!checked) {
    checked.error().events.push_back(one_line(document));
    co_return checked;
  }
  co_return capture(step, document, world_.variables());
}

awaitable<Outcome> RequestPlay::act(const Step& step, const Scrape& scrape, Scope) {
  return read_metrics(scrape.into, scrape.path, Clock::now() + step.patience());
}

awaitable<Outcome> RequestPlay::read_metrics(std::string into, std::string path, TimePoint deadline) {
  HttpRequest request;
  request.target = std::move(path);
  auto response = co_await request_http(world_.url(), std::move(request), deadline);
  if (!response) co_return environment_problem(response.error());
  if (response->status != 200)
    co_return problem("the metrics answer with status " + std::to_string(response->status));
  auto samples = parse_metrics(response->body);
  if (!samples) co_return problem(samples.error().message);
  measurements_.scrapes[into] = std::move(*samples);
  co_return Outcome();
}

awaitable<Outcome> RequestPlay::act(const Step& step, const Assert& assertions, Scope scope) {
  const TimePoint deadline = Clock::now() + step.patience();
  while (true) {
    auto outcome = co_await evaluate(assertions, scope, deadline);
    if (outcome || !step.within || stop_.is_given() || Clock::now() >= deadline) co_return outcome;
    co_await stop_.pause_until(std::min(deadline, Clock::now() + World::poll_interval));
  }
}

awaitable<Outcome> RequestPlay::evaluate(const Assert& assertions, Scope scope, TimePoint deadline) {
  bool scraped = false;
  std::vector<std::string> failures;
  for (const std::string& written : assertions.assertions) {
    const auto resolved = scope.text(written);
    if (!resolved) co_return tl::unexpected(resolved.error());
    const auto assertion = parse_assertion(*resolved);
    if (!assertion) co_return problem(assertion.error().message);
    if (needs_scrape(*assertion) && !std::exchange(scraped, true)) {
      auto read = co_await read_metrics("", "/metrics", deadline);
      if (!read) co_return read;
    }
    if (auto failure = failure_of(*assertion, measurements_)) failures.push_back(std::move(*failure));
  }
  if (failures.empty()) co_return Outcome();
  co_return problem(joined(failures));
}

}  // namespace unmuted::probe
