#include "net/http.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "core/ascii.hpp"
#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/request_target.hpp"
#include "net/stream_io.hpp"
#include "net/url.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

std::string media_type(std::string_view content_type) {
  return lower_ascii(trim_blanks(content_type.substr(0, content_type.find(';'))));
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  }
  return std::nullopt;
}

std::string HttpRequest::list(std::string_view name) const {
  std::string values;
  for (const auto& [key, value] : headers) {
    if (!beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) continue;
    values += (values.empty() ? "" : ", ") + value;
  }
  return values;
}

struct HttpServerStream::Implementation {
  using Parser = http::request_parser<http::string_body>;

  Implementation(Stream the_stream, TlsContextPtr the_certificate, HttpLimits the_limits)
      : stream(std::move(the_stream)), certificate(std::move(the_certificate)), limits(the_limits) {}

  awaitable<std::optional<HttpReadEnd>> secure(TimePoint deadline);

  Stream stream;
  TlsContextPtr certificate;  // until the handshake, if there is to be one
  beast::flat_buffer buffer;
  HttpLimits limits;
  std::optional<Parser> parser;  // of the request under way
  bool first = true;
  bool go_ahead_wanted = false;
};

namespace {

HttpReadEnd read_end(const error_code& error) {
  if (error == http::error::end_of_stream) return {};
  if (error == http::error::header_limit) return {431, "The request's headers are too large"};
  if (error == http::error::body_limit) return {413, "The request's body is too large"};
  if (error == beast::error::timeout) return {408, "No whole request arrived in time"};
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return {400, "Malformed request: " + error.message()};
  }
  return {};
}

HttpReadEnd plain_text_on_tls_port() {
  HttpReadEnd end{400, "This port speaks TLS: its addresses begin with https:// and wss://"};
  end.misunderstanding = "plain_text_on_tls_port";
  return end;
}

/// Whether that is what a client of TLS says first.
bool begins_tls(asio::const_buffer bytes) {
  const auto* data = static_cast<const unsigned char*>(bytes.data());
  return bytes.size() >= 2 && data[0] == 0x16 && data[1] == 0x03;
}

bool has_token(const std::string& list, std::string_view token) {
  return http::token_list({list.data(), list.size()}).exists({token.data(), token.size()});
}

HttpRequest plain(const http::request_parser<http::string_body>& parser) {
  const auto& message = parser.get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return request;
}

std::size_t count(const HttpRequest& request, std::string_view name) {
  const auto has_name = [&](const auto& header) {
    return beast::iequals({header.first.data(), header.first.size()}, {name.data(), name.size()});
  };
  return static_cast<std::size_t>(std::count_if(request.headers.begin(), request.headers.end(), has_name));
}

