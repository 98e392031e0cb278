#include "server/connection.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/accept_websocket.hpp"
#include "net/http.hpp"
#include "server/routes.hpp"
#include "session/session.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using namespace net::asio::experimental::awaitable_operators;

/// Why a session ended, in one word for the log.
enum class EndReason { client_closed, client_gone, refused_message, slow_reader, drained, internal_error };

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::client_closed:
      return "client_closed";
    case EndReason::client_gone:
      return "client_gone";
    case EndReason::refused_message:
      return "refused_message";
    case EndReason::slow_reader:
      return "slow_reader";
    case EndReason::drained:
      return "drained";
    case EndReason::internal_error:
      return "internal_error";
  }
  return "";
}

/// A session on its WebSocket: four coroutines that all end by themselves once the session has ended
/// (docs/lifetimes.md). None of them throws.
class SessionTransport : public std::enable_shared_from_this<SessionTransport> {
 public:
  SessionTransport(net::asio::any_io_executor executor, net::WebSocket websocket, ServerContext& context,
                   std::string id, CharacterSetPtr cast)
      : executor_(std::move(executor)),
        websocket_(std::move(websocket)),
        context_(context),
        session_(executor_, context.environment, std::move(id), std::move(cast)) {}

  awaitable<EndReason> run() {
    co_await (read() && execute() && write() && guard());
    co_return reason_;
  }

  /// From any thread. Without a frame the connection is cut.
  void request_close(const std::optional<CloseFrame>& frame) {
    auto close = [weak = weak_from_this(), frame] {
      const auto self = weak.lock();
      if (!self) return;
      if (!self->session_.ended()) self->reason_ = EndReason::drained;
      if (frame) {
        self->session_.close(*frame);
      } else {
        self->websocket_.abort();
      }
    };
    net::asio::post(executor_, std::move(close));
  }

 private:
  awaitable<void> read() {
    while (true) {
      co_await session_.input_wanted();
      auto message = co_await websocket_.read();
      if (!message) {
        ended_by(message.error());
        break;
      }
      try {
        receive(*message);
      } catch (const std::exception& bug) {
        internal_error(bug);
      }
    }
    session_.end();
  }

  void receive(const net::Message& message) {
    if (message.binary) {
      session_.receive_binary();
    } else {
      session_.receive(message.payload);
    }
  }

  void ended_by(const net::Closed& closed) {
    if (session_.ended()) return;  // we closed it, and know why
    reason_ = EndReason::client_gone;
    if (closed.orderly) reason_ = EndReason::client_closed;
    if (closed.code == 1009) reason_ = EndReason::refused_message;
  }

  awaitable<void> execute() {
    try {
      co_await session_.execute();
    } catch (const std::exception& bug) {
      internal_error(bug);
    }
  }

  awaitable<void> write() {
    while (true) {
      const Outbox::Frame frame = co_await session_.next_frame();
      if (const auto* close = std::get_if<CloseFrame>(&frame)) {
        co_await websocket_.close(close->code, close->reason);
        break;
      }
      const bool written = co_await websocket_.write(std::get<std::string>(frame));
      if (!written) break;
    }
    websocket_.abort();  // the reader, if it still waits, has nothing to wait for
    written_ = true;
  }

  /// Closes a client that does not read: first with a word, then without.
  awaitable<void> guard() {
    co_await session_.watch_slow_reader();
    if (session_.ended()) co_return;
    reason_ = EndReason::slow_reader;
    context_.environment.metrics.force_disconnects.Increment();
    session_.give_up_on_reader();
    net::asio::steady_timer grace(executor_, context_.environment.slow_reader);
    co_await grace.async_wait(net::as_result);
    if (!written_) websocket_.abort();
  }

  void internal_error(const std::exception& bug) {
    context_.log->error("session {} internal_error what={}", session_.id(), printable(bug.what()));
    context_.environment.metrics.hard_errors.Increment();
    reason_ = EndReason::internal_error;
    session_.close({1011, "internal error"});
  }

  net::asio::any_io_executor executor_;
  net::WebSocket websocket_;
  ServerContext& context_;
  Session session_;
  EndReason reason_ = EndReason::client_gone;
  bool written_ = false;
};

