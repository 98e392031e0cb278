#pragma once

#include <string>
#include <variant>
#include <vector>

#include "characters/character.hpp"
#include "conversation/chat_message.hpp"
#include "core/result.hpp"
#include "events/notice.hpp"

namespace unmuted {

/// What a language model is asked for.
struct ReplyRequest {
  std::vector<ChatMessage> messages;  ///< the system prompt first
  std::vector<Tool> tools;            ///< what it may call; none when empty
  double temperature = 0.7;
  events::ToolChoice tool_choice{};
  int max_tokens = 0;         ///< that it may write; 0: as many as it likes
  bool count_tokens = false;  ///< it is asked what the reply cost
};

/// The next part of the text, as the model produced it: not whole words. What a model thinks is no text.
struct ReplyText {
  std::string text;  ///< UTF-8, empty only when `afresh`
  /// The reply begins here: what came of it before turned out to be a thought, to be neither said, as far as
  /// that has not happened, nor remembered. At most once in a reply.
  bool afresh = false;
};

/// The reply is complete.
struct ReplyFinished {
  std::string reason{};  ///< the model's word for it: "stop", "tool_calls", "length", …; empty: none answered
  bool close = false;    ///< a script ends the conversation after this
  events::TokenCount tokens{};  ///< zeros, where nobody counted
};

/// The reply ended in a failure. What came before it stands.
struct ReplyFailed {
  Error error;  ///< service_unavailable, service_at_capacity, character_failed; names who failed and why
  events::Failure::Kind kind = events::Failure::Kind::warning;
};

/// Text and tool calls come in the model's order, each call once and complete; ReplyFinished or ReplyFailed
/// is the last event, and the only one of its kind.
using ReplyEvent = std::variant<ReplyText, ToolCall, ReplyFinished, ReplyFailed>;

}  // namespace unmuted
