#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "services/language_model.hpp"

namespace unmuted {

/// The body of `POST /v1/chat/completions` for a reply that is streamed. Any text becomes valid JSON.
std::string chat_completion_request(const ReplyRequest& request, const std::string& model);

/// The one model that the answer of `GET /v1/models` names. Error: service_unavailable, also when there are
/// several: the message lists them.
Result<std::string> only_model(std::string_view body);

/// What a server says in the body of a failed request, in one line: the message of its JSON, else the text.
std::string failure_text(std::string_view body);

/// A streamed reply, put together from the data of its server-sent events. Without I/O.
class ChatCompletion {
 public:
  static constexpr std::size_t max_calls = 128;
  static constexpr std::size_t max_call_bytes = 256U << 10U;  ///< names, ids and arguments of all calls

  /// Takes the data of one event. Error: service_unavailable, the message is the cause alone.
  Result<void> feed(std::string_view data);

  /// The stream has ended. Error: service_unavailable, when the reply has not.
  Result<void> end();

  /// The next event of the reply, in order; nothing when more data is needed.
  std::optional<ReplyEvent> take();

  /// The server has said that nothing more comes.
  [[nodiscard]] bool done() const { return done_; }

 private:
  Result<void> feed_choice(const nlohmann::json& choice);
  Result<void> feed_call(const nlohmann::json& fragment);
  [[nodiscard]] std::int64_t index_of(const nlohmann::json& fragment) const;
  void give_out_calls();
  void finish();

  std::deque<ReplyEvent> events_;
  std::map<std::int64_t, ToolCall> calls_;  ///< by their index in the reply
  std::size_t call_bytes_ = 0;
  std::string finish_reason_;  ///< empty until the model has finished
  bool done_ = false;
};

}  // namespace unmuted