awaitable<void> serve_session(net::WebSocket websocket, SessionRegistry::Place place, CharacterSetPtr cast,
                              std::string peer, ServerContext& context) {
  const auto executor = co_await net::asio::this_coro::executor;
  Metrics& metrics = context.environment.metrics;
  const TimePoint began = Clock::now();
  metrics.sessions.Increment();
  metrics.active_sessions.Increment();
  context.log->info("session {} opened peer={}", place.session_id(), peer);

  auto transport = std::make_shared<SessionTransport>(executor, std::move(websocket), context,
                                                      place.session_id(), std::move(cast));
  place.on_close([weak = std::weak_ptr(transport)](const std::optional<CloseFrame>& frame) {
    if (const auto living = weak.lock()) living->request_close(frame);
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
  std::string_view offered = request.header("Sec-WebSocket-Protocol").value_or("");
  while (!offered.empty()) {
    const std::size_t comma = offered.find(',');
    std::string_view one = offered.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "realtime") return "realtime";
    offered = comma == std::string_view::npos ? std::string_view{} : offered.substr(comma + 1);
  }
  return {};
}

/// Why an upgrade is not granted; nothing when it is.
std::optional<net::HttpResponse> upgrade_refusal(const ServerContext& context,
                                                 const net::HttpRequest& request) {
  if (request.path() != "/v1/realtime")
    return http_error(404, "There is no WebSocket here; use /v1/realtime");
  if (!context.origins.admits(request.header("Origin"), request.header("Host"))) {
    return http_error(403, "Not allowed for this origin; the operator can allow it with --allow-origin");
  }
  return std::nullopt;
}

/// Whether the connection goes on.
awaitable<bool> serve_request(net::HttpServerStream& stream, net::HttpRequest request,
                              ServerContext& context) {
  const bool keep_alive = request.keep_alive && context.sessions.accepting();
  const bool head = request.method == "HEAD";
  const bool from_loopback = stream.peer_is_loopback();
  net::HttpResponse response = co_await answer(context, std::move(request), from_loopback);
  const bool written = co_await stream.write(std::move(response), keep_alive, head);
  co_return written&& keep_alive;
}

awaitable<void> refuse(net::HttpServerStream& stream, net::HttpResponse response) {
  co_await stream.write(std::move(response), false);
  co_await stream.finish();
}

awaitable<void> upgrade(net::HttpServerStream stream, net::HttpRequest request, ServerContext& context) {
  std::optional<net::HttpResponse> refusal = upgrade_refusal(context, request);
  if (!refusal && stream.has_more_input()) {
    refusal = http_error(400, "Frames came before the upgrade was answered; wait for the answer");
  }
  std::optional<SessionRegistry::Place> place = refusal ? std::nullopt : context.sessions.enter();
  if (!refusal && !place) refusal = http_error(503, "The server is full or shutting down; try again later");
  if (refusal) {
    add_cors_headers(context, request, *refusal);
    co_await refuse(stream, std::move(*refusal));
    co_return;
  }
  // The cast is that of the moment at which the client was let in: when it is told so, it may look at once.
  CharacterSetPtr cast = context.environment.default_cast.get();
  std::string peer = stream.peer();
  std::string subprotocol = chosen_subprotocol(request);
  auto websocket = co_await net::accept_websocket(stream.release(), std::move(request),
                                                  std::move(subprotocol), context.websocket);
  if (!websocket) co_return;  // Beast has answered 400 already
  co_await serve_session(std::move(*websocket), std::move(*place), std::move(cast), std::move(peer), context);
}

}  // namespace

awaitable<void> serve_connection(net::asio::ip::tcp::socket socket, ServerContext& context) {
  net::HttpServerStream stream(std::move(socket));
  while (true) {
    auto request = co_await stream.read();
    if (!request) {
      const net::HttpReadEnd end = request.error();
      if (end.status != 0) {
        net::HttpResponse response = http_error(end.status, end.detail);
        co_await refuse(stream, std::move(response));
      }
      co_return;
    }
    if (request->websocket_upgrade) {
      co_await upgrade(std::move(stream), std::move(*request), context);
      co_return;
    }
    const bool go_on = co_await serve_request(stream, std::move(*request), context);
    if (!go_on) break;
  }
  co_await stream.finish();
}

}  // namespace unmuted
