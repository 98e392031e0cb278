#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "net/http.hpp"
#include "net/websocket.hpp"

namespace unmuted::net {

/// Answers an upgrade request that was read from `socket` and agrees on `subprotocol` (none when empty).
/// Error: upgrade_failed.
awaitable<Result<WebSocket>> accept_websocket(asio::ip::tcp::socket socket, HttpRequest request,
                                              std::string subprotocol, WebSocketOptions options);

}  // namespace unmuted::net
