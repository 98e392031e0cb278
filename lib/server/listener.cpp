#include "server/listener.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/utf8.hpp"
#include "server/connection.hpp"

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
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return fail("address_in_use",
                where + " is in use: stop what listens there, or choose another port with --listen");
  }
  if (error) return fail("invalid_address", "Cannot listen on " + where + ": " + error.message());
  return acceptor;
}

namespace {

/// Connections that are no sessions — requests under way, upgrades — may be this many on top of the sessions.
constexpr std::size_t spare_connections = 1024;

void serve(tcp::socket socket, asio::io_context& thread, ServerContext& context) {
  context.connections.fetch_add(1);
  auto done = [&context](const std::exception_ptr& bug) {
    context.connections.fetch_sub(1);
    if (!bug) return;
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& e) {
      context.log->error("connection internal_error what={}", printable(e.what()));
      context.environment.metrics.hard_errors.Increment();
    }
  };
  asio::co_spawn(thread, serve_connection(std::move(socket), context), std::move(done));
}

}  // namespace

net::awaitable<void> accept_connections(tcp::acceptor& acceptor,
                                        const std::vector<asio::io_context*>& threads,
                                        ServerContext& context) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  for (std::size_t next = 0;; next = (next + 1) % threads.size()) {
    asio::io_context& thread = *threads[next];
    auto [error, socket] = co_await acceptor.async_accept(thread, net::as_result);
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {
      // Out of descriptors, most likely: those who wait are served when others have gone.
      context.log->error("accept_failed error={}", error.message());
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(net::as_result);
      continue;
    }
    if (context.connections.load() >= context.config.max_sessions + spare_connections) continue;  // closes it
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    serve(std::move(socket), thread, context);
  }
}

}  // namespace unmuted
