#include "probe/connection.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace unmuted::probe {
namespace {

// A server may send more than it accepts; past this the connection is cut.
constexpr std::size_t max_received = 64U << 20U;
constexpr std::size_t max_remembered_ids = 100'000;

}  // namespace

Connection::Connection(const net::asio::any_io_executor& executor)
    : executor_(executor), changed_(executor) {}

net::awaitable<Result<void>> Connection::open(std::string url, net::ConnectOptions options) {
  options.websocket.max_message = max_received;
  options.websocket.ping_interval = {};  // whether a quiet peer is noticed is the server's to show
  auto socket = co_await net::connect_websocket(std::move(url), std::move(options));
  if (!socket) co_return tl::unexpected(socket.error());
  socket_.emplace(std::move(*socket));
  last_sent_ = Clock::now();
  net::asio::co_spawn(executor_, read_all(shared_from_this()), net::asio::detached);
  if (gave_up_) vanish();
  co_return Result<void>();
}

net::awaitable<void> Connection::read_all(std::shared_ptr<Connection> self) {
  while (true) {
    auto message = co_await self->socket_->read();
    if (!message) {
      if (message.error().must_close) self->socket_->abort();
      self->closed_ = std::move(message.error());
      self->changed_.notify_all();
      co_return;
    }
    Event event{decode(*message), Clock::now()};
    if (self->listener_) self->listener_(event);
    if (!self->events_.push(std::move(event))) self->socket_->abort();
    self->changed_.notify_all();
  }
}

/// What is no JSON object is shown as one, so that a scenario can speak of it.
Json Connection::decode(const net::Message& message) {
  if (message.binary) return {{"binary_bytes", message.payload.size()}};
  Json event = Json::parse(message.payload, nullptr, false);
  if (event.is_object()) return event;
  return {{"not_an_object", message.payload}};
}

net::awaitable<Result<void>> Connection::send(std::string payload, bool binary, TimePoint deadline) {
  const bool may_write = co_await begin_writing(deadline);
  if (!may_write) co_return fail("connection_closed", "the connection has ended");
  if (!binary) note_sent(payload);
  co_return co_await write(std::move(payload), binary, deadline);
}

net::awaitable<Result<void>> Connection::stream(std::string payload, TimePoint deadline) {
  const bool may_write = co_await begin_writing(deadline);
  if (!may_write) co_return fail("connection_closed", "the connection has ended");
  co_return co_await write(std::move(payload), false, deadline);
}

net::awaitable<Result<void>> Connection::write(std::string payload, bool binary, TimePoint deadline) {
  net::asio::steady_timer watchdog(executor_, deadline);
  const auto late = std::make_shared<bool>(false);
  const auto abort_when_late = [self = shared_from_this(), late](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    *late = true;
    self->socket_->abort();
  };
  watchdog.async_wait(abort_when_late);
  const bool written = co_await socket_->write(payload, binary);
  watchdog.cancel();
  end_writing();
  if (*late) co_return fail("send_timeout", "the peer took nothing of the message in time");
  if (!written) co_return fail("connection_closed", "the connection has ended");
  co_return Result<void>();
}

net::awaitable<void> Connection::close(std::uint16_t code, std::string reason, TimePoint deadline) {
  const bool may_write = co_await begin_writing(deadline);
  if (!may_write) co_return;
  co_await socket_->close(code, reason);
  end_writing();
}

void Connection::vanish() {
  if (socket_ && !closed_) socket_->abort();
}

net::awaitable<std::optional<Event>> Connection::expect(Pattern pattern, TimePoint deadline) {
  while (true) {
    if (auto event = events_.take_match(pattern)) co_return event;
    if (closed_ || over(deadline)) co_return std::nullopt;
    co_await changed_.wait(deadline);
  }
}

net::awaitable<std::vector<Pattern>> Connection::expect_all(std::vector<Pattern> patterns,
                                                            TimePoint deadline) {
  while (true) {
    std::erase_if(patterns,
                  [this](const Pattern& pattern) { return events_.take_match(pattern).has_value(); });
    if (patterns.empty() || closed_ || over(deadline)) co_return patterns;
    co_await changed_.wait(deadline);
  }
}

net::awaitable<std::optional<Event>> Connection::next(TimePoint deadline) {
  while (true) {
    if (auto event = events_.take_next()) co_return event;
    if (closed_ || over(deadline)) co_return std::nullopt;
    co_await changed_.wait(deadline);
  }
}

net::awaitable<std::optional<net::Closed>> Connection::ended(TimePoint deadline) {
  while (!closed_ && !over(deadline)) co_await changed_.wait(deadline);
  co_return closed_;
}

void Connection::give_up() {
  gave_up_ = true;
  changed_.notify_all();
}

std::string Connection::subprotocol() const {
  return socket_ ? socket_->subprotocol() : std::string();
}

TimePoint Connection::asked_at(const Json& answer) const {
  const auto id = answer.find("request_id");
  if (id == answer.end() || !id->is_string()) return last_sent_;
  const auto sent = sent_by_id_.find(id->get<std::string>());
  return sent == sent_by_id_.end() ? last_sent_ : sent->second;
}

bool Connection::over(TimePoint deadline) const {
  return gave_up_ || Clock::now() >= deadline;
}

net::awaitable<bool> Connection::begin_writing(TimePoint deadline) {
  while (writing_ && !closed_ && !over(deadline)) co_await changed_.wait(deadline);
  if (!socket_ || writing_ || closed_ || over(deadline)) co_return false;
  writing_ = true;
  co_return true;
}

void Connection::end_writing() {
  writing_ = false;
  changed_.notify_all();
}

void Connection::note_sent(const std::string& payload) {
  last_sent_ = Clock::now();
  const Json event = Json::parse(payload, nullptr, false);
  if (!event.is_object() || sent_by_id_.size() >= max_remembered_ids) return;
  const auto id = event.find("event_id");
  if (id != event.end() && id->is_string()) sent_by_id_[id->get<std::string>()] = last_sent_;
}

}  // namespace unmuted::probe
