#include "probe/request_play.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ascii.hpp"
#include "net/http_client.hpp"
#include "probe/event_queue.hpp"
#include "probe/session_play.hpp"

namespace unmuted::probe {
namespace {

using net::awaitable;

constexpr std::size_t max_response = 64U << 20U;

Resolved<net::HttpClientRequest> resolve(const HttpStep& http, const Scope& scope) {
  net::HttpClientRequest request;
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

bool has_header(const net::Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return lower_ascii(header.first) == name; });
}

/// By their names in lower case; of a repeated one all, joined by commas.
Json by_name(const net::Headers& headers) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : headers) {
    std::string& all = values[lower_ascii(name)];
    all += (all.empty() ? "" : ", ") + value;
  }
  return values;
}

Json as_document(const net::HttpResponse& response) {
  Json document = {
      {"status", response.status}, {"headers", by_name(response.headers)}, {"text", response.body}};
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
  auto response = co_await ask(std::move(*request), Clock::now() + step.patience());
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

awaitable<Result<net::HttpResponse>> RequestPlay::ask(net::HttpClientRequest request, TimePoint deadline) {
  request.url = (world_.url().is_secure() ? "https://" : "http://") + world_.url().authority();
  if (!has_header(request.headers, "connection")) request.headers.emplace_back("Connection", "close");
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  request.idle_timeout = time;
  request.total_timeout = time;
  request.max_body = max_response;
  co_return co_await world_.http().fetch(std::move(request));
}

awaitable<Outcome> RequestPlay::read_metrics(std::string into, std::string path, TimePoint deadline) {
  net::HttpClientRequest request;
  request.target = std::move(path);
  auto response = co_await ask(std::move(request), deadline);
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
