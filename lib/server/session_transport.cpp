#include "server/session_transport.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>

#include "core/clock.hpp"
#include "core/utf8.hpp"

namespace unmuted {

using net::awaitable;
using namespace net::asio::experimental::awaitable_operators;

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::client_closed:
      return "client_closed";
    case EndReason::client_gone:
      return "client_gone";
    case EndReason::refused_message:
      return "refused_message";
    case EndReason::slow_reader:
      return "slow_reader";
    case EndReason::idle:
      return "idle";
    case EndReason::said_goodbye:
      return "said_goodbye";
    case EndReason::drained:
      return "drained";
    case EndReason::internal_error:
      return "internal_error";
  }
  return "";
}

SessionTransport::SessionTransport(net::asio::any_io_executor executor, net::WebSocket websocket,
                                   const SessionEnvironment& environment,
                                   std::shared_ptr<events::Dialect> dialect, std::string id,
                                   CharacterSetPtr cast, Peer peer)
    : executor_(std::move(executor)),
      websocket_(std::move(websocket)),
      environment_(environment),
      session_(executor_, environment, std::move(dialect), std::move(id), std::move(cast), peer),
      wrote_all_(executor_) {
  websocket_.on_abuse([this](std::uint16_t code, std::string_view why) {
    abused_ = true;
    refuse(code, why);
  });
}

awaitable<EndReason> SessionTransport::run() {
  co_await (read() && execute() && write() && guard() && end_when_idle());
  co_return reason_;
}

void SessionTransport::leave(Leave how) {
  auto leave = [weak = weak_from_this(), how] {
    if (const auto self = weak.lock()) self->leave_here(how);
  };
  net::asio::post(executor_, std::move(leave));
}

awaitable<void> SessionTransport::read() {
  while (true) {
    co_await session_.input_wanted();
    auto message = co_await websocket_.read();
    if (!message) {
      ended_by(message.error());
      break;
    }
    try {
      receive(*message);
    } catch (const std::exception& bug) {
      internal_error(bug);
    }
  }
  session_.end();
}

void SessionTransport::receive(const net::Message& message) {
  if (message.binary) {
    session_.receive_binary(message.payload, message.pieces);
  } else {
    session_.receive(message.payload, message.pieces);
  }
}

/// The client cannot be read any more as it is, and must be closed while the reader waits.
void SessionTransport::refuse(std::uint16_t code, std::string_view why) {
  if (session_.ended()) return;
  reason_ = EndReason::refused_message;
  session_.end_reply_and_close({code, std::string(why)});
}

void SessionTransport::ended_by(const net::Closed& closed) {
  if (session_.ended()) return;  // we closed it, and know why
  reason_ = closed.orderly ? EndReason::client_closed : EndReason::client_gone;
  if (closed.must_close) refuse(closed.code, closed.reason);
}

awaitable<void> SessionTransport::execute() {
  try {
    co_await session_.execute();
  } catch (const std::exception& bug) {
    internal_error(bug);
  }
}

awaitable<void> SessionTransport::write() {
  while (true) {
    const Outbox::Frame frame = co_await session_.next_frame();
    if (const auto* close = std::get_if<CloseFrame>(&frame)) {
      co_await websocket_.close(close->code, close->reason);
      break;
    }
    const bool written = co_await websocket_.write(std::get<std::string>(frame));
    if (!written) break;
  }
  websocket_.abort();  // the reader, if it still waits, has nothing to wait for
  written_ = true;
  wrote_all_.notify();
}

/// Ends a client that does not read: first with a word, then, as with any that abuses the server, soon
/// without. Whatever else has ended the session, its last words have as long to be read as others.
awaitable<void> SessionTransport::guard() {
  std::chrono::milliseconds patience = environment_.slow_reader;
  co_await session_.watch_slow_reader();
  if (!session_.ended()) {
    reason_ = EndReason::slow_reader;
    environment_.metrics.force_disconnects.Increment();
    session_.give_up_on_reader();
    abused_ = true;
  }
  if (abused_) patience = std::min(patience, std::chrono::milliseconds(1'000));
  const TimePoint deadline = Clock::now() + patience;
  while (!written_ && Clock::now() < deadline) co_await wrote_all_.wait_until(deadline);
  if (!written_) websocket_.abort();
}

awaitable<void> SessionTransport::end_when_idle() {
  co_await session_.watch_idle();
  if (session_.ended()) co_return;
  reason_ = EndReason::idle;
  session_.close({1000, "nothing happened for too long"});
}

void SessionTransport::leave_here(Leave how) {
  if (!session_.ended()) reason_ = EndReason::drained;
  const CloseFrame going_away{1001, "the server is shutting down"};
  switch (how) {
    case Leave::after_reply:
      return session_.close_after_reply(going_away);
    case Leave::now:
      return session_.end_reply_and_close(going_away);
    case Leave::cut:
      return websocket_.abort();
  }
}

void SessionTransport::internal_error(const std::exception& bug) {
  environment_.log->error("session {} internal_error what={}", session_.id(), printable(bug.what()));
  environment_.metrics.hard_errors.Increment();
  reason_ = EndReason::internal_error;
  session_.close({1011, "internal error"});
}

}  // namespace unmuted
