#include "net/websocket.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "core/clock.hpp"
#include "core/rate_limit.hpp"
#include "core/utf8.hpp"
#include "net/accept_websocket.hpp"
#include "net/connect.hpp"
#include "net/stream_io.hpp"
#include "net/url.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// Beast calls this at the end of a closing handshake. The client waits for the server to close the
/// connection; the server has said and heard all there is, and waits for nobody.
template <class Handler>
void async_teardown(beast::role_type role, Stream& stream, Handler&& handler) {
  stream.say_end();
  if (role == beast::role_type::client) {
    websocket::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
    return;
  }
  stream.close();
  asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}

struct WebSocket::Implementation {
  Implementation(Stream connection, const WebSocketOptions& the_options)
      : stream(std::move(connection)), options(the_options), watch(stream.get_executor()) {
    stream.control_callback([this](websocket::frame_type kind, beast::string_view) {
      peer_closed = peer_closed || kind == websocket::frame_type::close;
      const TimePoint now = Clock::now();
      control_frames.spend(std::chrono::milliseconds(4), now);
      if (control_frames.ready_at() > now) report(1008, "too many pings");
    });
  }

  /// Once; nobody may listen.
  void report(std::uint16_t code, std::string_view reason) {
    if (const auto close = std::exchange(on_abuse, nullptr)) close(code, reason);
  }

  [[nodiscard]] bool tight() const {
    return options.partial_messages && options.partial_messages->is_tight();
  }

