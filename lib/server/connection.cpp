#include "server/connection.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "events/encode.hpp"
#include "net/accept_websocket.hpp"
#include "net/ascii.hpp"
#include "net/http.hpp"
#include "server/routes.hpp"
#include "server/session_transport.hpp"

namespace unmuted {
namespace {

using net::awaitable;

/// Who is at the other end of a connection.
struct Caller {
  Peer peer;
  std::string address;
};

awaitable<void> serve_session(net::WebSocket websocket, SessionRegistry::Place place, CharacterSetPtr cast,
                              Caller caller, ServerContext& context) {
  const auto executor = co_await net::asio::this_coro::executor;
  Metrics& metrics = context.environment.metrics;
  const TimePoint began = Clock::now();
  metrics.sessions.Increment();
  metrics.active_sessions.Increment();
  context.log->info("session {} opened peer={}", place.session_id(), caller.address);

  auto transport = std::make_shared<SessionTransport>(executor, std::move(websocket), context.environment,
                                                      place.session_id(), std::move(cast), caller.peer);
  place.on_close([weak = std::weak_ptr(transport)](Leave how) {
    if (const auto living = weak.lock()) living->leave(how);
  });
  const EndReason reason = co_await transport->run();
  transport.reset();

  const double seconds = to_seconds(Clock::now() - began);
  metrics.active_sessions.Decrement();
  metrics.session_duration.Observe(seconds);
  context.log->info("session {} closed reason={} seconds={:.3f}", place.session_id(), to_string(reason),
                    seconds);
}

/// "realtime" where it is among those that the client offers, else none.
std::string chosen_subprotocol(const net::HttpRequest& request) {
  const std::string list = request.list("Sec-WebSocket-Protocol");
  std::string_view offered = list;
  while (!offered.empty()) {
    const std::size_t comma = offered.find(',');
    if (net::trim_blanks(offered.substr(0, comma)) == "realtime") return "realtime";
    offered = comma == std::string_view::npos ? std::string_view{} : offered.substr(comma + 1);
  }
  return {};
}

awaitable<void> refuse(net::HttpServerStream& stream, const net::HttpRequest& request,
                       net::HttpResponse response, ServerContext& context) {
  const bool head = request.method == "HEAD";
  add_cors_headers(context, request, response);
  co_await stream.write(std::move(response), false, head);
  co_await stream.finish();
}

awaitable<Result<net::WebSocket>> accept(net::HttpServerStream stream, net::HttpRequest request,
                                         net::WebSocketOptions options) {
  std::string subprotocol = chosen_subprotocol(request);
  co_return co_await net::accept_websocket(stream.release(), std::move(request), std::move(subprotocol),
                                           options);
}

/// A place among those who are told by WebSocket why they cannot have a session; gives it back at its end.
class WayOut {
 public:
  explicit WayOut(ServerContext& context) : context_(context) { ++context_.turned_away; }
  ~WayOut() { --context_.turned_away; }
  WayOut(const WayOut&) = delete;
  WayOut& operator=(const WayOut&) = delete;
  [[nodiscard]] bool is_free() const { return context_.turned_away <= most; }