/// Where the body ends must be beyond doubt: a proxy in front of us that reads it otherwise would take a part
/// of one request for the next one.
std::optional<HttpReadEnd> framing_fault(const HttpRequest& request, unsigned version) {
  if (count(request, "Transfer-Encoding") == 0) return std::nullopt;
  if (count(request, "Content-Length") > 0) {
    return HttpReadEnd{400, "Content-Length and Transfer-Encoding contradict each other"};
  }
  if (version < 11) return HttpReadEnd{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (lower_ascii(request.list("Transfer-Encoding")) != "chunked") {
    return HttpReadEnd{501, "Of the transfer codings only chunked is understood"};
  }
  return std::nullopt;
}

/// Finds out for whom the request is and what it asks for.
std::optional<HttpReadEnd> address_fault(HttpRequest& request, unsigned version) {
  const std::size_t hosts = count(request, "Host");
  if (hosts > 1) return HttpReadEnd{400, "There is more than one Host header"};
  if (hosts == 0 && version >= 11) return HttpReadEnd{400, "There is no Host header"};
  // Whoever judges by the page that a request comes from must not be shown another one than others saw.
  if (count(request, "Origin") > 1) return HttpReadEnd{400, "There is more than one Origin header"};
  const std::string host(request.header("Host").value_or(""));
  const bool ascii =
      std::none_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (!host.empty() && (!ascii || !parse_authority(host))) {
    return HttpReadEnd{400, "Host: expected host or host:port, got " + shorten(printable(host), 100)};
  }
  auto target = read_target(request.method, request.target);
  if (!target) return HttpReadEnd{400, "Malformed request: " + target.error()};
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.host = target->host.value_or(host);
  return std::nullopt;
}

std::optional<HttpReadEnd> expectation_fault(HttpRequest& request, unsigned version) {
  const std::string expectation = version >= 11 ? lower_ascii(request.list("Expect")) : "";
  if (!expectation.empty() && expectation != "100-continue") {
    return HttpReadEnd{417, "Expect: only 100-continue can be met"};
  }
  request.expects_go_ahead = !expectation.empty() && request.has_body;
  return std::nullopt;
}

std::optional<HttpReadEnd> head_fault(HttpRequest& request, unsigned version) {
  if (auto fault = framing_fault(request, version)) return fault;
  if (auto fault = address_fault(request, version)) return fault;
  return expectation_fault(request, version);
}

bool is_websocket_upgrade(const HttpRequest& request, unsigned version) {
  return version >= 11 && request.method == "GET" && has_token(request.list("Connection"), "upgrade") &&
         has_token(request.list("Upgrade"), "websocket");
}

}  // namespace

HttpServerStream::HttpServerStream(Stream stream, TlsContextPtr certificate, HttpLimits limits)
    : implementation_(std::make_shared<Implementation>(std::move(stream), std::move(certificate), limits)) {}
HttpServerStream::~HttpServerStream() = default;
HttpServerStream::HttpServerStream(HttpServerStream&&) noexcept = default;

/// The handshake. Who says something else on a port for TLS stays in clear, to be told so there.
awaitable<std::optional<HttpReadEnd>> HttpServerStream::Implementation::secure(TimePoint deadline) {
  stream.expires_at(deadline);
  const bool begun = co_await stream.peer_begins_tls();
  if (!begun) co_return std::nullopt;
  TlsContextPtr shown = std::exchange(certificate, nullptr);
  const auto secured = co_await stream.accept_tls(std::move(shown));
  if (secured) co_return std::nullopt;
  HttpReadEnd end;
  const bool cut = !stream.socket().is_open();  // by us, which is not the client's doing
  if (!cut) end.misunderstanding = "tls_failed: " + secured.error();
  co_return end;
}

awaitable<tl::expected<HttpRequest, HttpReadEnd>> HttpServerStream::read_head() {
  auto& self = *implementation_;
  const bool first = std::exchange(self.first, false);
  const TimePoint deadline = Clock::now() + (first ? self.limits.first_head : self.limits.patience);
  if (self.certificate) {
    auto failed = co_await self.secure(deadline);
    if (failed) co_return tl::unexpected(std::move(*failed));
  }
  auto& parser = self.parser.emplace();
  parser.header_limit(static_cast<std::uint32_t>(self.limits.header_bytes));
  parser.body_limit(boost::none);  // read_body() has the limit: what a large body belongs to is of interest
  self.stream.expires_at(deadline);
  const auto [failure, bytes] = co_await http::async_read_header(self.stream, self.buffer, parser, as_result);
  const error_code error = self.stream.ended(failure);
  HttpRequest request = plain(parser);
  if (error || self.certificate) {
    const bool begun = parser.got_some() || self.buffer.size() > 0;
    HttpReadEnd end = begun ? read_end(error) : HttpReadEnd{};
    if (begun && self.certificate) end = plain_text_on_tls_port();
    if (begins_tls(self.buffer.data())) end.misunderstanding = "tls_on_plain_port";
    end.request = std::move(request);
    co_return tl::unexpected(std::move(end));
  }
  const unsigned version = parser.get().version();
  if (const auto length = parser.content_length()) request.content_length = *length;
  request.has_body = parser.chunked() || request.content_length.value_or(0) > 0;
  request.keep_alive = parser.keep_alive();
  request.websocket_upgrade = is_websocket_upgrade(request, version);
  if (auto fault = head_fault(request, version)) {
    fault->request = std::move(request);
    co_return tl::unexpected(std::move(*fault));
  }
  self.go_ahead_wanted = request.expects_go_ahead;
  co_return request;
}

