#include "net/http_client.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/idle_connections.hpp"
#include "net/stream_io.hpp"
#include "net/url.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using boost::system::error_code;
using std::chrono::milliseconds;

struct HttpClient::Implementation {
  const HttpClientOptions options;
  const std::shared_ptr<Connector> connector;
};

namespace {

using ClientPtr = std::shared_ptr<const HttpClient::Implementation>;

constexpr std::size_t read_size = 16U << 10U;
constexpr int max_interim_responses = 4;

std::string head_of(const HttpClientRequest& request, const Url& url) {
  http::request_header<> head;
  head.version(11);
  head.method_string(request.method);
  head.target(request.target.empty() ? url.target : request.target);
  head.set(http::field::host, url.authority());
  head.set(http::field::user_agent, "unmuted/" UNMUTED_VERSION);
  for (const auto& [name, value] : request.headers) head.erase(name);
  for (const auto& [name, value] : request.headers) head.insert(name, value);
  const bool framed =
      head.count(http::field::content_length) + head.count(http::field::transfer_encoding) > 0;
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body && !framed) head.set(http::field::content_length, std::to_string(request.body.size()));
  std::ostringstream text;
  text << head;
  return text.str();
}

}  // namespace

/// Owned by its HttpExchange and by the coroutines under way.
struct HttpExchange::Implementation {
  using Parser = http::response_parser<http::string_body>;

  Implementation(asio::any_io_executor the_executor, ClientPtr the_client, HttpClientRequest the_request)
      : executor(std::move(the_executor)), client(std::move(the_client)), request(std::move(the_request)) {}

  void abort() {
    aborted = true;
    if (connecting) connecting->abort();
    if (connection) connection->stream.close();
  }

  awaitable<Result<HttpResponse>> open();
  awaitable<Result<std::string>> read();

  awaitable<Result<void>> connect();
  awaitable<Result<void>> exchange_heads();
  awaitable<Result<void>> advance();

  void expire(milliseconds timeout) {
    connection->stream.expires_at(std::min(Clock::now() + timeout, deadline));
  }
  [[nodiscard]] bool cannot_have_begun(const Result<void>& heads) const;
  [[nodiscard]] error_code parse();
  [[nodiscard]] HttpResponse plain_head() const;
  [[nodiscard]] Error error(std::string code, std::string message) const;
  [[nodiscard]] tl::unexpected<Error> end(const Error& error);
  [[nodiscard]] Error lost(const error_code& cause) const;

  asio::any_io_executor executor;
  ClientPtr client;
  HttpClientRequest request;
  Url url;
  TimePoint deadline;
  bool aborted = false;

  std::optional<Connecting> connecting;
  HttpConnectionPtr connection;
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  bool handed_over = false;  ///< the whole request
  bool answered = false;     ///< a byte of the response has arrived
};

/// An abort explains whatever came of it.
Error HttpExchange::Implementation::error(std::string code, std::string message) const {
  if (aborted) return {"aborted", "The request to " + url.authority() + " was aborted", ""};
  return {std::move(code), std::move(message), ""};
}

tl::unexpected<Error> HttpExchange::Implementation::end(const Error& error) {
  connection.reset();
  return tl::unexpected(error);
}

Error HttpExchange::Implementation::lost(const error_code& cause) const {
  const std::string server = url.authority();
  if (cause == beast::error::timeout) return error("timed_out", server + " did not answer in time");
  if (cause.category() == http::make_error_code(http::error::bad_method).category() &&
      cause != http::error::partial_message && cause != http::error::end_of_stream) {
    return error("invalid_response", server + " sent what is no usable HTTP response: " + cause.message());
  }
  const char* when = answered ? " closed the connection in the middle of its response"
                              : " closed the connection without a response";
  const bool orderly = cause == asio::error::eof || cause == http::error::partial_message ||
                       cause == http::error::end_of_stream || cause == ssl::error::stream_truncated;
  return error("connection_lost", server + when + (orderly ? "" : ": " + cause.message()));
}

