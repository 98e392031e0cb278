#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/asio.hpp"
#include "server/context.hpp"

namespace unmuted {

/// Serves one TCP connection to its end: HTTP requests, until one becomes a session. Runs on the thread of
/// the socket's executor. Throws what is a bug; the socket is closed all the same.
net::awaitable<void> serve_connection(net::asio::ip::tcp::socket socket, ServerContext& context);

}  // namespace unmuted
