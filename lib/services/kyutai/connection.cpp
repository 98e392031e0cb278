#include "services/kyutai/connection.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace unmuted::kyutai {

using boost::system::error_code;
using net::awaitable;

Connection::Connection(const net::asio::any_io_executor& executor, net::WebSocket socket,
                       Duration close_patience)
    : executor_(executor),
      socket_(std::move(socket)),
      close_patience_(close_patience),
      wake_(executor),
      limit_(executor) {}

void Connection::open(const std::shared_ptr<Connection>& self) {
  net::asio::co_spawn(self->executor_, write(self), net::asio::detached);
}

void Connection::send(std::string message) {
  if (left_) return;
  unsent_.push_back(std::move(message));
  wake_.notify();
}

awaitable<void> Connection::write(std::shared_ptr<Connection> self) {
  bool open = true;
  while (open && !self->left_) {
    if (self->unsent_.empty()) {
      co_await self->wake_.wait();
      continue;
    }
    const std::string message = std::move(self->unsent_.front());
    self->unsent_.pop_front();
    open = co_await self->socket_.write(message, true);
  }
  if (open) co_await self->socket_.close(1000, "");
  self->socket_.abort();
  self->stay();
}

awaitable<tl::expected<Message, ConnectionEnd>> Connection::read(std::shared_ptr<Connection> self) {
  auto message = co_await self->socket_.read();
  if (!message) {
    const net::Closed& end = message.error();
    std::string cause = "it closed the connection";
    if (!end.orderly) cause = "the connection was lost (" + end.reason + ")";
    if (end.orderly && !end.reason.empty()) cause += " (" + end.reason + ")";
    const bool normal = end.code == 1000 || end.code == 1005;  // 1005: moshi-server gives no code
    co_return tl::unexpected(ConnectionEnd{end.orderly && normal, std::move(cause)});
  }
  auto read = read_message(message->payload);
  if (!read || !message->binary) {
    co_return tl::unexpected(ConnectionEnd{false, "it sent what is no message of its protocol"});
  }
  co_return std::move(*read);
}

void Connection::leave() {
  if (std::exchange(left_, true)) return;
  unsent_.clear();
  wake_.notify();
  limit_.expires_after(close_patience_);
  limit_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && self->limit_.expiry() <= Clock::now()) self->socket_.abort();
  });
}

void Connection::leave_at(TimePoint time) {
  limit_.expires_at(time);
  limit_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && self->limit_.expiry() <= Clock::now()) self->leave();
  });
}

}  // namespace unmuted::kyutai
