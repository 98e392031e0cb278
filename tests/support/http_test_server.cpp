#include "support/http_test_server.hpp"

#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <nlohmann/json.hpp>

namespace unmuted::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using net::as_result;
using net::awaitable;
using nlohmann::json;
using namespace asio::experimental::awaitable_operators;

namespace {

const std::map<std::string, Behaviour, std::less<>> names{
    {"fine", Behaviour::fine},
    {"refuse", Behaviour::refuse},
    {"unauthorized", Behaviour::unauthorized},
    {"busy", Behaviour::busy},
    {"overloaded", Behaviour::overloaded},
    {"loading", Behaviour::loading},
    {"error", Behaviour::error},
    {"html", Behaviour::html},
    {"whole-json", Behaviour::whole_json},
    {"no-models", Behaviour::no_models},
    {"half-chunk", Behaviour::half_chunk},
    {"bad-json", Behaviour::bad_json},
    {"error-event", Behaviour::error_event},
    {"endless-line", Behaviour::endless_line},
    {"hang", Behaviour::hang},
    {"hang-later", Behaviour::hang_later},
    {"call-tool", Behaviour::call_tool},
    {"unknown-tool", Behaviour::unknown_tool},
    {"bad-arguments", Behaviour::bad_arguments},
    {"many-calls", Behaviour::many_calls},
    {"die", Behaviour::die},
    {"slow-headers", Behaviour::slow_headers},
    {"silent", Behaviour::silent},
    {"wav", Behaviour::wav},
    {"mp3", Behaviour::mp3},
    {"odd", Behaviour::odd},
};

}  // namespace