awaitable<Result<HttpResponse>> HttpExchange::Implementation::open() {
  deadline = Clock::now() + request.total_timeout;
  auto parsed = parse_url(request.url);
  if (!parsed) co_return tl::unexpected(parsed.error());
  url = std::move(*parsed);
  if (url.scheme != "http" && url.scheme != "https") {
    co_return fail("invalid_url", "Neither http:// nor https://: " + request.url);
  }
  if (aborted) co_return end(error("", ""));
  connection = IdleConnections::of(executor).take(client->connector, url);
  if (connection) {
    auto heads = co_await exchange_heads();
    const bool again = cannot_have_begun(heads);
    if (heads && !again) co_return plain_head();
    if (!heads && !again) co_return end(heads.error());
  }
  auto connected = co_await connect();
  if (!connected) co_return end(connected.error());
  auto heads = co_await exchange_heads();
  if (!heads) co_return end(heads.error());
  co_return plain_head();
}

/// Of a request on a connection that was kept: a server may have given that up at the same moment.
bool HttpExchange::Implementation::cannot_have_begun(const Result<void>& heads) const {
  if (heads) return parser->get().result() == http::status::request_timeout;  // by RFC 9110, 15.5.9
  if (answered || heads.error().code != "connection_lost") return false;
  const bool harmless = request.repeatable || request.method == "GET" || request.method == "HEAD";
  return harmless || !handed_over;
}

awaitable<Result<void>> HttpExchange::Implementation::connect() {
  connecting.emplace(executor, client->connector, url);
  auto stream = co_await connecting->run(deadline);
  if (!stream || aborted) {
    co_return tl::unexpected(stream ? error("", "") : error(stream.error().code, stream.error().message));
  }
  connection = std::make_unique<HttpConnection>(std::move(*stream), client->connector, url);
  connecting.reset();
  co_return Result<void>{};
}

awaitable<Result<void>> HttpExchange::Implementation::exchange_heads() {
  answered = false;
  buffer.clear();
  buffer.max_size(request.max_header + read_size);
  expire(request.idle_timeout);
  const std::string text = head_of(request, url) + request.body;
  const auto bytes_of_text = asio::buffer(text);
  const auto [cause, written] = co_await asio::async_write(connection->stream, bytes_of_text, as_result);
  const error_code failure = connection->stream.ended(cause);
  handed_over = !failure;
  // A server may answer and close before it has read all: its answer counts.
  if (failure == beast::error::timeout || aborted) co_return tl::unexpected(lost(failure));
  for (int i = 0; i < max_interim_responses; ++i) {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(request.max_header));
    parser->body_limit(request.max_body);
    if (request.method == "HEAD") parser->skip(true);
    while (!parser->is_header_done()) {
      auto advanced = co_await advance();
      if (!advanced) co_return tl::unexpected(advanced.error());
    }
    const unsigned status = parser->get().result_int();
    if (status / 100 != 1 || status == 101) co_return Result<void>{};
  }
  co_return tl::unexpected(error("invalid_response", url.authority() + " does not come to its response"));
}

/// Parses what has arrived up to the next event; only when there is nothing to parse, reads on.
awaitable<Result<void>> HttpExchange::Implementation::advance() {
  const std::size_t before = buffer.size();
  error_code failure = parse();
  if (failure) co_return tl::unexpected(lost(failure));
  if (buffer.size() != before) co_return Result<void>{};
  if (buffer.size() == buffer.max_size()) co_return tl::unexpected(lost(http::error::bad_chunk));
  expire(request.idle_timeout);
  const auto space = buffer.prepare(std::min(read_size, buffer.max_size() - buffer.size()));
  const auto [cause, bytes] = co_await connection->stream.async_read_some(space, as_result);
  failure = connection->stream.ended(cause);
  buffer.commit(bytes);
  answered = answered || bytes > 0;
  if (failure == asio::error::eof && answered) {
    failure = {};
    parser->put_eof(failure);
  }
  if (failure || aborted) co_return tl::unexpected(lost(failure));
  co_return Result<void>{};
}

