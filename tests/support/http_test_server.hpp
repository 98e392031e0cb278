#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/asio.hpp"
#include "net/signal.hpp"
#include "support/behaviour.hpp"
#include "support/certificate.hpp"

namespace unmuted::test {

// Bytes of HTTP.

std::string response(const std::string& status, const std::string& type, const std::string& body);
std::string failure(const std::string& status, const std::string& message);
std::string chunk(const std::string& bytes);
/// An event of a stream, as a chunk.
std::string event(const std::string& data);

/// What the test servers have in common: HTTP on 127.0.0.1, on a thread of its own, over connections that are
/// kept open; and how they misbehave. For their implementations. Public members may be called from any
/// thread; what waits gives up after ten seconds and says false.
class HttpTestServer {
 public:
  struct Options {
    std::uint16_t port = 0;
    bool tls = false;
    std::string certificate_host{};
    std::vector<std::string> models{};
    std::string base{};
  };

  explicit HttpTestServer(Options options);
  virtual ~HttpTestServer() = default;
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string certificate_file() const;
  void behave(Behaviour behaviour, int times);
  /// To the next request that is not for the list of models.
  void answer_with(RawAnswer answer);
  void answer_models(RawAnswer answer);
  void release();
  void drop_connections();

  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::size_t abandoned() const;
  bool wait_for_answers(std::size_t count);
  bool wait_for_ends(std::size_t count);
  bool wait_for_abandoned(std::size_t count);

 protected:
  /// One connection.
  struct Peer {
    Peer(net::asio::ip::tcp::socket the_socket, net::asio::ssl::context* context);

    net::awaitable<std::tuple<boost::system::error_code, std::size_t>> read_some(
        net::asio::mutable_buffer space);
    /// False when the connection has ended.
    net::awaitable<bool> write(std::string bytes);
    /// Returns when the client closes: it says nothing before its response is complete.
    net::awaitable<void> closed();

    net::asio::ip::tcp::socket socket;
    std::optional<net::asio::ssl::stream<net::asio::ip::tcp::socket&>> tls{};
    boost::beast::flat_buffer buffer{};
    bool head_begun = false;  ///< the status line of the next answer has been sent, and half a header
  };
  using PeerPtr = std::shared_ptr<Peer>;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  /// To be called when all is ready; stop() before any of it goes.
  void run();
  void stop();

  /// On the loop: whether a request is for something that the server has. Records it.
  virtual bool accepts(const std::string& path, const Request& request) = 0;
  /// Answers such a request, unless its behaviour is one that has nothing to do with what it is for.
  virtual net::awaitable<bool> answer(Peer& peer, const Request& request, Behaviour behaviour) = 0;

  /// Runs `function` on the loop, and returns when that is done.
  template <class Function>
  void on_loop(Function function) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    net::asio::post(io_, [&] {
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

  net::awaitable<bool> pause(Peer& peer, std::chrono::milliseconds length);
  /// False when the client closes first.
  net::awaitable<bool> pass_gate(Peer& peer);
  /// Waits for the client to close, and says so.
  net::awaitable<bool> wait_for_end(Peer& peer);
  /// Resets the connection.
  static bool die(Peer& peer);

  mutable std::mutex mutex_;

 private:
  void use_tls();
  void listen(std::uint16_t port);
  net::awaitable<void> accept();
  net::awaitable<void> serve(PeerPtr peer);
  static net::awaitable<std::optional<Request>> read(Peer& peer);
  net::awaitable<bool> answer_any(Peer& peer, const Request& request);
  net::awaitable<bool> give(Peer& peer, RawAnswer answer);
  Behaviour next_behaviour();
  static std::optional<std::string> refusal(Behaviour behaviour, bool models);
  [[nodiscard]] std::string list_of_models() const;

  const Options options_;
  std::optional<net::asio::ssl::context> tls_;
  std::optional<CertificateFiles> certificate_files_;
  std::uint16_t port_ = 0;

  // Of the loop.
  net::asio::io_context io_{1};
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_ =
      net::asio::make_work_guard(io_);
  net::asio::ip::tcp::acceptor acceptor_{io_};
  std::set<PeerPtr> peers_;
  Behaviour behaviour_ = Behaviour::fine;
  int times_ = 0;
  std::deque<RawAnswer> answers_;
  std::optional<RawAnswer> models_answer_;
  int released_ = 0;
  net::Signal gate_{io_.get_executor()};

  // Of all threads.
  std::condition_variable changed_;
  std::size_t connections_ = 0, answered_ = 0, ends_ = 0, abandoned_ = 0;

  std::jthread thread_;
};

}  // namespace unmuted::test