std::optional<Behaviour> behaviour_named(std::string_view name) {
  const auto it = names.find(name);
  return it == names.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> behaviour_names() {
  std::vector<std::string> all;
  for (const auto& [name, ignored] : names) all.push_back(name);
  return all;
}

std::string response(const std::string& status, const std::string& type, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string failure(const std::string& status, const std::string& message) {
  return response(status, "application/json", json{{"error", {{"message", message}}}}.dump());
}

std::string chunk(const std::string& bytes) {
  std::ostringstream size;
  size << std::hex << bytes.size();
  return size.str() + "\r\n" + bytes + "\r\n";
}

std::string event(const std::string& data) {
  return chunk("data: " + data + "\n\n");
}

RawAnswer http_answer(const std::string& status, const std::string& headers, const std::string& body) {
  return {"HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body,
          RawAnswer::Then::go_on};
}

RawAnswer http_failure(const std::string& status, const std::string& message) {
  return {failure(status, message), RawAnswer::Then::go_on};
}

HttpTestServer::Peer::Peer(tcp::socket the_socket, asio::ssl::context* context)
    : socket(std::move(the_socket)) {
  if (context != nullptr) tls.emplace(socket, *context);
}

awaitable<std::tuple<error_code, std::size_t>> HttpTestServer::Peer::read_some(asio::mutable_buffer space) {
  if (tls) co_return co_await tls->async_read_some(space, as_result);
  co_return co_await socket.async_read_some(space, as_result);
}

awaitable<bool> HttpTestServer::Peer::write(std::string bytes) {
  if (std::exchange(head_begun, false)) bytes = "aaaa" + bytes.substr(bytes.find("\r\n"));
  error_code error;
  std::size_t written = 0;
  const auto all = asio::buffer(bytes);
  if (tls) {
    std::tie(error, written) = co_await asio::async_write(*tls, all, as_result);
  } else {
    std::tie(error, written) = co_await asio::async_write(socket, all, as_result);
  }
  co_return !error;
}

awaitable<void> HttpTestServer::Peer::closed() {
  co_await socket.async_wait(tcp::socket::wait_read, as_result);
}

HttpTestServer::HttpTestServer(Options options) : options_(std::move(options)) {
  if (options_.tls) use_tls();
  listen(options_.port);
  port_ = acceptor_.local_endpoint().port();
}

void HttpTestServer::run() {
  thread_ = std::jthread([this] { io_.run(); });
}

void HttpTestServer::stop() {
  io_.stop();
  thread_.join();
}

std::string HttpTestServer::url() const {
  return (options_.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
}

std::string HttpTestServer::certificate_file() const {
  return certificate_files_ ? certificate_files_->certificate() : std::string();
}

void HttpTestServer::behave(Behaviour behaviour, int times) {
  on_loop([this, behaviour, times] {
    behaviour_ = behaviour;
    times_ = times;
    if (behaviour == Behaviour::refuse) acceptor_.close();
    if (behaviour != Behaviour::refuse && !acceptor_.is_open()) listen(port_);
  });
}

void HttpTestServer::answer_with(RawAnswer answer) {
  on_loop([this, answer] { answers_.push_back(answer); });
}

void HttpTestServer::answer_models(RawAnswer answer) {
  on_loop([this, answer] { models_answer_ = answer; });
}

void HttpTestServer::release() {
  on_loop([this] {
    ++released_;
    gate_.notify();
  });
}

void HttpTestServer::drop_connections() {
  on_loop([this] {
    for (const PeerPtr& peer : peers_) peer->socket.close();
  });
}

std::size_t HttpTestServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::size_t HttpTestServer::abandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

bool HttpTestServer::wait_for_answers(std::size_t count) {
  return wait([&] { return answered_ >= count; });
}
bool HttpTestServer::wait_for_ends(std::size_t count) {
  return wait([&] { return ends_ >= count; });
}
bool HttpTestServer::wait_for_abandoned(std::size_t count) {
  return wait([&] { return abandoned_ >= count; });
}

void HttpTestServer::use_tls() {
  const Certificate made = make_certificate(options_.certificate_host);
  certificate_files_.emplace(made);
  tls_.emplace(asio::ssl::context::tls_server);
  tls_->use_certificate(asio::buffer(made.certificate), asio::ssl::context::pem);
  tls_->use_private_key(asio::buffer(made.key), asio::ssl::context::pem);
}

void HttpTestServer::listen(std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen();
  asio::co_spawn(io_, accept(), asio::detached);
}

awaitable<void> HttpTestServer::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(as_result);
    if (error) co_return;
    record([this] { ++connections_; });
    auto peer = std::make_shared<Peer>(std::move(socket), tls_ ? &*tls_ : nullptr);
    asio::co_spawn(io_, serve(std::move(peer)), asio::detached);
  }
}

awaitable<void> HttpTestServer::serve(PeerPtr peer) {
  peers_.insert(peer);
  peer->socket.set_option(tcp::no_delay(true));
  bool more = true;
  if (peer->tls) {
    const auto [error] = co_await peer->tls->async_handshake(asio::ssl::stream_base::server, as_result);
    more = !error;
  }
  while (more) {
    const auto request = co_await read(*peer);
    more = request.has_value();
    if (more) more = co_await answer_any(*peer, *request);
    if (more) record([this] { ++answered_; });
  }
  error_code ignored;
  peer->socket.close(ignored);
  peers_.erase(peer);
  record([this] { ++ends_; });
}

awaitable<std::optional<HttpTestServer::Request>> HttpTestServer::read(Peer& peer) {
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  error_code error;
  while (!parser.is_done()) {
    const auto space = peer.buffer.prepare(16U << 10U);
    std::size_t bytes = 0;
    std::tie(error, bytes) = co_await peer.read_some(space);
    if (error) co_return std::nullopt;
    peer.buffer.commit(bytes);
    peer.buffer.consume(parser.put(peer.buffer.data(), error));
    if (error && error != http::error::need_more) co_return std::nullopt;
  }
  co_return parser.release();
}

/// Whether the connection goes on.
awaitable<bool> HttpTestServer::answer_any(Peer& peer, const Request& request) {
  const std::string target(request.target());
  const std::string path = target.substr(0, target.find('?'));
  const bool models = path == options_.base + "/models";
  if (!models && !accepts(path, request)) {
    co_return co_await peer.write(failure("404 Not Found", "there is no " + path));
  }
  if (models && models_answer_) co_return co_await give(peer, *models_answer_);
  if (!models && !answers_.empty()) {
    RawAnswer next = std::move(answers_.front());
    answers_.pop_front();
    co_return co_await give(peer, std::move(next));
  }
  const Behaviour behaviour = next_behaviour();
  if (auto whole = refusal(behaviour, models)) co_return co_await peer.write(std::move(*whole));
  if (behaviour == Behaviour::hang) co_return co_await wait_for_end(peer);
  if (behaviour == Behaviour::slow_headers) {
    const bool written = co_await peer.write("HTTP/1.1 200 OK\r\nX-Padding: aaaa");
    const bool passed = written && co_await pass_gate(peer);
    if (!passed) co_return false;
    peer.head_begun = true;
  }
  if (models) co_return co_await peer.write(list_of_models());
  co_return co_await answer(peer, request, behaviour);
}

awaitable<bool> HttpTestServer::give(Peer& peer, RawAnswer answer) {
  const bool written = co_await peer.write(std::move(answer.bytes));
  if (written && answer.then == RawAnswer::Then::hang) co_return co_await wait_for_end(peer);
  co_return written&& answer.then == RawAnswer::Then::go_on;
}

Behaviour HttpTestServer::next_behaviour() {
  const Behaviour behaviour = times_ > 0 ? behaviour_ : Behaviour::fine;
  if (times_ > 0 && times_ != std::numeric_limits<int>::max()) --times_;
  return behaviour;
}

/// The answers that are no stream.
std::optional<std::string> HttpTestServer::refusal(Behaviour behaviour, bool models) {
  switch (behaviour) {
    case Behaviour::unauthorized:
      return failure("401 Unauthorized", "Incorrect API key provided");
    case Behaviour::busy:
      return failure("429 Too Many Requests", "Too many requests at once");
    case Behaviour::overloaded:
      return failure("503 Service Unavailable", "No slot is free");
    case Behaviour::loading:
      return response("503 Service Unavailable", "application/json",
                      R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})");
    case Behaviour::error:
      return failure("500 Internal Server Error", "CUDA out of memory");
    case Behaviour::html:
      return response("200 OK", "text/html", "<html><body>It works!</body></html>");
    case Behaviour::no_models:
      if (!models) return std::nullopt;
      return failure("404 Not Found", "Not Found");
    default:
      return std::nullopt;
  }
}

