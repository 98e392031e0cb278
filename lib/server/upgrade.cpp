#include "server/upgrade.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "net/accept_websocket.hpp"
#include "server/answers.hpp"
#include "server/client_dialect.hpp"
#include "server/context.hpp"
#include "server/session_transport.hpp"
#include "server/spawn.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using net::HttpRequest;

/// Answers the upgrade. An error is Beast's, which has answered 400 already.
awaitable<Result<net::WebSocket>> accept(net::Stream stream, HttpRequest request,
                                         net::WebSocketOptions options) {
  std::string subprotocol = chosen_subprotocol(request);
  co_return co_await net::accept_websocket(std::move(stream), std::move(request), std::move(subprotocol),
                                           std::move(options));
}

// --- no place -------------------------------------------------------------------------------------------

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
awaitable<void> turn_away(Upgrade upgrade, ServerContext& context) {
  const bool draining = context.sessions.draining();
  const events::Failure failure{
      events::Failure::Kind::fatal, "service_at_capacity",
      draining ? "The server is shutting down, try again later" : "The server is full, try again later"};
  std::vector<std::string> frames;
  dialect_for(upgrade.request, context.client_secrets)->write(failure, {}, frames);
  net::WebSocketOptions options;
  options.ping_interval = std::chrono::seconds(2);
  options.handshake_timeout = std::chrono::seconds(2);
  auto websocket = co_await accept(upgrade.stream.release(), std::move(upgrade.request), options);
  if (!websocket) co_return;
  const bool written = co_await websocket->write(frames.front());
  const std::uint16_t code = draining ? 1001 : 1013;
  if (written) co_await websocket->close(code, failure.message);
}

awaitable<void> refuse_place(Upgrade upgrade, ServerContext& context) {
  if (upgrade.caller.peer.browser) {
    const WayOut way_out(context);
    if (way_out.is_free()) {
      co_await turn_away(std::move(upgrade), context);
      co_return;
    }
  }
  net::HttpResponse response = http_error(503, "The server is full or shutting down; try again later");
  response.headers.emplace_back("Retry-After", "5");
  co_await answer_and_close(upgrade.stream, upgrade.request, upgrade.caller, std::move(response), context);
}

// --- a session ------------------------------------------------------------------------------------------

/// All that makes a session of a connection.
struct Admitted {
  HttpRequest request;
  Peer peer;
  std::string address;
  ConnectionRegistry::Place connection;
  SessionRegistry::Place session;
  CharacterSetPtr cast;
  std::shared_ptr<events::Dialect> dialect;
};

awaitable<void> serve_session(net::WebSocket websocket, Admitted admitted, ServerContext& context) {
  const auto executor = co_await net::asio::this_coro::executor;
  SessionRegistry::Place& place = admitted.session;
  Metrics& metrics = context.environment.metrics;
  const TimePoint began = Clock::now();
  metrics.sessions.Increment();
  metrics.active_sessions.Increment();
  context.log->info("session {} opened peer={}", place.session_id(), admitted.address);

  auto transport = std::make_shared<SessionTransport>(executor, std::move(websocket), context.environment,
                                                      std::move(admitted.dialect), place.session_id(),
                                                      std::move(admitted.cast), admitted.peer);
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

awaitable<void> accept_session(net::Stream stream, Admitted admitted, ServerContext& context) {
  auto websocket = co_await accept(std::move(stream), std::move(admitted.request), context.websocket);
  if (websocket) co_await serve_session(std::move(*websocket), std::move(admitted), context);
}

}  // namespace

/// Clients ask for this and that before they begin a session, each on a connection of its own: so the thread
/// that happened to accept this one says nothing about how many sessions it has.
awaitable<void> begin_session(Upgrade upgrade, ServerContext& context) {
  if (upgrade.stream.has_more_input()) {
    net::HttpResponse early =
        http_error(400, "Frames came before the upgrade was answered; wait for the answer");
    co_await answer_and_close(upgrade.stream, upgrade.request, upgrade.caller, std::move(early), context);
    co_return;
  }
  std::optional<SessionRegistry::Place> place = context.sessions.enter();
  if (!place) {
    co_await refuse_place(std::move(upgrade), context);
    co_return;
  }
  if (!upgrade.place.becomes_session()) co_return;
  net::asio::io_context& thread = *context.threads[place->thread()];
  // The cast is that of the moment at which the client was let in: when it is told so, it may look at once.
  auto dialect = dialect_for(upgrade.request, context.client_secrets);
  Admitted admitted{std::move(upgrade.request), upgrade.caller.peer, upgrade.stream.peer(),
                    std::move(upgrade.place),   std::move(*place),   context.environment.default_cast.get(),
                    std::move(dialect)};
  auto session =
      accept_session(upgrade.stream.release().move_to(thread.get_executor()), std::move(admitted), context);
  spawn(thread.get_executor(), std::move(session), context);
}

}  // namespace unmuted