error_code HttpExchange::Implementation::parse() {
  error_code failure;
  if (buffer.size() > 0) buffer.consume(parser->put(buffer.data(), failure));
  return failure == http::error::need_more ? error_code{} : failure;
}

HttpResponse HttpExchange::Implementation::plain_head() const {
  HttpResponse response;
  const auto& message = parser->get();
  response.status = message.result_int();
  response.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return response;
}

awaitable<Result<std::string>> HttpExchange::Implementation::read() {
  const bool lost_before = parser && !parser->is_done() && !connection;
  if (aborted || !parser || lost_before) co_return end(error("aborted", "There is no response to read"));
  std::string& body = parser->get().body();
  while (body.empty() && !parser->is_done()) {
    auto advanced = co_await advance();
    if (!advanced) co_return end(advanced.error());
  }
  if (body.empty() && connection) {
    if (parser->keep_alive() && buffer.size() == 0) {
      const HttpClientOptions& options = client->options;
      IdleConnections::of(executor).keep(std::move(connection), options.keep_idle, options.max_idle);
    }
    connection.reset();
  }
  co_return std::exchange(body, {});
}

namespace {

// The coroutines own what they work on: the exchange may be destroyed while they wait.
awaitable<Result<HttpResponse>> open(std::shared_ptr<HttpExchange::Implementation> self) {
  co_return co_await self->open();
}

awaitable<Result<std::string>> read(std::shared_ptr<HttpExchange::Implementation> self) {
  co_return co_await self->read();
}

awaitable<Result<std::string>> read_to_end(std::shared_ptr<HttpExchange::Implementation> self) {
  std::string body;
  for (;;) {
    auto piece = co_await self->read();
    if (!piece) co_return tl::unexpected(piece.error());
    if (piece->empty()) co_return body;
    body += *piece;
  }
}

awaitable<void> pass_over_rest(std::shared_ptr<HttpExchange::Implementation> self) {
  bool more = true;
  while (more) {
    auto piece = co_await self->read();
    more = piece && !piece->empty();
  }
}

}  // namespace

HttpExchange::HttpExchange(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

HttpExchange::~HttpExchange() {
  if (implementation_) implementation_->abort();
}

awaitable<Result<HttpResponse>> HttpExchange::open() {
  return net::open(implementation_);
}

awaitable<Result<std::string>> HttpExchange::read() {
  return net::read(implementation_);
}

awaitable<Result<std::string>> HttpExchange::read_to_end() {
  return net::read_to_end(implementation_);
}

void HttpExchange::finish(milliseconds patience) {
  const auto self = std::move(implementation_);
  self->deadline = std::min(self->deadline, Clock::now() + patience);
  asio::co_spawn(self->executor, pass_over_rest(self), asio::detached);
}

void HttpExchange::set_idle_timeout(std::chrono::milliseconds timeout) {
  implementation_->request.idle_timeout = timeout;
}

void HttpExchange::abort() {
  if (implementation_) implementation_->abort();
}

HttpClient::HttpClient(std::shared_ptr<const Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<HttpClient> HttpClient::create(HttpClientOptions options) {
  auto connector = Connector::create(options);
  if (!connector) return tl::unexpected(connector.error());
  return HttpClient(std::make_shared<Implementation>(std::move(options), std::move(*connector)));
}

HttpExchange HttpClient::start(const asio::any_io_executor& executor, HttpClientRequest request) const {
  return HttpExchange(
      std::make_shared<HttpExchange::Implementation>(executor, implementation_, std::move(request)));
}

awaitable<Result<HttpResponse>> HttpClient::fetch(HttpClientRequest request) const {
  const auto executor = co_await asio::this_coro::executor;
  HttpExchange exchange = start(executor, std::move(request));
  auto response = co_await exchange.open();
  if (!response) co_return tl::unexpected(response.error());
  auto body = co_await exchange.read_to_end();
  if (!body) co_return tl::unexpected(body.error());
  response->body = std::move(*body);
  co_return std::move(*response);
}

}  // namespace unmuted::net