std::string HttpTestServer::list_of_models() const {
  json list{{"object", "list"}, {"data", json::array()}};
  for (const std::string& model : options_.models)
    list["data"].push_back({{"id", model}, {"object", "model"}});
  return response("200 OK", "application/json", list.dump());
}

awaitable<bool> HttpTestServer::pause(Peer& peer, std::chrono::milliseconds length) {
  if (length.count() == 0) co_return true;
  net::Signal never(io_.get_executor());
  const auto first = co_await (never.wait_until(Clock::now() + length) || peer.closed());
  if (first.index() == 0) co_return true;
  co_return co_await wait_for_end(peer);
}

/// False when the client closes first.
awaitable<bool> HttpTestServer::pass_gate(Peer& peer) {
  while (released_ == 0) {
    const auto first = co_await (gate_.wait() || peer.closed());
    if (first.index() == 1) co_return co_await wait_for_end(peer);
  }
  --released_;
  co_return true;
}

/// Waits for the client to close, and says so.
awaitable<bool> HttpTestServer::wait_for_end(Peer& peer) {
  co_await peer.closed();
  record([this] { ++abandoned_; });
  co_return false;
}

bool HttpTestServer::die(Peer& peer) {
  peer.socket.set_option(tcp::socket::linger(true, 0));
  return false;
}

}  // namespace unmuted::test
