#include "services/kyutai/place.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

#include "core/utf8.hpp"
#include "net/websocket.hpp"

namespace unmuted::kyutai {

using net::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr int most_searches = 5;
constexpr std::size_t most_addresses = 3;
constexpr int most_strays = 10;  ///< messages before Ready: of whoever had the place before
constexpr std::size_t longest_cause = 300;

/// Several serve alike: each is asked first now and then.
void shuffle(net::Addresses& addresses) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::shuffle(addresses.begin(), addresses.end(), random);
}

net::Url with_query(net::Url url, const std::string& query) {
  url.target += query;
  return url;
}

}  // namespace

Place::Place(net::asio::any_io_executor executor, std::shared_ptr<const Service> service,
             const std::string& query)
    : executor_(std::move(executor)),
      service_(std::move(service)),
      url_(with_query(service_->url, query)),
      pause_(executor_) {}

void Place::send_first(std::string message) {
  if (!left_) unsent_.push_front(std::move(message));
}

void Place::send(std::string message) {
  if (left_) return;
  if (ready_) {
    connection_->send(std::move(message));
  } else {
    unsent_.push_back(std::move(message));
  }
}

awaitable<tl::expected<Message, ConnectionEnd>> Place::read(std::shared_ptr<Place> self) {
  co_return co_await Connection::read(self->connection_);
}

void Place::leave() {
  if (std::exchange(left_, true)) return;
  unsent_.clear();
  pause_.notify();
  if (connecting_) connecting_->abort();
  if (cut_upgrade_) cut_upgrade_();
  if (connection_) connection_->leave();
}

awaitable<Result<void>> Place::take(std::shared_ptr<Place> self) {
  const TimePoint began = Clock::now();
  const Service& service = *self->service_;
  Duration pause = service.options.capacity_pause;
  for (int searches = 1;; ++searches) {
    const Found found = co_await self->search();
    if (self->left_) co_return fail("service_unavailable", "The place was given up");
    if (found) break;
    const Miss& miss = found.error();
    const bool full = miss.kind == Miss::Kind::full;
    (full ? service.metrics.service_misses : service.metrics.hard_service_misses).Increment();
    // Who is silent has had its time already.
    if (miss.kind == Miss::Kind::silent || searches == most_searches)
      co_return tl::unexpected(service.error(miss));
    co_await self->rest(pause);
    pause = pause * 3 / 2;
  }
  service.kind.find_time.Observe(to_seconds(Clock::now() - began));
  co_return Result<void>{};
}

awaitable<void> Place::rest(Duration pause) {
  const TimePoint end = Clock::now() + pause;
  while (!left_ && Clock::now() < end) co_await pause_.wait_until(end);
}

/// Of several failures, that the service is full says most: the others may be of addresses that are never
/// used.
awaitable<Place::Found> Place::search() {
  if (left_) co_return miss("given up", TimePoint::max());
  const TimePoint lookup_end = Clock::now() + service_->options.search_patience;
  connecting_.emplace(executor_, service_->connector, url_);
  auto addresses = co_await connecting_->look_up(lookup_end);
  connecting_.reset();
  if (!addresses) co_return miss(addresses.error().message, lookup_end);
  shuffle(*addresses);
  if (addresses->size() > most_addresses) addresses->resize(most_addresses);
  Found found = miss("it has no address", TimePoint::max());
  bool full = false;
  for (const net::asio::ip::address& address : *addresses) {
    if (left_) break;
    const TimePoint began = Clock::now();
    const TimePoint deadline = began + service_->options.search_patience / addresses->size();
    Found here = co_await try_at(address, deadline);
    measure(here, Clock::now() - began);
    if (here) co_return here;
    if (!full) found = here;
    full = full || here.error().kind == Miss::Kind::full;
  }
  if (!full) service_->connector->forget(url_.host);
  co_return found;
}

void Place::measure(const Found& found, Duration time) const {
  if (found || found.error().kind == Miss::Kind::full) service_->kind.ping_time.Observe(to_seconds(time));
}

awaitable<Place::Found> Place::try_at(net::asio::ip::address address, TimePoint deadline) {
  connecting_.emplace(executor_, service_->connector, url_);
  auto stream = co_await connecting_->connect_to(address, deadline);
  connecting_.reset();
  if (!stream) co_return miss(stream.error().message, deadline);
  if (left_) co_return miss("given up", deadline);

  net::ConnectOptions options;
  options.headers.emplace_back("kyutai-api-key", service_->options.api_key);
  // Never before the deadline: who is silent until then is not asked again.
  const auto time_left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  options.websocket.handshake_timeout = std::max(time_left, milliseconds(1));
  cut_upgrade_ = stream->cutter();
  auto upgraded = co_await net::begin_websocket(std::move(*stream), url_, std::move(options));
  cut_upgrade_ = nullptr;
  if (!upgraded) co_return miss(upgraded.error().message, deadline);
  connection_ =
      std::make_shared<Connection>(executor_, std::move(*upgraded), service_->options.close_patience);
  Connection::open(connection_);
  if (left_) connection_->leave();
  auto found = co_await become_ready(deadline);
  ready_ = found.has_value();
  if (ready_) {
    for (std::string& message : std::exchange(unsent_, {})) connection_->send(std::move(message));
  } else {
    std::exchange(connection_, nullptr)->leave();
  }
  co_return found;
}

awaitable<Place::Found> Place::become_ready(TimePoint deadline) {
  const std::shared_ptr<Connection> connection = connection_;
  connection->leave_at(deadline);
  for (int i = 0; i <= most_strays; ++i) {
    const auto message = co_await Connection::read(connection);
    if (connection->left()) co_return miss("it gave no place in time", deadline);
    if (!message) co_return miss(message.error().cause, deadline);
    if (const auto* error = std::get_if<ServiceError>(&*message)) {
      const auto kind = error->says_full() ? Miss::Kind::full : Miss::Kind::failed;
      co_return tl::unexpected(
          Miss{kind, "it says \"" + shorten(printable(error->message), longest_cause) + "\""});
    }
    if (std::holds_alternative<Ready>(*message)) {
      connection->stay();
      co_return Found{};
    }
  }
  co_return miss("it speaks to somebody else", TimePoint::max());
}

tl::unexpected<Miss> Place::miss(std::string cause, TimePoint deadline) const {
  const bool late = Clock::now() >= deadline;
  return tl::unexpected(Miss{late ? Miss::Kind::silent : Miss::Kind::failed, std::move(cause)});
}

}  // namespace unmuted::kyutai
