#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/http_client.hpp"
#include "net/signal.hpp"
#include "services/openai/speech_server.hpp"
#include "services/refusal.hpp"
#include "services/retry_schedule.hpp"

namespace unmuted::openai {

/// One question to a speech server, asked again where that may help: when it is full or still loads its
/// model, and without a parameter that it refuses. Lives on the thread of its executor, and stays while a
/// coroutine of it waits.
class SpeechCall {
 public:
  /// What is sent.
  struct Question {
    std::string content_type;
    std::string body;
  };
  /// Writes the question without what is refused.
  using Write = std::function<Question(const Refused&)>;

  /// `optional`: the parameters that a question can do without, the least usual first; they outlive the call.
  SpeechCall(net::asio::any_io_executor executor, std::shared_ptr<SpeechServer> server,
             ModelEndpoint endpoint, std::span<const std::string_view> optional);

  /// The head of the answer, whose status is 200. Errors, here as below, are those for the client:
  /// service_unavailable, service_at_capacity. Call it once.
  net::awaitable<Result<net::HttpResponse>> open(Write write);
  /// The next bytes of its body, as they arrive; empty at the end.
  net::awaitable<Result<std::string>> read();

  /// Nobody wants the rest of the body; the connection can be used again. Nothing but abort() after it.
  void finish();
  /// Closes the connection: what is under way returns an error.
  void abort();

 private:
  net::awaitable<Result<net::HttpResponse>> ask(const Write& write);
  net::awaitable<Error> refuse(net::HttpResponse response);
  net::awaitable<bool> wait_for_another_try();
  bool leave_something_out();
  [[nodiscard]] tl::unexpected<Error> failed(const Error& error) const;

  net::asio::any_io_executor executor_;
  std::shared_ptr<SpeechServer> server_;
  ModelEndpoint endpoint_;
  std::span<const std::string_view> optional_;

  bool aborted_ = false;
  net::Signal pause_;
  std::optional<RetrySchedule> tries_;
  std::optional<net::HttpExchange> exchange_;
  Refused refused_;                 ///< by this server, as far as known
  std::string said_;                ///< when it refused the last of them
  std::optional<Refusal> refusal_;  ///< of the last try
  bool begun_ = false;              ///< a byte of the body has come
};

/// Which of these parameters a server has refused; empty when it is none of them. Where it does not say what
/// was wrong, that is the first, which is the least usual.
std::string_view refused_parameter(const Refusal& refusal, std::span<const std::string_view> optional);

}  // namespace unmuted::openai
