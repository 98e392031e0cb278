#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/result.hpp"
#include "net/asio.hpp"
#include "server/context.hpp"

namespace unmuted {

/// Binds and listens. Errors: address_in_use, invalid_address (not an IP address, or not one of this
/// machine).
Result<net::asio::ip::tcp::acceptor> listen_on(net::asio::io_context& io, const std::string& address,
                                               std::uint16_t port);

/// Accepts until the acceptor is closed and serves each connection on the next network thread in turn:
/// requests are short. Those that become sessions go where there are fewest.
net::awaitable<void> accept_connections(net::asio::ip::tcp::acceptor& acceptor, ServerContext& context);

}  // namespace unmuted