 private:
  static constexpr std::size_t most = 64;
  ServerContext& context_;
};

/// A browser shows its page nothing of an HTTP answer to an upgrade: so the upgrade is granted, and the page
/// is told in its own words. No session: it is heard nothing of, and has seconds to read.
awaitable<void> turn_away(net::HttpServerStream stream, net::HttpRequest request, ServerContext& context) {
  const bool draining = context.sessions.draining();
  events::Error error;
  error.type = events::ErrorType::fatal;
  error.code = "service_at_capacity";
  error.message =
      draining ? "The server is shutting down, try again later" : "The server is full, try again later";
  const std::string event = events::encode(error, "");
  net::WebSocketOptions options;
  options.ping_interval = std::chrono::seconds(2);
  options.handshake_timeout = std::chrono::seconds(2);
  auto websocket = co_await accept(std::move(stream), std::move(request), options);
  if (!websocket) co_return;
  const bool written = co_await websocket->write(event);
  const std::uint16_t code = draining ? 1001 : 1013;
  if (written) co_await websocket->close(code, error.message);
}

awaitable<void> refuse_place(net::HttpServerStream stream, net::HttpRequest request, Peer peer,
                             ServerContext& context) {
  if (peer.browser) {
    const WayOut way_out(context);
    if (way_out.is_free()) {
      co_await turn_away(std::move(stream), std::move(request), context);
      co_return;
    }
  }
  net::HttpResponse response = http_error(503, "The server is full or shutting down; try again later");
  response.headers.emplace_back("Retry-After", "5");
  co_await refuse(stream, request, std::move(response), context);
}

/// A connection's coroutine, whose end is nobody's concern but for its bugs.
void spawn(net::asio::any_io_executor executor, awaitable<void> connection, ServerContext& context) {
  auto ended = [&context](const std::exception_ptr& bug) {
    if (!bug) return;
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& e) {
      context.log->error("connection internal_error what={}", printable(e.what()));
      context.environment.metrics.hard_errors.Increment();
    }
  };
  net::asio::co_spawn(std::move(executor), std::move(connection), std::move(ended));
}

/// The same connection, served by another thread.
net::asio::ip::tcp::socket move_to(net::asio::io_context& thread, net::asio::ip::tcp::socket socket) {
  const auto protocol = socket.local_endpoint().protocol();
  return {thread, protocol, socket.release()};
}

/// All that makes a session of a connection.
struct Admitted {
  net::HttpRequest request;
  Caller caller;
  ConnectionRegistry::Place connection;
  SessionRegistry::Place session;
  CharacterSetPtr cast;
};

awaitable<void> begin_session(net::asio::ip::tcp::socket socket, Admitted admitted, ServerContext& context) {
  std::string subprotocol = chosen_subprotocol(admitted.request);
  auto websocket = co_await net::accept_websocket(std::move(socket), std::move(admitted.request),
                                                  std::move(subprotocol), context.websocket);
  if (!websocket) co_return;  // Beast has answered 400 already
  co_await serve_session(std::move(*websocket), std::move(admitted.session), std::move(admitted.cast),
                         std::move(admitted.caller), context);
}

/// Clients ask for this and that before they begin a session, each on a connection of its own: so the thread
/// that happened to accept this one says nothing about how many sessions it has.
awaitable<void> upgrade(net::HttpServerStream stream, net::HttpRequest request, Caller caller,
                        ConnectionRegistry::Place connection, ServerContext& context) {
  if (stream.has_more_input()) {
    net::HttpResponse early =
        http_error(400, "Frames came before the upgrade was answered; wait for the answer");
    co_await refuse(stream, request, std::move(early), context);
    co_return;
  }
  std::optional<SessionRegistry::Place> place = context.sessions.enter();
  if (!place) {
    co_await refuse_place(std::move(stream), std::move(request), caller.peer, context);
    co_return;
  }
  if (!connection.becomes_session()) co_return;
  net::asio::io_context& thread = *context.threads[place->thread()];
  // The cast is that of the moment at which the client was let in: when it is told so, it may look at once.
  Admitted admitted{std::move(request), std::move(caller), std::move(connection), std::move(*place),
                    context.environment.default_cast.get()};
  auto session = begin_session(move_to(thread, stream.release()), std::move(admitted), context);
  spawn(thread.get_executor(), std::move(session), context);
}

/// Reads what is left of a request. False when the connection has been ended, with an answer or without.
awaitable<bool> read_body(net::HttpServerStream& stream, net::HttpRequest& request,
                          std::optional<net::HttpResponse> refusal, ServerContext& context) {
  const bool in_vain = refusal && request.expects_go_ahead;
  if (!in_vain) {
    auto body = co_await stream.read_body();
    if (body) {
      request.body = std::move(*body);
      co_return true;
    }
    const net::HttpReadEnd end = body.error();
    if (end.status == 0) co_return false;
    if (!refusal) refusal = http_error(end.status, end.detail);
  }
  co_await refuse(stream, request, std::move(*refusal), context);
  co_return false;
}

/// Whether the connection goes on.
awaitable<bool> respond(net::HttpServerStream& stream, net::HttpRequest request,
                        tl::expected<Endpoint, net::HttpResponse> asked, ConnectionRegistry::Place& place,
                        ServerContext& context) {
  const bool keep_alive = request.keep_alive && !request.websocket_upgrade && context.sessions.accepting();
  const bool head = request.method == "HEAD";
  net::HttpResponse cors;
  add_cors_headers(context, request, cors);
  net::HttpResponse response;
  if (asked) {
    place.waits_for_us();
    response = co_await answer(context, *asked, std::move(request));
    place.waits_for_client();
  } else {
    response = std::move(asked.error());
  }
  for (auto& header : cors.headers) response.headers.push_back(std::move(header));
  const bool written = co_await stream.write(std::move(response), keep_alive, head);
  co_return written&& keep_alive;
}

std::optional<net::HttpResponse> refusal_of(const tl::expected<Endpoint, net::HttpResponse>& asked) {
  return asked ? std::nullopt : std::optional(asked.error());
}

awaitable<void> serve_requests(net::HttpServerStream stream, ConnectionRegistry::Place place,
                               ServerContext& context) {
  while (true) {
    auto request = co_await stream.read_head();
    if (!request) {
      const net::HttpReadEnd end = request.error();
      if (end.status == 0) co_return;
      net::HttpResponse response = http_error(end.status, end.detail);
      co_await refuse(stream, end.request, std::move(response), context);
      co_return;
    }
    const Peer peer = context.access.peer(*request, stream.peer_is_loopback());
    auto asked = judge(context, *request, peer);
    std::optional<net::HttpResponse> refusal = refusal_of(asked);
    const bool whole = co_await read_body(stream, *request, std::move(refusal), context);
    if (!whole) co_return;
    if (asked && *asked == Endpoint::session) {
      Caller caller{peer, stream.peer()};
      co_await upgrade(std::move(stream), std::move(*request), std::move(caller), std::move(place), context);
      co_return;
    }
    const bool go_on = co_await respond(stream, std::move(*request), std::move(asked), place, context);
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
  net::HttpServerStream stream(std::move(socket), limits);
  auto place = context.connections.enter(peer.address(), stream.cutter());
  if (!place) return;
  spawn(executor, serve_requests(std::move(stream), std::move(*place), context), context);
}

}  // namespace unmuted
