#include "server/listener.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "server/connection.hpp"
#include "server/log_limit.hpp"

namespace unmuted {

namespace asio = net::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<tcp::acceptor> listen_on(asio::io_context& io, const std::string& address, std::uint16_t port) {
  const std::string where = address + ":" + std::to_string(port);
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return fail("invalid_address", "Not an IP address to listen on: " + printable(address));
  const tcp::endpoint endpoint(ip, port);
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  // Handed on to what is accepted. The system's own would let megabytes of each connection wait in the kernel
  // for a client that does not read, and be copied there before anybody notices.
  if (!error) acceptor.set_option(asio::socket_base::send_buffer_size(64 << 10), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return fail("address_in_use",
                where + " is in use: stop what listens there, or choose another port with --listen");
  }
  if (error) return fail("invalid_address", "Cannot listen on " + where + ": " + error.message());
  return acceptor;
}

net::awaitable<void> accept_connections(tcp::acceptor& acceptor, ServerContext& context) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  LogLimit failure_lines(std::chrono::seconds(10));
  const std::size_t threads = context.threads.size();
  for (std::size_t next = 0;; next = (next + 1) % threads) {
    auto [error, socket] = co_await acceptor.async_accept(*context.threads[next], net::as_result);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {
      // Out of descriptors, most likely: somebody makes room for those who wait.
      if (const auto others = failure_lines.due(Clock::now())) {
        context.log->error("accept_failed error={} others={}", error.message(), *others);
      }
      const bool made_room = context.connections.make_room();
      pause.expires_after(std::chrono::milliseconds(made_room ? 5 : 100));
      co_await pause.async_wait(net::as_result);
      continue;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    serve_connection(std::move(socket), context);
  }
}

}  // namespace unmuted
