#include "server/connection.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/clock.hpp"
#include "core/memory_budget.hpp"
#include "core/utf8.hpp"
#include "net/http.hpp"
#include "server/answers.hpp"
#include "server/context.hpp"
#include "server/routes.hpp"
#include "server/spawn.hpp"
#include "server/upgrade.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using net::HttpRequest;
using net::HttpResponse;
using net::HttpServerStream;

/// What the head of a request came to: what becomes of it, or what is answered in its stead.
using Judgement = tl::expected<Admission, HttpResponse>;

/// A client that does not speak what this port does: one line a second, however many there are.
void note(const std::string& misunderstanding, ServerContext& context) {
  const auto others = context.misunderstandings.due(Clock::now());
  if (others)
    context.log->warn("connection_refused reason={} others={}", printable(misunderstanding), *others);
}

/// A request that cannot be read. Who breaks off without having said anything is told nothing.
awaitable<void> give_up(HttpServerStream& stream, net::HttpReadEnd end, ServerContext& context) {
  if (!end.misunderstanding.empty()) note(end.misunderstanding, context);
  if (end.status == 0) co_return;
  const Caller caller = context.access.caller(end.request, stream.peer_is_loopback());
  HttpResponse response = http_error(end.status, end.detail);
  co_await answer_and_close(stream, end.request, caller, std::move(response), context);
}

/// What has to be held of it, in bytes: what is announced, where that is taken.
std::size_t size_of_body(const HttpRequest& request, std::size_t at_most) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(request.content_length.value_or(0), at_most));
}

/// Reads what is left of a request. False when the connection has been ended, with an answer or without.
awaitable<bool> read_body(HttpServerStream& stream, HttpRequest& request, const Caller& caller,
                          const Judgement& judged, ServerContext& context) {
  std::optional<HttpResponse> refusal;
  if (!judged) refusal = judged.error();
  const bool in_vain = refusal && request.expects_go_ahead;
  if (!in_vain) {
    const std::size_t at_most = judged ? judged->max_body : max_small_body;
    auto body = co_await stream.read_body(at_most);
    if (body) {
      request.body = std::move(*body);
      co_return true;
    }
    const net::HttpReadEnd end = body.error();
    if (end.status == 0) co_return false;
    if (!refusal) refusal = http_error(end.status, end.detail);
  }
  co_await answer_and_close(stream, request, caller, std::move(*refusal), context);
  co_return false;
}

/// Whether the connection goes on.
awaitable<bool> respond(HttpServerStream& stream, const HttpRequest& request, const Caller& caller,
                        Judgement judged, ConnectionRegistry::Place& place, ServerContext& context) {
  const bool keep_alive = request.keep_alive && !request.websocket_upgrade && context.sessions.accepting();
  HttpResponse response;
  if (judged) {
    const AnswerHandler answer = std::get<AnswerHandler>(judged->handler);
    place.waits_for_us();
    response = co_await answer(request, context);
    place.waits_for_client();
  } else {
    response = std::move(judged.error());
  }
  for (auto& header : cors_headers(request, caller, context)) response.headers.push_back(std::move(header));
  const bool written = co_await stream.write(std::move(response), keep_alive, request.method == "HEAD");
  co_return written&& keep_alive;
}

awaitable<void> serve_requests(HttpServerStream stream, ConnectionRegistry::Place place,
                               ServerContext& context) {
  while (true) {
    auto request = co_await stream.read_head();
    if (!request) {
      co_await give_up(stream, std::move(request.error()), context);
      co_return;
    }
    const Caller caller = context.access.caller(*request, stream.peer_is_loopback());
    Judgement judged = judge(*request, caller, context.config);
    BudgetShare room(context.uploads, max_small_body);
    if (judged && !room.resize(size_of_body(*request, judged->max_body))) {
      judged = tl::unexpected(http_error(503, "Too much is being uploaded; try again in a moment"));
    }
    const bool whole = co_await read_body(stream, *request, caller, judged, context);
    if (!whole) co_return;
    if (const auto* handler = judged ? std::get_if<UpgradeHandler>(&judged->handler) : nullptr) {
      Upgrade upgrade{std::move(stream), std::move(*request), caller, std::move(place)};
      co_await (*handler)(std::move(upgrade), context);
      co_return;
    }
    const bool go_on = co_await respond(stream, *request, caller, std::move(judged), place, context);
    if (!go_on) break;
  }
  co_await stream.finish();
}

}  // namespace

void serve_connection(net::asio::ip::tcp::socket socket, ServerContext& context) {
  boost::system::error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  if (gone) return;
  const auto executor = socket.get_executor();
  net::HttpLimits limits;
  limits.first_head = context.config.first_request;
  HttpServerStream stream(net::Stream(std::move(socket)), context.certificate.current(), limits);
  auto place = context.connections.enter(peer.address(), stream.cutter());
  if (!place) return;
  spawn(executor, serve_requests(std::move(stream), std::move(*place), context), context);
}

}  // namespace unmuted
