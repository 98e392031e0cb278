#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "services/reply.hpp"
#include "services/reply_text.hpp"
#include "services/tool_call_collector.hpp"

namespace unmuted {

/// A reply, put together from what a server sends of it. Without I/O.
///
/// It reads tolerantly: what it does not understand is passed over and counted. A reply fails only when the
/// server says what went wrong, when there is too much of it, or when it breaks off; and once the model has
/// given a reason to finish, by nothing any more.
class ChatCompletion {
 public:
  /// `offered`: the tools of the request; they live longer. `begins_in_thought`: see ReplyTextReader.
  /// `counts`: the server was asked what the reply cost, and says so behind its end.
  explicit ChatCompletion(std::span<const Tool> offered = {}, bool begins_in_thought = false,
                          bool counts = false);

  /// Takes one server-sent event. Error: service_unavailable, the message is the cause alone.
  Result<void> feed(std::string_view data, std::string_view type = {});

  /// Takes the whole answer of a server that does not stream. Error: service_unavailable.
  Result<void> feed_whole(std::string_view body);

  /// The stream has ended. Error: service_unavailable, when the reply has not.
  Result<void> end();

  /// The next event of the reply, in order; nothing when more data is needed.
  std::optional<ReplyEvent> take();

  /// The model has given its reason to finish, or the server has said that nothing more comes: whatever comes
  /// now does not matter.
  [[nodiscard]] bool finished() const { return finished_; }
  /// What the reply cost is all that is missing.
  [[nodiscard]] bool only_count_missing() const { return ended_ && !finished_; }
  /// Parts of the reply that were not understood.
  [[nodiscard]] std::size_t ignored_chunks() const { return ignored_; }
  /// Tool calls that nobody can run: without a name, or written as text and not readable.
  [[nodiscard]] std::size_t dropped_calls() const { return text_.dropped_calls() + calls_.dropped(); }
  [[nodiscard]] bool began_in_thought() const { return text_.began_in_thought(); }

 private:
  Result<void> feed_lines(std::string_view data, std::string_view type);
  Result<void> feed_chunk(const nlohmann::json& chunk);
  Result<void> feed_choice(const nlohmann::json& choice);
  Result<void> feed_delta(const nlohmann::json& delta, bool last);
  [[nodiscard]] const nlohmann::json* own_choice(const nlohmann::json& choices);
  [[nodiscard]] std::string new_part_of(const nlohmann::json& message);
  void feed_text(std::string_view text);
  void pass_on_text();
  void finish_text(bool complete);
  void give_out_calls();
  void note_count(const nlohmann::json& usage);
  void finish_soon();
  void finish();

  ReplyTextReader text_;
  ToolCallCollector calls_;
  std::deque<ReplyEvent> events_;
  std::optional<std::int64_t> choice_;  ///< the index of the reply among several
  bool has_deltas_ = false;             ///< the reply comes in parts
  std::string whole_text_;              ///< of messages that the server has sent instead of parts
  bool text_ended_ = false;
  std::string finish_reason_;  ///< empty until the model has finished
  bool counts_ = false;
  events::TokenCount tokens_;
  bool ended_ = false;  ///< the model has given its reason; what the reply cost may follow
  bool finished_ = false;
  bool gave_something_ = false;  ///< a text or a call
  std::size_t ignored_ = 0;
};

}  // namespace unmuted
