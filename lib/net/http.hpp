#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "net/asio.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace unmuted::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The media type of a Content-Type: in lower case, without parameters and blanks, as in "application/json".
/// Empty when there is none.
std::string media_type(std::string_view content_type);

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string target;  ///< as sent
  std::string path;    ///< of the target, see RequestTarget
  std::string query;   ///< of the target, without "?"
  std::string host;    ///< whom it is for: host[:port] of the target, else of the Host header; may be empty
  Headers headers;     ///< in order, names as sent; not those behind a body in chunks
  std::string body;    ///< empty until it was read
  bool has_body = false;                        ///< one is announced
  std::optional<std::uint64_t> content_length;  ///< of the body, where its length is announced
  bool expects_go_ahead = false;  ///< the client waits for 100 Continue before it sends the body
  bool keep_alive = false;
  bool websocket_upgrade = false;

  /// The first header of that name (any case), or nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  /// All headers of that name (any case) as one list with commas; empty when there is none.
  [[nodiscard]] std::string list(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< sent in the place of `body`, and never copied
  Headers headers;                                 ///< further ones
};

/// Why there is no request. `status` is what to answer before closing, 0 for nothing.
struct HttpReadEnd {
  unsigned status = 0;
  std::string detail;
  HttpRequest request{};  ///< as much of it as could be read
  /// For the log, where the peer does not speak what this port does: "plain_text_on_tls_port",
  /// "tls_on_plain_port", "tls_failed: no shared cipher". Else empty.
  std::string misunderstanding{};
};

struct HttpLimits {
  std::size_t header_bytes = 16U << 10U;
  std::size_t body_bytes = 64U << 10U;
  std::chrono::milliseconds first_head{5'000};  ///< for TLS and the first request's head together
  std::chrono::milliseconds patience{30'000};  ///< for another head, for a body, and for an answer to be read
};

/// The server's side of one HTTP/1.1 connection, which has just been accepted. Lives on the thread of the
/// stream's executor.
class HttpServerStream {
 public:
  /// With a certificate the connection is one of TLS, in clear where that is null.
  HttpServerStream(Stream stream, TlsContextPtr certificate, HttpLimits limits);
  ~HttpServerStream();
  HttpServerStream(HttpServerStream&&) noexcept;

  /// The next request, and before the first one the TLS handshake. Without its body, which stays to be read
  /// by read_body(). What breaks the rules of RFC 9110 and 9112 in a way that leaves a doubt about what is
  /// meant, for whom it is, or where it ends is an error: then nothing more can be read. Bounded in size and
  /// in time: a request that has begun and does not go on is answered 408, a connection that says nothing at
  /// all is to be closed without a word.
  awaitable<tl::expected<HttpRequest, HttpReadEnd>> read_head();

  /// The body of the request whose head was read last, empty when it has none. Tells a client that waits for
  /// it to go on. Not calling it leaves the connection of no use for another request.
  awaitable<tl::expected<std::string, HttpReadEnd>> read_body();
  /// The same with another limit than that of all bodies, in bytes.
  awaitable<tl::expected<std::string, HttpReadEnd>> read_body(std::size_t at_most);

  /// Sends a response; `keep_alive` false announces the end of the connection. False when it has ended.
  awaitable<bool> write(HttpResponse response, bool keep_alive, bool head_only = false);

  /// Closes in order: the peer can still read what was sent.
  awaitable<void> finish();

  /// What closes the connection at once: whatever is under way fails. To be called from any thread, also when
  /// the stream is gone or has been released, which it leaves alone.
  [[nodiscard]] std::function<void()> cutter() const;

  [[nodiscard]] bool peer_is_loopback() const;
  [[nodiscard]] std::string peer() const;  ///< "127.0.0.1:51234", empty when it is gone

  /// Whether the peer has sent more than the requests that were read.
  [[nodiscard]] bool has_more_input() const;

  /// Gives the connection away, for a WebSocket. This is of no use afterwards.
  Stream release();

 private:
  struct Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace unmuted::net
