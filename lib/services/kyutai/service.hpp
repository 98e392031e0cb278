#pragma once

#include <memory>
#include <string>

#include "metrics/metrics.hpp"
#include "net/connect.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"
#include "services/kyutai/kyutai_speech.hpp"

namespace unmuted::kyutai {

/// What distinguishes the two services, besides what is said to them.
struct Kind {
  const char* name;  ///< for people
  const char* path;  ///< of its WebSocket, behind the URL's
  prometheus::Histogram& ping_time;
  prometheus::Histogram& find_time;
};

/// Why there is no place, or none any more.
struct Miss {
  enum class Kind {
    full,    ///< it says that it has no place
    silent,  ///< it has not answered in time
    failed
  };
  Kind kind = Kind::failed;
  std::string cause;
};

/// A service as all its streams see it. Any thread.
class Service {
 public:
  /// Errors: invalid_url, invalid_configuration.
  static Result<std::shared_ptr<const Service>> create(KyutaiOptions options, Kind kind, Metrics& metrics);

  const KyutaiOptions options;
  const Kind kind;
  const net::Url url;  ///< of its WebSocket
  const std::shared_ptr<net::Connector> connector;
  Metrics& metrics;

  /// "The speech-out service at ws://host:port is at capacity: no free channels".
  [[nodiscard]] Error error(const Miss& miss) const;
  [[nodiscard]] Error error_of(const std::string& code, const std::string& what,
                               const std::string& cause) const;
  [[nodiscard]] Error unavailable(const std::string& cause) const;

  /// Whether it answers. `self` is kept for as long as that takes.
  static net::awaitable<bool> up(std::shared_ptr<const Service> self);

 private:
  Service(KyutaiOptions options, Kind kind, net::Url url, std::shared_ptr<net::Connector> connector,
          net::HttpClient client, Metrics& metrics);
  [[nodiscard]] std::string without_key(std::string text) const;

  const net::HttpClient client_;
  const std::string health_url_;  ///< says what it is, whoever asks
};

}  // namespace unmuted::kyutai
