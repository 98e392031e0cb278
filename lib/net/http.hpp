#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <tl/expected.hpp>

#include "net/asio.hpp"

namespace unmuted::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The media type of a Content-Type: in lower case, without parameters and blanks, as in "application/json".
/// Empty when there is none.
std::string media_type(std::string_view content_type);

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string target;  ///< path and query as sent
  Headers headers;     ///< in order, names as sent
  std::string body;
  bool keep_alive = false;
  bool websocket_upgrade = false;

  /// The first header of that name (any case), or nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  /// The target without its query.
  [[nodiscard]] std::string_view path() const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;  ///< further ones
};

/// Why there is no request. `status` is what to answer before closing, 0 for nothing.
struct HttpReadEnd {
  unsigned status = 0;
  std::string detail;
};

struct HttpLimits {
  std::size_t header_bytes = 16U << 10U;
  std::size_t body_bytes = 64U << 10U;
  std::chrono::seconds idle{30};  ///< from the first byte awaited to the last one read
};

/// The server's side of one HTTP/1.1 connection. Lives on the thread of the socket's executor.
class HttpServerStream {
 public:
  explicit HttpServerStream(asio::ip::tcp::socket socket, HttpLimits limits = {});
  ~HttpServerStream();
  HttpServerStream(HttpServerStream&&) noexcept;

  /// The next request, whole. Bounded in size and time.
  awaitable<tl::expected<HttpRequest, HttpReadEnd>> read();

  /// Sends a response; `keep_alive` false announces the end of the connection. False when it has ended.
  awaitable<bool> write(HttpResponse response, bool keep_alive, bool head_only = false);

  /// Closes in order: the peer can still read what was sent.
  awaitable<void> finish();

  [[nodiscard]] bool peer_is_loopback() const;
  [[nodiscard]] std::string peer() const;  ///< "127.0.0.1:51234", empty when it is gone

  /// Whether the peer has sent more than the requests that were read.
  [[nodiscard]] bool has_more_input() const;

  /// Gives the socket away, for a WebSocket. The stream is of no use afterwards.
  asio::ip::tcp::socket release();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::net
