#include "probe/http_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

namespace unmuted::probe {
namespace {

using net::asio::ip::tcp;

constexpr std::size_t max_response = 64U << 20U;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return lower(h.first) == name; });
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Status line and headers, without the empty line behind them.
std::optional<HttpResponse> parse_head(std::string_view head) {
  HttpResponse response;
  const std::string_view status_line = head.substr(0, head.find("\r\n"));
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12) return std::nullopt;
  const auto status = to_number<int>(status_line.substr(9, 3));
  if (!status) return std::nullopt;
  response.status = *status;
  head.remove_prefix(std::min(status_line.size() + 2, head.size()));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string& value = response.headers[lower(line.substr(0, colon))];
    if (!value.empty()) value += ", ";
    value += trim(line.substr(colon + 1));
  }
  return response;
}

struct Exchange {
  explicit Exchange(const net::asio::any_io_executor& executor) : socket(executor), watchdog(executor) {}
  tcp::socket socket;
  net::asio::steady_timer watchdog;
  bool late = false;
};

net::awaitable<Result<HttpResponse>> exchange(std::shared_ptr<Exchange> exchange, net::Url server,
                                              HttpRequest request) {
  tcp::resolver resolver(exchange->socket.get_executor());
  const auto [unknown, addresses] = co_await resolver.async_resolve(server.host, server.port, net::as_result);
  const std::string place = server.authority();
  if (unknown) co_return fail("connect_failed", "cannot find " + place + ": " + unknown.message());
  const auto [refused, peer] = co_await net::asio::async_connect(exchange->socket, addresses, net::as_result);
  if (refused) co_return fail("connect_failed", "cannot connect to " + place + ": " + refused.message());
  const std::string bytes = encode(request, server);
  // A server may answer before it has read everything, and then no longer reads: only the answer counts.
  co_await net::asio::async_write(exchange->socket, net::asio::buffer(bytes), net::as_result);
  std::string received;
  std::array<char, 16'384> chunk{};
  while (received.size() < max_response) {
    const auto [ended, count] =
        co_await exchange->socket.async_read_some(net::asio::buffer(chunk), net::as_result);
    received.append(chunk.data(), count);
    auto response = parse_response(received, static_cast<bool>(ended));
    if (!response) co_return tl::unexpected(response.error());
    if (*response) co_return std::move(**response);
  }
  co_return fail("invalid_response", "the answer of " + place + " is larger than 64 MiB");
}

}  // namespace

std::string encode(const HttpRequest& request, const net::Url& server) {
  std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!has_header(request.headers, "host")) bytes += "Host: " + server.authority() + "\r\n";
  if (!has_header(request.headers, "connection")) bytes += "Connection: close\r\n";
  const bool framed =
      has_header(request.headers, "content-length") || has_header(request.headers, "transfer-encoding");
  if (!framed && (!request.body.empty() || request.method == "POST" || request.method == "PUT")) {
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  return bytes + "\r\n" + request.body;
}

Result<std::optional<HttpResponse>> parse_response(std::string_view bytes, bool at_end) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    if (at_end) return fail("invalid_response", "the server closed the connection without an answer");
    return std::nullopt;
  }
  auto response = parse_head(bytes.substr(0, head_end));
  if (!response) return fail("invalid_response", "the answer is not HTTP");
  if (response->headers.contains("transfer-encoding")) {
    return fail("invalid_response", "the answer comes in chunks, which is not understood here");
  }
  response->body = bytes.substr(head_end + 4);
  const auto length = response->headers.find("content-length");
  if (length == response->headers.end()) {
    if (!at_end) return std::nullopt;
    return response;
  }
  const auto size = to_number<std::size_t>(length->second);
  if (!size) return fail("invalid_response", "Content-Length is no number: " + length->second);
  if (response->body.size() >= *size || at_end) {
    response->body.resize(std::min(*size, response->body.size()));
    return response;
  }
  return std::nullopt;
}

net::awaitable<Result<HttpResponse>> request_http(net::Url server, HttpRequest request, TimePoint deadline) {
  const auto executor = co_await net::asio::this_coro::executor;
  auto state = std::make_shared<Exchange>(executor);
  state->watchdog.expires_at(deadline);
  const auto close_when_late = [state](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    state->late = true;
    boost::system::error_code ignored;
    state->socket.close(ignored);
  };
  state->watchdog.async_wait(close_when_late);
  auto response = co_await exchange(state, std::move(server), std::move(request));
  state->watchdog.cancel();
  if (state->late && !response) co_return fail("http_timeout", "the server did not answer in time");
  co_return response;
}

}  // namespace unmuted::probe
