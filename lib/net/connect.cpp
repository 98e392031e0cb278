#include "net/connect.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/error.hpp>

namespace unmuted::net {

namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_addresses = 3;

}  // namespace

Connector::Connector(ConnectorOptions options, TlsContextPtr authorities)
    : options_(std::move(options)), authorities_(std::move(authorities)), names_(options_.names) {}

Result<std::shared_ptr<Connector>> Connector::create(ConnectorOptions options) {
  Result<TlsContextPtr> authorities = nullptr;
  if (options.tls) authorities = trusted_authorities(options.ca_file);
  if (!authorities) return tl::unexpected(authorities.error());
  return std::shared_ptr<Connector>(new Connector(std::move(options), std::move(*authorities)));
}

awaitable<Result<Stream>> Connector::connect(Url url, TimePoint deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Connecting connecting(executor, shared_from_this(), std::move(url));
  co_return co_await connecting.run(deadline);
}

Connecting::Connecting(asio::any_io_executor executor, std::shared_ptr<Connector> connector, Url url)
    : executor_(std::move(executor)),
      connector_(std::move(connector)),
      url_(std::move(url)),
      stream_(tcp::socket(executor_)) {}

void Connector::forget(const std::string& host) {
  names_.forget(host);
}

awaitable<Result<Stream>> Connecting::run(TimePoint deadline) {
  auto addresses = co_await look_up(deadline);
  if (!addresses) co_return tl::unexpected(addresses.error());
  if (addresses->size() > max_addresses) addresses->resize(max_addresses);
  Result<void> connected = fail("connect_failed", "Cannot find " + url_.host + ": it has no address");
  for (const asio::ip::address& address : *addresses) {
    connected = co_await reach(address, deadline);
    if (connected || aborted_) break;
  }
  if (!connected && !aborted_) connector_->forget(url_.host);
  if (connected && url_.is_secure()) connected = co_await encrypt(deadline);
  if (!connected) co_return tl::unexpected(connected.error());
  co_return std::move(stream_);
}

awaitable<Result<Stream>> Connecting::connect_to(asio::ip::address address, TimePoint deadline) {
  Result<void> connected = co_await reach(address, deadline);
  if (connected && url_.is_secure()) connected = co_await encrypt(deadline);
  if (!connected) co_return tl::unexpected(connected.error());
  co_return std::move(stream_);
}

awaitable<Result<Addresses>> Connecting::look_up(TimePoint deadline) {
  error_code no_address;
  const auto address = asio::ip::make_address(url_.host, no_address);
  if (!no_address) co_return Addresses{address};
  const TimePoint until = std::min(deadline, Clock::now() + connector_->options_.lookup_timeout);
  name_ = connector_->names_.ask(executor_, url_.host);
  while (!name_->answer && !aborted_ && Clock::now() < until) co_await name_->changed.wait_until(until);
  if (name_->answer && !aborted_) co_return *name_->answer;
  co_return fail("connect_failed", "Cannot find " + url_.host + ": no answer in time");
}

awaitable<Result<void>> Connecting::reach(asio::ip::address address, TimePoint deadline) {
  const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(std::stoul(url_.port)));
  stream_.close();  // an attempt at another address was made
  stream_.expires_at(soon(deadline));
  const auto [failure] = co_await stream_.socket().async_connect(endpoint, as_result);
  const error_code error = stream_.ended(failure);
  if (error || aborted_) {
    const std::string cause = error == beast::error::timeout ? "no answer in time" : error.message();
    co_return fail("connect_failed", "Cannot connect to " + url_.authority() + ": " + cause);
  }
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  co_return Result<void>{};
}

awaitable<Result<void>> Connecting::encrypt(TimePoint deadline) {
  if (!connector_->authorities_) co_return fail("tls_failed", "Only connections in clear are made here");
  stream_.expires_at(soon(deadline));
  const auto secured = co_await stream_.connect_tls(connector_->authorities_, url_.host);
  if (secured && !aborted_) co_return Result<void>{};
  const std::string cause = secured ? "given up" : secured.error();
  co_return fail("tls_failed", "No secure connection to " + url_.authority() + ": " + cause);
}

TimePoint Connecting::soon(TimePoint deadline) const {
  return std::min(deadline, Clock::now() + connector_->options_.connect_timeout);
}

void Connecting::abort() {
  aborted_ = true;
  if (name_) name_->changed.notify();
  stream_.close();
}

}  // namespace unmuted::net
