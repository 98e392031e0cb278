#include "support/cloning_server.hpp"

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "net/http.hpp"
#include "net/signal.hpp"
#include "support/eventually.hpp"

namespace unmuted::test {

namespace asio = net::asio;
using asio::ip::tcp;
using net::awaitable;
using nlohmann::json;

std::string voice_message(std::size_t numbers) {
  json voice{{"type", "Voice"}, {"embeddings", json::array()}, {"shape", {1, numbers}}};
  for (std::size_t i = 0; i < numbers; ++i) voice["embeddings"].push_back(static_cast<float>(i) / 8.0F);
  const std::vector<std::uint8_t> bytes = json::to_msgpack(voice);
  return {bytes.begin(), bytes.end()};
}

class CloningServer::Implementation {
 public:
  Implementation() {
    listen();
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Implementation() {
    io_.stop();
    thread_.join();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  void answer(unsigned status, std::string body) {
    on_loop([this, status, body] {
      status_ = status;
      body_ = body;
    });
  }
  void hang() {
    on_loop([this] { status_ = 0; });
  }
  void die() {
    on_loop([this] { status_ = 1; });
  }
  void refuse() {
    on_loop([this] {
      status_ = 1;
      acceptor_.close();
      for (const auto& cut : cutters_) cut();
    });
  }

  [[nodiscard]] std::vector<CloningRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void listen() {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port_);
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(io_, accept(), asio::detached);
  }

  /// Returns when it is done.
  void on_loop(const std::function<void()>& change) {
    std::atomic<bool> done = false;
    asio::post(io_, [&] {
      change();
      changed_.notify();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }

  awaitable<void> accept() {
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(net::as_result);
      if (error) co_return;
      net::HttpLimits limits;
      limits.body_bytes = 64U << 20U;
      limits.patience = std::chrono::seconds(60);
      net::HttpServerStream stream(net::Stream(std::move(socket)), nullptr, limits);
      cutters_.push_back(stream.cutter());
      asio::co_spawn(io_, serve(std::move(stream)), asio::detached);
    }
  }

  awaitable<void> serve(net::HttpServerStream stream) {
    while (true) {
      auto head = co_await stream.read_head();
      if (!head) co_return;
      auto body = co_await stream.read_body();
      if (!body) co_return;
      net::HttpResponse response;
      if (head->path == "/api/voice") {
        note(*head, std::move(*body));
        while (status_ == 0) co_await changed_.wait();
        response.status = status_;
        response.body = body_;
        response.content_type = "application/octet-stream";
      }
      if (status_ == 1) co_return;
      const bool written = co_await stream.write(std::move(response), true);
      if (!written) co_return;
    }
  }

  void note(const net::HttpRequest& head, std::string body) {
    const std::lock_guard lock(mutex_);
    requests_.push_back({head.method + " " + head.path, std::string(head.header("Content-Type").value_or("")),
                         std::string(head.header("kyutai-api-key").value_or("")), std::move(body)});
  }

  // Of the loop.
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_{io_};
  net::Signal changed_{io_.get_executor()};
  std::vector<std::function<void()>> cutters_;
  unsigned status_ = 200;  ///< 0: it says nothing, 1: it closes
  std::string body_ = voice_message();
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::vector<CloningRequest> requests_;

  std::jthread thread_;
};

CloningServer::CloningServer() : implementation_(std::make_unique<Implementation>()) {}
CloningServer::~CloningServer() = default;

std::string CloningServer::url() const {
  return implementation_->url();
}
void CloningServer::answer(unsigned status, std::string body) {
  implementation_->answer(status, std::move(body));
}
void CloningServer::hang() {
  implementation_->hang();
}
void CloningServer::die() {
  implementation_->die();
}
void CloningServer::refuse() {
  implementation_->refuse();
}
std::vector<CloningRequest> CloningServer::requests() const {
  return implementation_->requests();
}
bool CloningServer::wait_for_requests(std::size_t count) const {
  return eventually([&] { return requests().size() >= count; });
}

}  // namespace unmuted::test