awaitable<tl::expected<std::string, HttpReadEnd>> HttpServerStream::read_body() {
  return read_body(implementation_->limits.body_bytes);
}

awaitable<tl::expected<std::string, HttpReadEnd>> HttpServerStream::read_body(std::size_t at_most) {
  auto& self = *implementation_;
  auto& parser = *self.parser;
  if (parser.content_length().value_or(0) > at_most) {
    co_return tl::unexpected(read_end(http::error::body_limit));
  }
  parser.body_limit(at_most);
  // A client that sends its body already no longer waits.
  if (self.go_ahead_wanted && self.buffer.size() == 0) {
    constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto text = asio::buffer(go_ahead);
    self.stream.expires_after(self.limits.patience);
    const auto [failure, bytes] = co_await asio::async_write(self.stream, text, as_result);
    if (const error_code error = self.stream.ended(failure)) co_return tl::unexpected(read_end(error));
  }
  if (!parser.is_done()) {
    self.stream.expires_after(self.limits.patience);
    const auto [failure, bytes] = co_await http::async_read(self.stream, self.buffer, parser, as_result);
    if (const error_code error = self.stream.ended(failure)) co_return tl::unexpected(read_end(error));
  }
  co_return std::move(parser.get().body());
}

awaitable<bool> HttpServerStream::write(HttpResponse response, bool keep_alive, bool head_only) {
  using Body = http::span_body<const char>;
  auto& self = *implementation_;
  const std::string_view body = response.shared_body ? *response.shared_body : response.body;
  http::response<Body> message;
  message.result(response.status);
  message.version(11);
  message.set(http::field::server, "unmuted/" UNMUTED_VERSION);
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  message.keep_alive(keep_alive);
  const bool has_length = response.status != 204 && response.status != 304;  // RFC 9110, 8.6
  if (has_length) message.content_length(body.size());
  if (!head_only) message.body() = Body::value_type(body.data(), body.size());
  http::response_serializer<Body> serializer(message);
  self.stream.expires_after(self.limits.patience);
  const auto [failure, bytes] = co_await http::async_write(self.stream, serializer, as_result);
  co_return !self.stream.ended(failure);
}

awaitable<void> HttpServerStream::finish() {
  Stream& stream = implementation_->stream;
  tcp::socket& socket = stream.socket();
  stream.say_end();
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  // What the peer still sends is read for a moment, and not deciphered: a reset would take our answer away
  // from it.
  stream.expires_after(std::chrono::seconds(2));
  std::size_t left = 8U << 20U;
  std::string sink(16U << 10U, '\0');
  while (left > 0 && !stream.expired()) {
    const auto [error, bytes] = co_await socket.async_read_some(asio::buffer(sink), as_result);
    if (error) break;
    left -= std::min(left, bytes);
  }
  stream.expires_never();
  stream.close();
}

std::function<void()> HttpServerStream::cutter() const {
  return [executor = implementation_->stream.get_executor(), weak = std::weak_ptr(implementation_)] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->stream.close();
    });
  };
}

bool HttpServerStream::peer_is_loopback() const {
  error_code error;
  const auto endpoint = implementation_->stream.socket().remote_endpoint(error);
  if (error) return false;
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

std::string HttpServerStream::peer() const {
  error_code error;
  const auto endpoint = implementation_->stream.socket().remote_endpoint(error);
  if (error) return {};
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

bool HttpServerStream::has_more_input() const {
  return implementation_->buffer.size() > 0 || implementation_->stream.holds_input();
}

Stream HttpServerStream::release() {
  return std::move(implementation_->stream);
}

}  // namespace unmuted::net
