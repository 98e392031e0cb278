#include "net/idle_connections.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/execution/context_as.hpp>
#include <boost/asio/query.hpp>

#include "core/clock.hpp"

namespace unmuted::net {

using asio::ip::tcp;
using boost::system::error_code;

bool HttpConnection::is_quiet() {
  char byte = 0;
  const ssize_t count = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

IdleConnections& IdleConnections::of(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  return asio::use_service<IdleConnections>(context);
}

HttpConnectionPtr IdleConnections::take(const std::shared_ptr<Connector>& whose, const Url& url) {
  // The loop may not have come to what ends them.
  const TimePoint now = Clock::now();
  std::erase_if(idle_, [&](const HttpConnectionPtr& connection) {
    return connection->keep_until.expiry() <= now || !connection->is_quiet();
  });
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const HttpConnectionPtr& connection) {
    return connection->serves(whose, url);
  });
  if (found == idle_.rend()) return nullptr;
  HttpConnectionPtr connection = std::move(*found);
  idle_.erase(std::next(found).base());
  connection->keep_until.cancel();
  error_code ignored;
  connection->stream.socket().cancel(ignored);
  return connection;
}

void IdleConnections::keep(HttpConnectionPtr connection, Duration time, std::size_t most) {
  connection->stream.expires_never();
  connection->number = ++last_number_;
  connection->keep_until.expires_after(time);
  auto end = [this, number = connection->number](const error_code&) { drop(number); };
  connection->keep_until.async_wait(end);
  connection->stream.socket().async_wait(tcp::socket::wait_read, end);
  idle_.push_back(std::move(connection));
  while (idle_.size() > most) idle_.pop_front();
}

/// None has the number when it was taken meanwhile.
void IdleConnections::drop(std::uint64_t number) {
  std::erase_if(idle_, [&](const HttpConnectionPtr& connection) { return connection->number == number; });
}

}  // namespace unmuted::net
