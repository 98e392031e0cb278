#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/name_lookup.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace unmuted::net {

struct ConnectorOptions {
  bool tls = true;      ///< false: connects in clear only, and spares reading the system's certificates
  std::string ca_file;  ///< PEM certificates to trust besides the system's; none when empty
  std::chrono::milliseconds lookup_timeout{15'000};  ///< for the name
  std::chrono::milliseconds connect_timeout{2'000};  ///< for each of up to three addresses, and for TLS
  NameLookupOptions names;
};

/// Connects to servers: in clear for http and ws, over TLS for https and wss. Any thread.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  /// Reads the certificates. Error: invalid_configuration.
  static Result<std::shared_ptr<Connector>> create(ConnectorOptions options = {});

  /// Resumes on the caller's thread, at `deadline` at the latest. Errors: connect_failed (look-up and TCP),
  /// tls_failed. Messages name host and cause.
  awaitable<Result<Stream>> connect(Url url, TimePoint deadline);

  /// None of the addresses of `host` was any good: whoever connects next looks it up again.
  void forget(const std::string& host);

 private:
  friend class Connecting;
  Connector(ConnectorOptions options, TlsContextPtr authorities);

  const ConnectorOptions options_;
  const TlsContextPtr authorities_;
  NameLookup names_;
};

/// A connection that is being made, for whoever wants to end that early. Lives on the thread of its executor,
/// and longer than what it is asked to do: one thing, once.
class Connecting {
 public:
  Connecting(asio::any_io_executor executor, std::shared_ptr<Connector> connector, Url url);

  /// As Connector::connect().
  awaitable<Result<Stream>> run(TimePoint deadline);

  /// The addresses that the host has, in the system's order: for whoever tries them with a measure of its
  /// own. Error: connect_failed.
  awaitable<Result<Addresses>> look_up(TimePoint deadline);
  /// A connection to this address of the host's. Errors as those of Connector::connect().
  awaitable<Result<Stream>> connect_to(asio::ip::address address, TimePoint deadline);

  /// What is under way ends with an error.
  void abort();

 private:
  awaitable<Result<void>> reach(asio::ip::address address, TimePoint deadline);
  awaitable<Result<void>> encrypt(TimePoint deadline);
  [[nodiscard]] TimePoint soon(TimePoint deadline) const;

  const asio::any_io_executor executor_;
  const std::shared_ptr<Connector> connector_;
  const Url url_;
  Stream stream_;
  std::shared_ptr<NameLookup::Question> name_;
  bool aborted_ = false;
};

}  // namespace unmuted::net
