#pragma once

#include <string>

#include "net/http.hpp"
#include "net/stream.hpp"
#include "net/websocket.hpp"

namespace unmuted::net {

/// Answers an upgrade request that was read from `stream` and agrees on `subprotocol` (none when empty).
/// Error: upgrade_failed.
awaitable<Result<WebSocket>> accept_websocket(Stream stream, HttpRequest request, std::string subprotocol,
                                              WebSocketOptions options);

}  // namespace unmuted::net
