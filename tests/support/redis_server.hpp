#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::test {

/// A Redis server of a test's own, on a free port of this machine, that writes nothing down.
class RedisServer {
 public:
  explicit RedisServer(std::string password = {}) : password_(std::move(password)) {
    for (int attempt = 0; attempt < 5 && !runs_; ++attempt) {
      port_ = free_port();
      start();
    }
    EXPECT_TRUE(runs_) << process_->out() << process_->err();
  }

  [[nodiscard]] std::string url() const {
    const std::string credentials = password_.empty() ? "" : ":" + password_ + "@";
    return "redis://" + credentials + "127.0.0.1:" + std::to_string(port_);
  }

  /// On the port that it has.
  void start() {
    std::vector<std::string> arguments{
        "/usr/bin/redis-server", "--bind", "127.0.0.1", "--port",      std::to_string(port_), "--save", "",
        "--appendonly",          "no",     "--dir",     folder_.path()};
    if (!password_.empty()) {
      arguments.emplace_back("--requirepass");
      arguments.push_back(password_);
    }
    process_.emplace(arguments);
    runs_ = process_->wait_for("Ready to accept connections");
  }
  void die() {
    process_->signal(SIGKILL);
    process_->finish();
  }
  /// It answers nobody, until it goes on.
  void freeze() const { process_->signal(SIGSTOP); }
  void go_on() const { process_->signal(SIGCONT); }

 private:
  static std::uint16_t free_port() {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    const tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
    return acceptor.local_endpoint().port();
  }

  const std::string password_;
  const TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  bool runs_ = false;
  std::optional<Process> process_;
};

}  // namespace unmuted::test
