#include "support/model_server.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/asio.hpp"
#include "net/signal.hpp"
#include "support/certificate.hpp"

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
};

// Bytes of HTTP.

std::string response(const std::string& status, const std::string& type, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string failure(const std::string& status, const std::string& message) {
  return response(status, "application/json", json{{"error", {{"message", message}}}}.dump());
}

const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& bytes) {
  std::ostringstream size;
  size << std::hex << bytes.size();
  return size.str() + "\r\n" + bytes + "\r\n";
}

std::string event(const std::string& data) {
  return chunk("data: " + data + "\n\n");
}

ReplyStep step(const json& delta, const json& reason = nullptr) {
  const json choice{{"index", 0}, {"delta", delta}, {"finish_reason", reason}};
  return {false, json{{"object", "chat.completion.chunk"}, {"choices", json::array({choice})}}.dump(), false};
}

ReplyScript echo(const json& request) {
  const json& messages = request.at("messages");
  const std::string said = messages.empty() ? "" : messages.back().value("content", "");
  ReplyScript script{step({{"role", "assistant"}, {"content", ""}}), text("You said:")};
  std::istringstream words(said);
  for (std::string word; words >> word;) script.push_back(text(" " + word));
  script.push_back(finish());
  return script;
}

ReplyScript calls(int count, const std::string& name, const std::string& arguments) {
  ReplyScript script;
  for (int i = 0; i < count; ++i) script.push_back(call(i, "call_" + std::to_string(i), name, arguments));
  script.push_back(finish("tool_calls"));
  return script;
}

std::string first_tool(const json& request) {
  if (!request.contains("tools")) return "some_tool";
  return request["tools"].front()["function"]["name"];
}

/// One connection.
struct Peer {
  Peer(tcp::socket the_socket, asio::ssl::context* context) : socket(std::move(the_socket)) {
    if (context != nullptr) tls.emplace(socket, *context);
  }

  awaitable<std::tuple<error_code, std::size_t>> read_some(asio::mutable_buffer space) {
    if (tls) co_return co_await tls->async_read_some(space, as_result);
    co_return co_await socket.async_read_some(space, as_result);
  }

  awaitable<bool> write(std::string bytes) {
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

  /// Returns when the client closes: it says nothing before its response is complete.
  awaitable<void> closed() { co_await socket.async_wait(tcp::socket::wait_read, as_result); }

  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  boost::beast::flat_buffer buffer;
};

using PeerPtr = std::shared_ptr<Peer>;

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

ReplyStep text(const std::string& delta) {
  return step({{"content", delta}});
}

ReplyStep call(int index, const std::string& id, const std::string& name, const std::string& arguments) {
  json piece{{"index", index}, {"function", {{"arguments", arguments}}}};
  if (!id.empty()) piece["id"] = id;
  if (!id.empty()) piece["type"] = "function";
  if (!name.empty()) piece["function"]["name"] = name;
  return step({{"tool_calls", json::array({piece})}});
}

ReplyStep finish(const std::string& reason) {
  return step(json::object(), reason);
}

RawAnswer http_answer(const std::string& status, const std::string& headers, const std::string& body) {
  return {"HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body,
          RawAnswer::Then::go_on};
}

RawAnswer http_failure(const std::string& status, const std::string& message) {
  return {failure(status, message), RawAnswer::Then::go_on};
}

ReplyStep gate() {
  return {true, "", false};
}

ReplyStep stamp() {
  return {false, "", true};
}

namespace {

std::string stamped_word() {
  const auto now = Clock::now().time_since_epoch();
  return text("@" + std::to_string(std::chrono::nanoseconds(now).count()) + " ").data;
}

}  // namespace

class ModelServer::Implementation {
 public:
  explicit Implementation(ModelServerOptions the_options) : options_(std::move(the_options)) {
    if (options_.tls) use_tls();
    listen(options_.port);
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::jthread([this] {
      const auto even_when_refusing = asio::make_work_guard(io_);
      io_.run();
    });
  }

