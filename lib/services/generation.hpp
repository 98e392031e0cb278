#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/http_client.hpp"
#include "net/signal.hpp"
#include "services/chat_request.hpp"
#include "services/model_service.hpp"
#include "services/refusal.hpp"
#include "services/reply.hpp"
#include "services/reply_body.hpp"
#include "services/reply_measure.hpp"
#include "services/retry_schedule.hpp"

namespace unmuted {

/// One reply of a model server, from its request to its last event. Lives on the thread of its executor;
/// owned by its stream and by the coroutine under way: the stream may be destroyed meanwhile.
class Generation {
 public:
  Generation(net::asio::any_io_executor executor, std::shared_ptr<ModelService> service,
             ReplyRequest request);

  /// As those of ReplyStream.
  static net::awaitable<ReplyEvent> next(std::shared_ptr<Generation> self);
  void abort();

 private:
  net::awaitable<ReplyEvent> next_event();
  net::awaitable<Result<void>> open();
  net::awaitable<Result<void>> ask();
  net::awaitable<Result<std::string>> model();
  net::awaitable<Error> refuse(net::HttpResponse response, ModelEndpoint endpoint);
  net::awaitable<bool> wait_for_another_try();
  net::awaitable<Result<void>> read_on();
  net::awaitable<void> wait(Duration pause);

  [[nodiscard]] std::chrono::milliseconds patience_left() const;
  bool concede();
  void measure(const ReplyEvent& event);
  ReplyEvent fail(const Error& error);
  void settle();
  [[nodiscard]] tl::unexpected<Error> failed(const Error& error) const;

  net::asio::any_io_executor executor_;
  std::shared_ptr<ModelService> service_;
  ReplyRequest request_;

  bool over_ = false;  ///< finished, failed or aborted
  net::Signal pause_;
  std::optional<net::HttpExchange> exchange_;
  std::optional<ReplyMeasure> measure_;  ///< from the first event asked for to the end of the reply
  Result<void> state_;  ///< of the connection: an error ends the reply once its events are taken

  // Of the tries.
  std::optional<RetrySchedule> tries_;  ///< once there is one
  nlohmann::json body_;                 ///< that was sent last
  Concessions concessions_;
  std::string conceded_for_;        ///< what the server said
  std::optional<Refusal> refusal_;  ///< of the last try

  // Of the reply.
  std::optional<ReplyBody> reply_;
  bool begun_ = false;  ///< a byte of it has come
};

}  // namespace unmuted
