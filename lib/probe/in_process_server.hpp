#pragma once

#include <memory>
#include <string>

#include "server/server.hpp"

namespace unmuted::probe {

/// A server inside this process, on a free port of the loopback address, with threads of its own. It ends
/// with this object.
class InProcessServer {
 public:
  /// Address and port of `config` are ignored. Errors: those of Server::start.
  static Result<InProcessServer> start(Config config);

  [[nodiscard]] std::string http_url() const { return server_->url(); }  ///< "http://127.0.0.1:40001"
  [[nodiscard]] std::string websocket_url() const;  ///< "ws://127.0.0.1:40001/v1/realtime", with TLS wss
  [[nodiscard]] Server& server() const { return *server_; }

 private:
  explicit InProcessServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}

  std::unique_ptr<Server> server_;
};

}  // namespace unmuted::probe