  ~Implementation() {
    io_.stop();
    thread_.join();
  }

  [[nodiscard]] std::string url() const {
    return (options_.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  [[nodiscard]] std::string certificate_file() const {
    return certificate_files_ ? certificate_files_->certificate() : std::string();
  }

  void behave(Behaviour behaviour, int times) {
    on_loop([this, behaviour, times] {
      behaviour_ = behaviour;
      times_ = times;
      if (behaviour == Behaviour::refuse) acceptor_.close();
      if (behaviour != Behaviour::refuse && !acceptor_.is_open()) listen(port_);
    });
  }

  void reply(ReplyScript script) {
    on_loop([this, script] { scripts_.push_back(script); });
  }

  void answer(RawAnswer answer) {
    on_loop([this, answer] { answers_.push_back(answer); });
  }

  void answer_models(RawAnswer answer) {
    on_loop([this, answer] { models_answer_ = answer; });
  }

  void release() {
    on_loop([this] {
      ++released_;
      gate_.notify();
    });
  }

  void drop_connections() {
    on_loop([this] {
      for (const PeerPtr& peer : peers_) peer->socket.close();
    });
  }

  [[nodiscard]] std::vector<ModelRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

  [[nodiscard]] std::size_t abandoned() const {
    const std::lock_guard lock(mutex_);
    return abandoned_;
  }

  bool wait_for_answers(std::size_t count) {
    return wait([&] { return answered_ >= count; });
  }
  bool wait_for_requests(std::size_t count) {
    return wait([&] { return requests_.size() >= count; });
  }
  bool wait_for_ends(std::size_t count) {
    return wait([&] { return ends_ >= count; });
  }
  bool wait_for_abandoned(std::size_t count) {
    return wait([&] { return abandoned_ >= count; });
  }

 private:
  void use_tls() {
    const Certificate made = make_certificate(options_.certificate_host);
    certificate_files_.emplace(made);
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate(asio::buffer(made.certificate), asio::ssl::context::pem);
    tls_->use_private_key(asio::buffer(made.key), asio::ssl::context::pem);
  }

  void listen(std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    asio::co_spawn(io_, accept(), asio::detached);
  }

  /// Runs `function` on the loop, and returns when that is done.
  template <class Function>
  void on_loop(Function function) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    asio::post(io_, [&] {
      function();
      const std::lock_guard lock(mutex);
      done = true;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }

  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  template <class Change>
  void record(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(as_result);
      if (error) co_return;
      record([this] { ++connections_; });
      auto peer = std::make_shared<Peer>(std::move(socket), tls_ ? &*tls_ : nullptr);
      asio::co_spawn(io_, serve(std::move(peer)), asio::detached);
    }
  }

  awaitable<void> serve(PeerPtr peer) {
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
      if (more) more = co_await answer(*peer, *request);
      if (more) record([this] { ++answered_; });
    }
    error_code ignored;
    peer->socket.close(ignored);
    peers_.erase(peer);
    record([this] { ++ends_; });
  }

  using Request = http::request<http::string_body>;

  awaitable<std::optional<Request>> read(Peer& peer) {
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
  awaitable<bool> answer(Peer& peer, const Request& request) {
    const std::string target(request.target());
    const std::string path = target.substr(0, target.find('?'));
    const bool models = path == options_.base + "/models";
    const bool completions =
        path == options_.base + "/chat/completions" && request.method() == http::verb::post;
    if (!models && !completions) {
      co_return co_await peer.write(failure("404 Not Found", "there is no " + path));
    }
    ModelRequest recorded{
        target, std::string(request[http::field::authorization]), std::string(request["api-key"]), {}};
    if (completions) {
      recorded.body = json::parse(request.body(), nullptr, false);
      record([&] { requests_.push_back(recorded); });
    }
    if (models && models_answer_) co_return co_await give(peer, *models_answer_);
    if (completions && !answers_.empty()) {
      RawAnswer next = std::move(answers_.front());
      answers_.pop_front();
      co_return co_await give(peer, std::move(next));
    }
    const Behaviour behaviour = next_behaviour();
    if (auto whole = refusal(behaviour, models)) co_return co_await peer.write(std::move(*whole));
    if (behaviour == Behaviour::hang) co_return co_await abandoned(peer);
    if (behaviour == Behaviour::slow_headers) {
      const bool written = co_await peer.write("HTTP/1.1 200 OK\r\nX-Padding: aaaa");
      const bool passed = written && co_await pass_gate(peer);
      if (!passed) co_return false;
      const std::string rest = models ? list_of_models() : stream_head;
      const bool sent = co_await peer.write("aaaa" + rest.substr(rest.find("\r\n")));
      if (models || !sent) co_return sent;
      co_return co_await play(peer, script_for(behaviour, recorded.body));
    }
    if (models) co_return co_await peer.write(list_of_models());
    const bool begun = co_await peer.write(stream_head);
    if (!begun) co_return false;
    co_return co_await stream(peer, behaviour, recorded.body);
  }

  awaitable<bool> give(Peer& peer, RawAnswer answer) {
    const bool written = co_await peer.write(std::move(answer.bytes));
    if (written && answer.then == RawAnswer::Then::hang) co_return co_await abandoned(peer);
    co_return written&& answer.then == RawAnswer::Then::go_on;
  }

  Behaviour next_behaviour() {
    const Behaviour behaviour = times_ > 0 ? behaviour_ : Behaviour::fine;
    if (times_ > 0 && times_ != std::numeric_limits<int>::max()) --times_;
    return behaviour;
  }

  /// The answers that are no stream.
  static std::optional<std::string> refusal(Behaviour behaviour, bool models) {
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
      case Behaviour::whole_json:
        if (models) return std::nullopt;
        return response("200 OK", "application/json", R"({"choices":[{"message":{"content":"Hello."}}]})");
      case Behaviour::no_models:
        if (!models) return std::nullopt;
        return failure("404 Not Found", "Not Found");
      default:
        return std::nullopt;
    }
  }

  [[nodiscard]] std::string list_of_models() const {
    json list{{"object", "list"}, {"data", json::array()}};
    for (const std::string& model : options_.models)
      list["data"].push_back({{"id", model}, {"object", "model"}});
    return response("200 OK", "application/json", list.dump());
  }

  ReplyScript script_for(Behaviour behaviour, const json& request) {
    if (behaviour == Behaviour::call_tool && request["messages"].back()["role"] != "tool") {
      return calls(1, first_tool(request), "{}");
    }
    if (behaviour == Behaviour::unknown_tool) return calls(1, "launch_rocket", "{}");
    if (behaviour == Behaviour::bad_arguments) return calls(1, first_tool(request), "{\"correct\": tru");
    if (behaviour == Behaviour::many_calls) return calls(1000, first_tool(request), "{}");
    if (scripts_.empty()) return echo(request);
    ReplyScript script = std::move(scripts_.front());
    scripts_.pop_front();
    return script;
  }

  awaitable<bool> stream(Peer& peer, Behaviour behaviour, const json& request) {
    switch (behaviour) {
      case Behaviour::half_chunk:
        co_await peer.write(event(text("Hello").data) + "40\r\ndata: {\"choi");
        co_return false;
      case Behaviour::bad_json:
        co_return co_await peer.write(
            chunk("data: " + text("Hello").data + "\n\ndata: {\"choices\": [}\n\n") + chunk(""));
      case Behaviour::error_event:
        co_return co_await peer.write(event(R"({"error":{"message":"the context is too long"}})") +
                                      chunk(""));
      case Behaviour::endless_line: {
        const std::string much = chunk("data: " + std::string(64U << 10U, 'x'));
        while (co_await peer.write(much)) {
        }
        co_return co_await abandoned(peer);
      }
      case Behaviour::hang_later:
        co_await peer.write(event(text("Hello").data));
        co_return co_await abandoned(peer);
      case Behaviour::die:
        co_await peer.write(event(text("Hello").data));
        peer.socket.set_option(tcp::socket::linger(true, 0));
        co_return false;
      default:
        co_return co_await play(peer, script_for(behaviour, request));
    }
  }

  awaitable<bool> play(Peer& peer, ReplyScript script) {
    for (const ReplyStep& next : script) {
      bool open = co_await pause(peer);
      if (open && next.gate) open = co_await pass_gate(peer);
      std::string data = next.data;
      if (next.stamp) data = stamped_word();
      const std::string bytes = event(data);
      if (open && !next.gate) open = co_await peer.write(bytes);
      if (!open) co_return false;
    }
    co_return co_await peer.write(event("[DONE]") + "0\r\n\r\n");
  }

  awaitable<bool> pause(Peer& peer) {
    if (options_.word_pause.count() == 0) co_return true;
    net::Signal never(io_.get_executor());
    const auto first = co_await (never.wait_until(Clock::now() + options_.word_pause) || peer.closed());
    if (first.index() == 0) co_return true;
    co_return co_await abandoned(peer);
  }

  /// False when the client closes first.
  awaitable<bool> pass_gate(Peer& peer) {
    while (released_ == 0) {
      const auto first = co_await (gate_.wait() || peer.closed());
      if (first.index() == 1) co_return co_await abandoned(peer);
    }
    --released_;
    co_return true;
  }

  /// Waits for the client to close, and says so.
  awaitable<bool> abandoned(Peer& peer) {
    co_await peer.closed();
    record([this] { ++abandoned_; });
    co_return false;
  }

  const ModelServerOptions options_;
  std::optional<asio::ssl::context> tls_;
  std::optional<CertificateFiles> certificate_files_;
  std::uint16_t port_ = 0;

  // Of the loop.
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_{io_};
  std::set<PeerPtr> peers_;
  Behaviour behaviour_ = Behaviour::fine;
  int times_ = 0;
  std::deque<ReplyScript> scripts_;
  std::deque<RawAnswer> answers_;
  std::optional<RawAnswer> models_answer_;
  int released_ = 0;
  net::Signal gate_{io_.get_executor()};

  // Of all threads.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ModelRequest> requests_;
  std::size_t connections_ = 0, answered_ = 0, ends_ = 0, abandoned_ = 0;

  std::jthread thread_;
};

ModelServer::ModelServer(ModelServerOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
ModelServer::~ModelServer() = default;

std::string ModelServer::url() const {
  return implementation_->url();
}
std::string ModelServer::certificate_file() const {
  return implementation_->certificate_file();
}
void ModelServer::behave(Behaviour behaviour, int times) {
  implementation_->behave(behaviour, times);
}
void ModelServer::reply(ReplyScript script) {
  implementation_->reply(std::move(script));
}
void ModelServer::answer(RawAnswer answer) {
  implementation_->answer(std::move(answer));
}
void ModelServer::answer_models(RawAnswer answer) {
  implementation_->answer_models(std::move(answer));
}
void ModelServer::release() {
  implementation_->release();
}
void ModelServer::drop_connections() {
  implementation_->drop_connections();
}
std::vector<ModelRequest> ModelServer::requests() const {
  return implementation_->requests();
}
std::size_t ModelServer::connections() const {
  return implementation_->connections();
}
std::size_t ModelServer::abandoned() const {
  return implementation_->abandoned();
}
bool ModelServer::wait_for_answers(std::size_t count) {
  return implementation_->wait_for_answers(count);
}
bool ModelServer::wait_for_requests(std::size_t count) {
  return implementation_->wait_for_requests(count);
}
bool ModelServer::wait_for_ends(std::size_t count) {
  return implementation_->wait_for_ends(count);
}
bool ModelServer::wait_for_abandoned(std::size_t count) {
  return implementation_->wait_for_abandoned(count);
}

}  // namespace unmuted::test
