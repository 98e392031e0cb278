#include "net/http.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "net/ascii.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
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

std::string_view HttpRequest::path() const {
  const std::string_view whole = target;
  return whole.substr(0, whole.find('?'));
}

struct HttpServerStream::Implementation {
  Implementation(asio::ip::tcp::socket socket, HttpLimits the_limits)
      : stream(std::move(socket)), limits(the_limits) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  HttpLimits limits;
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

HttpRequest plain(http::request<http::string_body>&& request) {
  HttpRequest result;
  result.method = std::string(request.method_string());
  result.target = std::string(request.target());
  for (const auto& field : request) {
    result.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  result.keep_alive = request.keep_alive();
  result.websocket_upgrade = beast::websocket::is_upgrade(request);
  result.body = std::move(request.body());
  return result;
}

}  // namespace

HttpServerStream::HttpServerStream(asio::ip::tcp::socket socket, HttpLimits limits)
    : implementation_(std::make_unique<Implementation>(std::move(socket), limits)) {}
HttpServerStream::~HttpServerStream() = default;
HttpServerStream::HttpServerStream(HttpServerStream&&) noexcept = default;

awaitable<tl::expected<HttpRequest, HttpReadEnd>> HttpServerStream::read() {
  auto& self = *implementation_;
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(self.limits.header_bytes));
  parser.body_limit(self.limits.body_bytes);
  self.stream.expires_after(self.limits.idle);
  const auto [error, bytes] = co_await http::async_read(self.stream, self.buffer, parser, as_result);
  if (error) co_return tl::unexpected(read_end(error));
  co_return plain(parser.release());
}

awaitable<bool> HttpServerStream::write(HttpResponse response, bool keep_alive, bool head_only) {
  auto& self = *implementation_;
  http::response<http::string_body> message;
  message.result(response.status);
  message.version(11);
  message.set(http::field::server, "unmuted/" UNMUTED_VERSION);
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  message.keep_alive(keep_alive);
  const std::size_t length = response.body.size();
  if (!head_only) message.body() = std::move(response.body);
  message.content_length(length);
  self.stream.expires_after(self.limits.idle);
  http::serializer<false, http::string_body> serializer(message);
  const auto [error, bytes] = co_await http::async_write(self.stream, serializer, as_result);
  co_return !error;
}

awaitable<void> HttpServerStream::finish() {
  auto& self = *implementation_;
  error_code ignored;
  self.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  // What the peer still sends is read for a moment: a reset would take our answer away from it.
  self.stream.expires_after(std::chrono::seconds(2));
  std::size_t left = 1U << 20U;
  std::string sink(16U << 10U, '\0');
  while (left > 0) {
    const auto [error, bytes] = co_await self.stream.async_read_some(asio::buffer(sink), as_result);
    if (error) break;
    left -= std::min(left, bytes);
  }
  self.stream.close();
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
  return implementation_->buffer.size() > 0;
}

asio::ip::tcp::socket HttpServerStream::release() {
  return implementation_->stream.release_socket();
}

}  // namespace unmuted::net
