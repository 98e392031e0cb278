#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/asio.hpp"
#include "net/connect.hpp"
#include "net/stream.hpp"
#include "net/url.hpp"

namespace unmuted::net {

/// A connection of an HTTP client to one server.
struct HttpConnection {
  HttpConnection(Stream the_stream, std::shared_ptr<Connector> the_connector, const Url& url)
      : connector(std::move(the_connector)),
        scheme(url.scheme),
        authority(url.authority()),
        stream(std::move(the_stream)),
        keep_until(stream.get_executor()) {}

  [[nodiscard]] bool serves(const std::shared_ptr<Connector>& whose, const Url& url) const {
    return connector == whose && scheme == url.scheme && authority == url.authority();
  }

  /// Of an idle one: the server has neither closed it nor said what nobody asked for.
  [[nodiscard]] bool is_quiet();

  std::shared_ptr<Connector> connector;  ///< whose certificates it was checked with
  std::string scheme, authority;
  Stream stream;
  asio::steady_timer keep_until;  ///< while it is idle
  std::uint64_t number = 0;       ///< of this time of being idle
};

using HttpConnectionPtr = std::unique_ptr<HttpConnection>;

/// The idle connections of one event loop. They end with it, after their time, and when their server closes
/// them or speaks without being asked: with a 408, mostly.
class IdleConnections final : public asio::execution_context::service {
 public:
  using key_type = IdleConnections;
  inline static asio::execution_context::id id;

  explicit IdleConnections(asio::execution_context& context) : service(context) {}

  static IdleConnections& of(const asio::any_io_executor& executor);

  /// The one that was used last, or null.
  HttpConnectionPtr take(const std::shared_ptr<Connector>& whose, const Url& url);

  /// For `time`, and as one of `most` at the most.
  void keep(HttpConnectionPtr connection, Duration time, std::size_t most);

 private:
  void drop(std::uint64_t number);
  void shutdown() noexcept override { idle_.clear(); }

  std::list<HttpConnectionPtr> idle_;  // the one that was used last is the last
  std::uint64_t last_number_ = 0;
};

}  // namespace unmuted::net