  /// A message has come in part: looks after it now and then until it is whole.
  void watch_message() {
    message_began = message_began.value_or(Clock::now());
    watch.expires_after(std::min(options.message_patience_tight, std::chrono::milliseconds(1'000)));
    watch.async_wait([this](const error_code& cancelled) {
      if (cancelled || !message_began) return;
      const Duration age = Clock::now() - *message_began;
      if (tight() && age >= options.message_patience_tight) {
        report(1013, "too much is being sent to the server at once");
      } else if (age >= options.message_patience) {
        report(1008, "a message took too long to come");
      } else {
        watch_message();
      }
    });
  }

  websocket::stream<Stream> stream;
  const WebSocketOptions options;
  asio::steady_timer watch;
  std::optional<TimePoint> message_began;             ///< of a message that has come in part
  RateLimit control_frames{std::chrono::seconds(4)};  ///< a thousand pings and pongs, and 250 a second
  std::function<void(std::uint16_t, std::string_view)> on_abuse;
  std::string subprotocol;
  bool peer_closed = false;  ///< a close frame has come
};

namespace {

/// Bytes that are read at a time: Beast would make room for all that a frame announces.
constexpr std::size_t read_step = 8U << 10U;

Closed to_be_closed(std::uint16_t code, std::string reason) {
  Closed closed;
  closed.code = code;
  closed.reason = std::move(reason);
  closed.must_close = true;
  return closed;
}

void configure(websocket::stream<Stream>& stream, const WebSocketOptions& options) {
  stream.next_layer().expires_never();  // the WebSocket's own timeouts take over
  websocket::stream_base::timeout timeout;
  timeout.handshake_timeout = options.handshake_timeout;
  timeout.idle_timeout = websocket::stream_base::none();
  timeout.keep_alive_pings = options.ping_interval.count() > 0;
  // Beast pings when half of the idle timeout has passed without a frame.
  if (timeout.keep_alive_pings) timeout.idle_timeout = 2 * options.ping_interval;
  stream.set_option(timeout);
  stream.read_message_max(0);   // read() keeps the limit
  stream.auto_fragment(false);  // one frame, one write
}

Closed how_it_closed(const WebSocket::Implementation& self, const error_code& error) {
  // A read that a closing handshake of ours overtook is told of an aborted operation, and one whose peer was
  // gone before the connection could be shut down is told that; the frame says more.
  const auto& reason = self.stream.reason();
  if (error == websocket::error::closed || reason.code != websocket::close_code::none || self.peer_closed) {
    const std::uint16_t code = reason.code == websocket::close_code::none ? std::uint16_t{1005} : reason.code;
    return {code, printable({reason.reason.data(), reason.reason.size()}), true, false};
  }
  if (error == beast::error::timeout) return {1006, "the peer no longer answers", false, false};
  return {1006, error.message(), false, false};
}

}  // namespace

WebSocket::WebSocket(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
WebSocket::~WebSocket() = default;
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;

/// Waits until the budget has room: those who hold it without going on are closed within seconds. Its own
/// peer is not blamed for the wait.
awaitable<bool> WebSocket::make_room(Implementation& self, BudgetShare& share, std::size_t bytes) {
  self.message_began.reset();
  const TimePoint deadline = Clock::now() + 3 * self.options.message_patience_tight;
  asio::steady_timer pause(self.stream.get_executor());
  while (!share.resize(bytes)) {
    if (Clock::now() >= deadline) co_return false;
    pause.expires_after(std::chrono::milliseconds(50));
    co_await pause.async_wait(as_result);
  }
  self.watch_message();
  co_return true;
}

awaitable<tl::expected<Message, Closed>> WebSocket::read() {
  Implementation& self = *implementation_;
  auto& stream = self.stream;
  const std::size_t limit = self.options.max_message;
  Message message;
  BudgetShare share(self.options.partial_messages, read_step);
  auto buffer = asio::dynamic_buffer(message.payload);
  do {
    const std::size_t room = limit + 1 - message.payload.size();
    const auto [error, bytes] = co_await stream.async_read_some(buffer, std::min(room, read_step), as_result);
    if (error) co_return tl::unexpected(how_it_closed(self, error));
    // Not Beast's own limit: it cuts the connection while the peer still sends, and the reset that follows
    // can take the close frame away from it. A closing handshake reads the rest, and forgets it.
    if (message.payload.size() > limit) {
      co_return tl::unexpected(to_be_closed(1009, "the message is too big"));
    }
    ++message.pieces;
    const bool done = stream.is_message_done();
    if (!done && !self.message_began) self.watch_message();
    if (!share.resize(message.payload.size())) {
      const bool fits = co_await make_room(self, share, message.payload.size());
      if (!fits) co_return tl::unexpected(to_be_closed(1013, "too much is being sent to the server at once"));
    }
  } while (!stream.is_message_done());
  self.message_began.reset();
  self.watch.cancel();
  message.binary = stream.got_binary();
  co_return message;
}

void WebSocket::on_abuse(std::function<void(std::uint16_t, std::string_view)> close) {
  implementation_->on_abuse = std::move(close);
}

awaitable<bool> WebSocket::write(std::string_view payload, bool binary) {
  auto& stream = implementation_->stream;
  stream.binary(binary);
  const auto buffer = asio::buffer(payload.data(), payload.size());
  const auto [error, bytes] = co_await stream.async_write(buffer, as_result);
  co_return !error;
}

awaitable<void> WebSocket::close(std::uint16_t code, std::string_view reason) {
  const std::string_view text = utf8_prefix(reason, 123);  // what a close frame can hold
  const websocket::close_reason frame(static_cast<websocket::close_code>(code),
                                      beast::string_view(text.data(), text.size()));
  co_await implementation_->stream.async_close(frame, as_result);
}

void WebSocket::abort() {
  implementation_->stream.next_layer().close();
}

const std::string& WebSocket::subprotocol() const {
  return implementation_->subprotocol;
}

awaitable<Result<WebSocket>> accept_websocket(Stream connection, HttpRequest request, std::string subprotocol,
                                              WebSocketOptions options) {
  auto implementation = std::make_unique<WebSocket::Implementation>(std::move(connection), options);
  auto& stream = implementation->stream;
  configure(stream, options);
  implementation->subprotocol = subprotocol;
  auto decorate = [subprotocol](websocket::response_type& response) {
    response.set(http::field::server, "unmuted/" UNMUTED_VERSION);
    if (!subprotocol.empty()) response.set(http::field::sec_websocket_protocol, subprotocol);
  };
  stream.set_option(websocket::stream_base::decorator(std::move(decorate)));

  http::request<http::string_body> upgrade;
  upgrade.version(11);
  upgrade.method_string(request.method);
  upgrade.target(request.target);
  for (const auto& [name, value] : request.headers) upgrade.insert(name, value);
  // Beast reads the first header of a name only; what stands in several was found to be an upgrade already.
  upgrade.set(http::field::connection, "Upgrade");
  upgrade.set(http::field::upgrade, "websocket");
  const auto [error] = co_await stream.async_accept(upgrade, as_result);
  if (error) co_return fail("upgrade_failed", error.message());
  co_return WebSocket(std::move(implementation));
}

namespace {

awaitable<Result<Stream>> connect_stream(Url url, ConnectOptions& options) {
  const auto timeout = options.websocket.handshake_timeout;
  if (!options.connector) {
    ConnectorOptions own;
    own.tls = url.is_secure();
    own.connect_timeout = timeout;
    auto connector = Connector::create(std::move(own));
    if (!connector) co_return tl::unexpected(connector.error());
    options.connector = std::move(*connector);
  }
  const TimePoint deadline = Clock::now() + timeout;
  co_return co_await options.connector->connect(std::move(url), deadline);
}

Error refusal(const websocket::response_type& response, const error_code& error) {
  if (error != websocket::error::upgrade_declined) {
    return {"upgrade_refused", "The server did not accept the WebSocket: " + error.message(), ""};
  }
  const std::string body = shorten(printable(response.body()), 300);
  return {"upgrade_refused",
          "The server answered " + std::to_string(response.result_int()) + " to the upgrade: " + body, ""};
}

}  // namespace

awaitable<Result<WebSocket>> connect_websocket(std::string text, ConnectOptions options) {
  const Result<Url> url = parse_url(text);
  if (!url) co_return tl::unexpected(url.error());
  if (url->scheme != "ws" && url->scheme != "wss") {
    co_return fail("invalid_url", "Only ws:// and wss:// can be connected to: " + text);
  }
  auto connection = co_await connect_stream(*url, options);
  if (!connection) co_return tl::unexpected(connection.error());
  co_return co_await begin_websocket(std::move(*connection), *url, std::move(options));
}

awaitable<Result<WebSocket>> begin_websocket(Stream connection, Url url, ConnectOptions options) {
  auto implementation = std::make_unique<WebSocket::Implementation>(std::move(connection), options.websocket);
  auto& stream = implementation->stream;
  configure(stream, options.websocket);
  auto decorate = [&options](websocket::request_type& request) {
    request.set(http::field::user_agent, "unmuted/" UNMUTED_VERSION);
    if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
    for (const auto& [name, value] : options.headers) request.set(name, value);
  };
  stream.set_option(websocket::stream_base::decorator(decorate));
  websocket::response_type response;
  const std::string host = url.authority();
  const auto [error] = co_await stream.async_handshake(response, host, url.target, as_result);
  if (error) co_return tl::unexpected(refusal(response, error));
  implementation->subprotocol = std::string(response[http::field::sec_websocket_protocol]);
  co_return WebSocket(std::move(implementation));
}

}  // namespace unmuted::net
