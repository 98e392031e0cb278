#include "net/http_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <list>
#include <optional>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution/context_as.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/url.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

struct HttpClient::Implementation {
  explicit Implementation(HttpClientOptions the_options)
      : options(std::move(the_options)), names(options.names) {}

  const HttpClientOptions options;
  NameLookup names;
  ssl::context tls{ssl::context::tls_client};
};

namespace {

using ClientPtr = std::shared_ptr<HttpClient::Implementation>;

constexpr std::size_t max_addresses = 3;
constexpr std::size_t read_size = 16U << 10U;
constexpr int max_interim_responses = 4;

/// A connection to one server, with or without TLS. Its place in memory does not change.
struct Connection {
  Connection(const asio::any_io_executor& executor, ClientPtr the_client, const Url& url)
      : client(std::move(the_client)),
        scheme(url.scheme),
        authority(url.authority()),
        stream(executor),
        keep_until(executor) {}

  awaitable<std::tuple<error_code, std::size_t>> read_some(asio::mutable_buffer buffer) {
    if (tls) co_return co_await tls->async_read_some(buffer, as_result);
    co_return co_await stream.async_read_some(buffer, as_result);
  }

  awaitable<error_code> write(asio::const_buffer bytes) {
    error_code error;
    std::size_t written = 0;
    if (tls) {
      std::tie(error, written) = co_await asio::async_write(*tls, bytes, as_result);
    } else {
      std::tie(error, written) = co_await asio::async_write(stream, bytes, as_result);
    }
    co_return error;
  }

  [[nodiscard]] bool serves(const ClientPtr& the_client, const Url& url) const {
    return client == the_client && scheme == url.scheme && authority == url.authority();
  }

  /// Of an idle one: the server has neither closed it nor said what nobody asked for.
  [[nodiscard]] bool is_quiet() {
    char byte = 0;
    const ssize_t count = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  ClientPtr client;  // whose certificates it was checked with
  std::string scheme, authority;
  beast::tcp_stream stream;
  std::optional<ssl::stream<beast::tcp_stream&>> tls;
  asio::steady_timer keep_until;  // while it is idle
  std::uint64_t number = 0;       // of this time of being idle
};

using ConnectionPtr = std::unique_ptr<Connection>;

/// The idle connections of one event loop. They end with it, after their time, and when their server closes
/// them or speaks without being asked: with a 408, mostly.
class IdleConnections final : public asio::execution_context::service {
 public:
  using key_type = IdleConnections;
  inline static asio::execution_context::id id;

  explicit IdleConnections(asio::execution_context& context) : service(context) {}

  static IdleConnections& of(const asio::any_io_executor& executor) {
    auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
    return asio::use_service<IdleConnections>(context);
  }

  /// The one that was used last, or null.
  ConnectionPtr take(const ClientPtr& client, const Url& url) {
    // The loop may not have come to what ends them.
    const TimePoint now = Clock::now();
    std::erase_if(idle_, [&](const ConnectionPtr& connection) {
      return connection->keep_until.expiry() <= now || !connection->is_quiet();
    });
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const ConnectionPtr& connection) {
      return connection->serves(client, url);
    });
    if (found == idle_.rend()) return nullptr;
    ConnectionPtr connection = std::move(*found);
    idle_.erase(std::next(found).base());
    connection->keep_until.cancel();
    error_code ignored;
    connection->stream.socket().cancel(ignored);
    return connection;
  }

  void keep(ConnectionPtr connection) {
    connection->stream.expires_never();
    connection->number = ++last_number_;
    connection->keep_until.expires_after(connection->client->options.keep_idle);
    auto end = [this, number = connection->number](const error_code&) { drop(number); };
    connection->keep_until.async_wait(end);
    connection->stream.socket().async_wait(tcp::socket::wait_read, end);
    const std::size_t most = connection->client->options.max_idle;
    idle_.push_back(std::move(connection));
    while (idle_.size() > most) idle_.pop_front();
  }

 private:
  /// None has the number when it was taken meanwhile.
  void drop(std::uint64_t number) {
    std::erase_if(idle_, [&](const ConnectionPtr& connection) { return connection->number == number; });
  }

  void shutdown() noexcept override { idle_.clear(); }

  std::list<ConnectionPtr> idle_;  // the one that was used last is the last
  std::uint64_t last_number_ = 0;
};

std::string head_of(const HttpClientRequest& request, const Url& url) {
  http::request_header<> head;
  head.version(11);
  head.method_string(request.method);
  head.target(url.target);
  head.set(http::field::host, url.authority());
  head.set(http::field::user_agent, "unmuted/" UNMUTED_VERSION);
  for (const auto& [name, value] : request.headers) head.set(name, value);
  if (!request.body.empty()) head.set(http::field::content_length, std::to_string(request.body.size()));
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
    if (name) name->changed.notify();
    if (connection) connection->stream.close();
  }

  awaitable<Result<HttpResponse>> open();
  awaitable<Result<std::string>> read();

  awaitable<Result<void>> connect();
  awaitable<Result<Addresses>> look_up();
  awaitable<Result<void>> connect_to(asio::ip::address address);
  awaitable<Result<void>> encrypt();
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

  std::shared_ptr<NameLookup::Question> name;
  ConnectionPtr connection;
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
  connection = IdleConnections::of(executor).take(client, url);
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
  const bool harmless = request.method == "GET" || request.method == "HEAD";
  return harmless || !handed_over;
}

