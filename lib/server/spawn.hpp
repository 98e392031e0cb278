#pragma once

#include "net/asio.hpp"

namespace unmuted {

struct ServerContext;

/// Runs a connection's coroutine on that executor. Its end is nobody's concern but for its bugs, which are
/// logged and counted. Any thread.
void spawn(net::asio::any_io_executor executor, net::awaitable<void> connection, ServerContext& context);

}  // namespace unmuted
