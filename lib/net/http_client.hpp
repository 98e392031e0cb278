#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/connect.hpp"
#include "net/http.hpp"

namespace unmuted::net {

struct HttpClientOptions : ConnectorOptions {
  std::chrono::milliseconds keep_idle{15'000};  ///< how long an idle connection may be used again
  std::size_t max_idle = 16;                    ///< idle connections of one thread
};

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;     ///< http or https
  std::string target;  ///< is sent as it stands, in the place of the URL's; not when empty
  Headers headers;     ///< besides Host, Content-Length and User-Agent, or in the place of these
  std::string body;
  bool repeatable = false;  ///< carrying it out twice does no harm, as with every GET and HEAD
  std::chrono::milliseconds idle_timeout{60'000};    ///< the longest silence of the server
  std::chrono::milliseconds total_timeout{300'000};  ///< from the look-up of the name to the end of the body
  std::size_t max_header = 16U << 10U;               ///< bytes
  std::size_t max_body = 1U << 20U;                  ///< bytes
};

/// One request and its response, whose body can be read as it arrives. Lives on the thread of its executor;
/// every member is called there, one coroutine at a time. Destroying it is abort(), also while a coroutine of
/// it is waiting.
///
/// Errors of all members: invalid_url, connect_failed (look-up and TCP), tls_failed, timed_out,
/// connection_lost, invalid_response (not HTTP, or too large), aborted. Messages name host and cause. After
/// an error the connection is closed.
class HttpExchange {
 public:
  struct Implementation;
  explicit HttpExchange(std::shared_ptr<Implementation> implementation);
  ~HttpExchange();
  HttpExchange(HttpExchange&&) noexcept = default;
  HttpExchange& operator=(HttpExchange&&) = delete;

  /// Sends the request; returns status and headers of the response, without its body. Call it once.
  ///
  /// On a connection that was kept from before, and that the server gives up at the same moment, the request
  /// is sent again, once and on a new one, where that cannot carry it out twice: when the connection ended
  /// before all of the request was handed over to it; when the server answers 408, which says that it had
  /// seen no request; for what is repeatable, when it ends without a byte of a response. What else was handed
  /// over and not answered may have been carried out: connection_lost.
  awaitable<Result<HttpResponse>> open();

  /// The next bytes of the body, as they arrive; empty at its end.
  awaitable<Result<std::string>> read();

  /// The rest of the body.
  awaitable<Result<std::string>> read_to_end();

  /// From now on the longest silence of the server; what is under way keeps the one before.
  void set_idle_timeout(std::chrono::milliseconds timeout);

  /// Nobody wants the rest of the body. It is passed over in the background, for `patience` at most, so that
  /// the connection can be used again. The exchange is over: only abort(), without effect, may be called
  /// then.
  void finish(std::chrono::milliseconds patience);

  /// Closes the connection: the server sees the end of it. What is under way returns the error aborted, as
  /// does every later call.
  void abort();

 private:
  std::shared_ptr<Implementation> implementation_;
};

/// Makes requests over HTTP/1.1, with and without TLS. A copy is the same client. Any thread.
///
/// Connections that the server keeps open are used again by later requests of the same thread: the idle ones
/// belong to the executor's context, which must be run by one thread. It ends those that are old or that the
/// server has closed; until then they are work to it, and it has to be stopped. For names see NameLookup.
class HttpClient {
 public:
  struct Implementation;

  /// Reads the certificates. Error: invalid_configuration.
  static Result<HttpClient> create(HttpClientOptions options = {});

  /// A request that is sent on `executor` by HttpExchange::open.
  [[nodiscard]] HttpExchange start(const asio::any_io_executor& executor, HttpClientRequest request) const;

  /// The whole response, whatever its status. Errors as those of HttpExchange.
  [[nodiscard]] awaitable<Result<HttpResponse>> fetch(HttpClientRequest request) const;

 private:
  explicit HttpClient(std::shared_ptr<const Implementation> implementation);

  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace unmuted::net
