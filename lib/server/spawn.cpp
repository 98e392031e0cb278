#include "server/spawn.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "core/utf8.hpp"
#include "server/context.hpp"

namespace unmuted {

void spawn(net::asio::any_io_executor executor, net::awaitable<void> connection, ServerContext& context) {
  auto ended = [&context](const std::exception_ptr& bug) {
    if (!bug) return;
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& e) {
      context.log->error("connection internal_error what={}", printable(e.what()));
      context.environment.metrics.hard_errors.Increment();
    }
  };
  net::asio::co_spawn(std::move(executor), std::move(connection), std::move(ended));
}

}  // namespace unmuted
