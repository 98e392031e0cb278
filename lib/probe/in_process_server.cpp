#include "probe/in_process_server.hpp"

#include <utility>

namespace unmuted::probe {

Result<InProcessServer> InProcessServer::start(Config config) {
  config.address = "127.0.0.1";
  config.port = 0;
  auto server = std::make_unique<Server>(std::move(config));
  if (auto started = server->start(); !started) return tl::unexpected(started.error());
  return InProcessServer(std::move(server));
}

std::string InProcessServer::websocket_url() const {
  return "ws" + server_->url().substr(4) + "/v1/realtime";
}

}  // namespace unmuted::probe
