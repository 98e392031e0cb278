#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>
#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/connect.hpp"
#include "net/signal.hpp"
#include "net/url.hpp"
#include "services/kyutai/connection.hpp"
#include "services/kyutai/service.hpp"

namespace unmuted::kyutai {

/// One of the places that a service has, from the search for it to its end. Lives on the thread of its
/// executor; owned by whoever uses it and by the coroutine under way. It is given back by leave(), whatever
/// it is doing.
class Place {
 public:
  /// `query`: of the request, with its "?"; may be empty.
  Place(net::asio::any_io_executor executor, std::shared_ptr<const Service> service,
        const std::string& query);

  /// Finds one, at any of the addresses of the host, and again after a pause where there is none. Errors:
  /// service_at_capacity, service_unavailable. Once. `self` is kept meanwhile, as in read().
  static net::awaitable<Result<void>> take(std::shared_ptr<Place> self);

  /// A message for the service: waits until there is a place.
  void send(std::string message);
  /// The same, before all that waits.
  void send_first(std::string message);

  /// The next message, after take().
  static net::awaitable<tl::expected<Message, ConnectionEnd>> read(std::shared_ptr<Place> self);

  /// It is not needed any more: what is under way ends with an error, and the connection is closed.
  void leave();

 private:
  using Found = tl::expected<void, Miss>;

  net::awaitable<Found> search();
  net::awaitable<Found> try_at(net::asio::ip::address address, TimePoint deadline);
  net::awaitable<Found> become_ready(TimePoint deadline);
  net::awaitable<void> rest(Duration pause);
  [[nodiscard]] tl::unexpected<Miss> miss(std::string cause, TimePoint deadline) const;
  void measure(const Found& found, Duration time) const;

  const net::asio::any_io_executor executor_;
  const std::shared_ptr<const Service> service_;
  const net::Url url_;
  std::deque<std::string> unsent_;  ///< until there is a place
  bool ready_ = false;              ///< there is one
  bool left_ = false;

  // What is under way, of these at most one.
  std::optional<net::Connecting> connecting_;
  std::function<void()> cut_upgrade_;
  std::shared_ptr<Connection> connection_;
  net::Signal pause_;
};

}  // namespace unmuted::kyutai
