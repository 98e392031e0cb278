#include "net/websocket.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "core/utf8.hpp"
#include "net/accept_websocket.hpp"
#include "net/url.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

/// The TCP connection beneath a WebSocket.
class Socket : public beast::tcp_stream {
 public:
  using beast::tcp_stream::tcp_stream;
};

/// Beast calls this at the end of a closing handshake. The client waits for the server to close the
/// connection; the server has said and heard all there is, and waits for nobody.
template <class Handler>
void async_teardown(beast::role_type role, Socket& socket, Handler&& handler) {
  if (role == beast::role_type::client) {
    beast::async_teardown(role, static_cast<beast::tcp_stream&>(socket), std::forward<Handler>(handler));
    return;
  }
  socket.close();
  asio::post(socket.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}

struct WebSocket::Implementation {
  explicit Implementation(tcp::socket socket) : stream(std::move(socket)) {}

  websocket::stream<Socket> stream;
  std::size_t max_message = 0;
  std::shared_ptr<MemoryBudget> partial_messages;
  std::string subprotocol;
};

namespace {

/// Bytes that are read at a time: Beast would make room for all that a frame announces.
constexpr std::size_t read_step = 16U << 10U;

Closed to_be_closed(std::uint16_t code, std::string reason) {
  Closed closed;
  closed.code = code;
  closed.reason = std::move(reason);
  closed.must_close = true;
  return closed;
}

void configure(websocket::stream<Socket>& stream, const WebSocketOptions& options) {
  beast::get_lowest_layer(stream).expires_never();  // the WebSocket's own timeouts take over
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

Closed how_it_closed(const websocket::stream<Socket>& stream, const error_code& error) {
  // A read that a closing handshake of ours overtook is told of an aborted operation; the frame says more.
  const auto& reason = stream.reason();
  if (error == websocket::error::closed || reason.code != websocket::close_code::none) {
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

awaitable<tl::expected<Message, Closed>> WebSocket::read() {
  auto& stream = implementation_->stream;
  const std::size_t limit = implementation_->max_message;
  Message message;
  BudgetShare share(implementation_->partial_messages, read_step);
  auto buffer = asio::dynamic_buffer(message.payload);
  do {
    const std::size_t room = limit + 1 - message.payload.size();
    const auto [error, bytes] = co_await stream.async_read_some(buffer, std::min(room, read_step), as_result);
    if (error) co_return tl::unexpected(how_it_closed(stream, error));
    // Not Beast's own limit: it cuts the connection while the peer still sends, and the reset that follows
    // can take the close frame away from it. A closing handshake reads the rest, and forgets it.
    if (message.payload.size() > limit) {
      co_return tl::unexpected(to_be_closed(1009, "the message is too big"));
    }
    if (!share.resize(message.payload.size())) {
      co_return tl::unexpected(to_be_closed(1013, "too much is being sent to the server at once"));
    }
  } while (!stream.is_message_done());
  message.binary = stream.got_binary();
  co_return message;
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
  beast::get_lowest_layer(implementation_->stream).close();
}

const std::string& WebSocket::subprotocol() const {
  return implementation_->subprotocol;
}

awaitable<Result<WebSocket>> accept_websocket(tcp::socket socket, HttpRequest request,
                                              std::string subprotocol, WebSocketOptions options) {
  auto implementation = std::make_unique<WebSocket::Implementation>(std::move(socket));
  auto& stream = implementation->stream;
  configure(stream, options);
  implementation->max_message = options.max_message;
  implementation->partial_messages = options.partial_messages;
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

awaitable<Result<tcp::socket>> connect_tcp(const Url& url, std::chrono::milliseconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  // An address needs no look-up; a name is looked up by Asio's own resolver thread, not on this one.
  tcp::resolver resolver(executor);
  const auto [resolve_error, addresses] = co_await resolver.async_resolve(url.host, url.port, as_result);
  if (resolve_error) {
    co_return fail("connect_failed", "Cannot find " + url.host + ": " + resolve_error.message());
  }
  beast::tcp_stream stream(executor);
  stream.expires_after(timeout);
  const auto [error, endpoint] = co_await stream.async_connect(addresses, as_result);
  if (error) {
    co_return fail("connect_failed",
                   "Cannot connect to " + url.host + ":" + url.port + ": " + error.message());
  }
  co_return stream.release_socket();
}

Error refusal(const websocket::response_type& response, const error_code& error) {
  if (response.result_int() == 0 || response.result() == http::status::switching_protocols) {
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
  if (url->scheme != "ws") co_return fail("invalid_url", "Only ws:// can be connected to: " + text);
  auto socket = co_await connect_tcp(*url, options.websocket.handshake_timeout);
  if (!socket) co_return tl::unexpected(socket.error());
  error_code ignored;
  socket->set_option(tcp::no_delay(true), ignored);

  auto implementation = std::make_unique<WebSocket::Implementation>(std::move(*socket));
  auto& stream = implementation->stream;
  configure(stream, options.websocket);
  implementation->max_message = options.websocket.max_message;
  implementation->partial_messages = options.websocket.partial_messages;
  auto decorate = [&options](websocket::request_type& request) {
    request.set(http::field::user_agent, "unmuted/" UNMUTED_VERSION);
    if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
    for (const auto& [name, value] : options.headers) request.set(name, value);
  };
  stream.set_option(websocket::stream_base::decorator(decorate));
  websocket::response_type response;
  const std::string host = url->authority();
  const auto [error] = co_await stream.async_handshake(response, host, url->target, as_result);
  if (error) co_return tl::unexpected(refusal(response, error));
  implementation->subprotocol = std::string(response[http::field::sec_websocket_protocol]);
  co_return WebSocket(std::move(implementation));
}

}  // namespace unmuted::net
