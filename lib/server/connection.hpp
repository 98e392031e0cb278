#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/asio.hpp"

namespace unmuted {

struct ServerContext;

/// Serves one TCP connection to its end, in a coroutine on the thread of the socket's executor: HTTP
/// requests, until one becomes a session, which lives on the thread that has the fewest. Closes it at once
/// when there is no place for it.
void serve_connection(net::asio::ip::tcp::socket socket, ServerContext& context);

}  // namespace unmuted