awaitable<Result<void>> HttpExchange::Implementation::connect() {
  auto addresses = co_await look_up();
  if (!addresses) co_return tl::unexpected(addresses.error());
  if (addresses->size() > max_addresses) addresses->resize(max_addresses);
  Result<void> connected = fail("connect_failed", "Cannot find " + url.host + ": it has no address");
  for (const asio::ip::address& address : *addresses) {
    connected = co_await connect_to(address);
    if (connected || aborted) break;
  }
  if (!connected && !aborted) client->names.forget(url.host);
  if (connected && url.scheme == "https") connected = co_await encrypt();
  co_return connected;
}

awaitable<Result<Addresses>> HttpExchange::Implementation::look_up() {
  error_code no_address;
  const auto address = asio::ip::make_address(url.host, no_address);
  if (!no_address) co_return Addresses{address};
  const TimePoint until = std::min(deadline, Clock::now() + client->options.lookup_timeout);
  name = client->names.ask(executor, url.host);
  const auto question = name;
  while (!question->answer && !aborted && Clock::now() < until) co_await question->changed.wait_until(until);
  if (aborted) co_return tl::unexpected(error("", ""));
  if (question->answer) co_return *question->answer;
  co_return fail("connect_failed", "Cannot find " + url.host + ": no answer in time");
}

awaitable<Result<void>> HttpExchange::Implementation::connect_to(asio::ip::address address) {
  const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(std::stoul(url.port)));
  connection = std::make_unique<Connection>(executor, client, url);
  expire(client->options.connect_timeout);
  const auto [failure] = co_await connection->stream.async_connect(endpoint, as_result);
  if (failure || aborted) {
    const std::string cause = failure == beast::error::timeout ? "no answer in time" : failure.message();
    co_return tl::unexpected(error("connect_failed", "Cannot connect to " + url.authority() + ": " + cause));
  }
  error_code ignored;
  connection->stream.socket().set_option(tcp::no_delay(true), ignored);
  co_return Result<void>{};
}

awaitable<Result<void>> HttpExchange::Implementation::encrypt() {
  auto& tls = connection->tls.emplace(connection->stream, client->tls);
  error_code failure;
  asio::ip::make_address(url.host, failure);
  if (failure) {  // an address is no server name; the macro for it has an old cast
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, url.host.data());
  }
  tls.set_verify_callback(ssl::host_name_verification(url.host));
  expire(client->options.connect_timeout);
  std::tie(failure) = co_await tls.async_handshake(ssl::stream_base::client, as_result);
  if (!failure && !aborted) co_return Result<void>{};
  std::string cause = failure == beast::error::timeout ? "no answer in time" : failure.message();
  const long verdict = SSL_get_verify_result(tls.native_handle());
  if (verdict != X509_V_OK) cause = X509_verify_cert_error_string(verdict);
  co_return tl::unexpected(error("tls_failed", "No secure connection to " + url.authority() + ": " + cause));
}

awaitable<Result<void>> HttpExchange::Implementation::exchange_heads() {
  answered = false;
  buffer.clear();
  buffer.max_size(request.max_header + read_size);
  expire(request.idle_timeout);
  const std::string text = head_of(request, url) + request.body;
  const error_code failure = co_await connection->write(asio::buffer(text));
  handed_over = !failure;
  // A server may answer and close before it has read all: its answer counts.
  if (failure == beast::error::timeout || aborted) co_return tl::unexpected(lost(failure));
  for (int i = 0; i < max_interim_responses; ++i) {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(request.max_header));
    parser->body_limit(request.max_body);
    while (!parser->is_header_done()) {
      auto advanced = co_await advance();
      if (!advanced) co_return tl::unexpected(advanced.error());
    }
    if (parser->get().result_int() / 100 != 1) co_return Result<void>{};
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
  std::size_t bytes = 0;
  std::tie(failure, bytes) = co_await connection->read_some(space);
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
      IdleConnections::of(executor).keep(std::move(connection));
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

HttpClient::HttpClient(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<HttpClient> HttpClient::create(HttpClientOptions options) {
  auto implementation = std::make_shared<Implementation>(std::move(options));
  const std::string& ca_file = implementation->options.ca_file;
  error_code error;
  implementation->tls.set_default_verify_paths(error);
  implementation->tls.set_verify_mode(ssl::verify_peer);
  if (!ca_file.empty()) implementation->tls.load_verify_file(ca_file, error);
  if (error) {
    return fail("invalid_configuration", "Cannot read the certificates of " +
                                             (ca_file.empty() ? "the system" : printable(ca_file)) + ": " +
                                             error.message());
  }
  return HttpClient(std::move(implementation));
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
