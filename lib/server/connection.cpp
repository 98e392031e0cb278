#include "server/connection.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "events/encode.hpp"
#include "net/accept_websocket.hpp"
#include "net/ascii.hpp"
#include "net/http.hpp"
#include "net/signal.hpp"
#include "server/routes.hpp"
#include "session/session.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using namespace net::asio::experimental::awaitable_operators;

/// Why a session ended, in one word for the log.
enum class EndReason {
  client_closed,
  client_gone,
  refused_message,
  slow_reader,
  idle,
  said_goodbye,
  drained,
  internal_error
};

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
    case EndReason::idle:
      return "idle";
    case EndReason::said_goodbye:
      return "said_goodbye";
    case EndReason::drained:
      return "drained";
    case EndReason::internal_error:
      return "internal_error";
  }
  return "";
}

/// A session on its WebSocket: five coroutines that all end by themselves once the session has ended
/// (docs/lifetimes.md). None of them throws.
class SessionTransport : public std::enable_shared_from_this<SessionTransport> {
 public:
  SessionTransport(net::asio::any_io_executor executor, net::WebSocket websocket, ServerContext& context,
                   std::string id, CharacterSetPtr cast, Peer peer)
      : executor_(std::move(executor)),
        websocket_(std::move(websocket)),
        context_(context),
        session_(executor_, context.environment, std::move(id), std::move(cast), peer),
        wrote_all_(executor_) {
    websocket_.on_abuse([this](std::uint16_t code, std::string_view why) {
      abused_ = true;
      refuse(code, why);
    });
  }

  awaitable<EndReason> run() {
    co_await (read() && execute() && write() && guard() && end_when_idle());
    co_return reason_;
  }

  /// From any thread.
  void leave(Leave how) {
    auto leave = [weak = weak_from_this(), how] {
      if (const auto self = weak.lock()) self->leave_here(how);
    };
    net::asio::post(executor_, std::move(leave));
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
      session_.receive_binary(message.payload.size(), message.pieces);
    } else {
      session_.receive(message.payload, message.pieces);
    }
  }

  /// The client cannot be read any more as it is, and must be closed while the reader waits.
  void refuse(std::uint16_t code, std::string_view why) {
    if (session_.ended()) return;
    reason_ = EndReason::refused_message;
    session_.end_reply_and_close({code, std::string(why)});
  }

  void ended_by(const net::Closed& closed) {
    if (session_.ended()) return;  // we closed it, and know why
    reason_ = closed.orderly ? EndReason::client_closed : EndReason::client_gone;
    if (closed.must_close) refuse(closed.code, closed.reason);
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
    wrote_all_.notify();
  }

  /// Ends a client that does not read: first with a word, then, as with any that abuses the server, soon
  /// without. Whatever else has ended the session, its last words have as long to be read as others.
  awaitable<void> guard() {
    std::chrono::milliseconds patience = context_.environment.slow_reader;
    co_await session_.watch_slow_reader();
    if (!session_.ended()) {
      reason_ = EndReason::slow_reader;
      context_.environment.metrics.force_disconnects.Increment();
      session_.give_up_on_reader();
      abused_ = true;
    }
    if (abused_) patience = std::min(patience, std::chrono::milliseconds(1'000));
    const TimePoint deadline = Clock::now() + patience;
    while (!written_ && Clock::now() < deadline) co_await wrote_all_.wait_until(deadline);
    if (!written_) websocket_.abort();
  }

  awaitable<void> end_when_idle() {
    co_await session_.watch_idle();
    if (session_.ended()) co_return;
    reason_ = EndReason::idle;
    session_.close({1000, "nothing happened for too long"});
  }

  void leave_here(Leave how) {
    if (!session_.ended()) reason_ = EndReason::drained;
    const CloseFrame going_away{1001, "the server is shutting down"};
    switch (how) {
      case Leave::after_reply:
        return session_.close_after_reply(going_away);
      case Leave::now:
        return session_.end_reply_and_close(going_away);
      case Leave::cut:
        return websocket_.abort();
    }
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
  EndReason reason_ = EndReason::said_goodbye;  ///< unless something else ends it first
  bool abused_ = false;                         ///< the client is not owed the time of others
  bool written_ = false;
  net::Signal wrote_all_;
};

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

  auto transport = std::make_shared<SessionTransport>(executor, std::move(websocket), context,
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

/// All that makes a session of a connection.
struct Admitted {
  net::HttpRequest request;
  Caller caller;
  ConnectionRegistry::Place connection;
  SessionRegistry::Place session;
  CharacterSetPtr cast;
};

awaitable<void> begin_session(net::Stream stream, Admitted admitted, ServerContext& context) {
  std::string subprotocol = chosen_subprotocol(admitted.request);
  auto websocket = co_await net::accept_websocket(std::move(stream), std::move(admitted.request),
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
  auto session = begin_session(stream.release().move_to(thread.get_executor()), std::move(admitted), context);
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

void note_misunderstanding(const std::string& reason, ServerContext& context) {
  const auto others = context.misunderstandings.due(Clock::now());
  if (others) context.log->warn("connection_refused reason={} others={}", printable(reason), *others);
}

awaitable<void> serve_requests(net::HttpServerStream stream, ConnectionRegistry::Place place,
                               ServerContext& context) {
  while (true) {
    auto request = co_await stream.read_head();
    if (!request) {
      const net::HttpReadEnd end = request.error();
      if (!end.misunderstanding.empty()) note_misunderstanding(end.misunderstanding, context);
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
  net::HttpServerStream stream(net::Stream(std::move(socket)), context.certificate.current(), limits);
  auto place = context.connections.enter(peer.address(), stream.cutter());
  if (!place) return;
  spawn(executor, serve_requests(std::move(stream), std::move(*place), context), context);
}

}  // namespace unmuted
