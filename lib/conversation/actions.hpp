#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/turn_id.hpp"
#include "events/notice.hpp"

/// What a Conversation wants done, in this order: notices, which the client is told as they are, and work for
/// the services.
namespace unmuted::actions {

/// Ask the language model (or the character's script, or the rehearsal) and report with model_text() and
/// model_finished(). Asked again after tools, within the same turn.
struct AskModel {
  TurnId turn;
  int round;                                  ///< from 1
  std::vector<ChatMessage> messages;          ///< History::for_model: for a language model
  std::vector<events::Message> chat_history;  ///< History::for_client: for a script; empty when it opens
  double temperature;
  bool offer_tools;
  events::ReplyOptions options{};  ///< of a language model
  bool count_tokens = false;
};

/// The next word for the speaker, of which the client is told as well.
struct SayWord {
  events::WordReady word;
};

/// The words of this round of the turn were a thought of the model's: what of them has not been spoken shall
/// not be. Others follow.
struct WordsTakenBack {
  TurnId turn;
  std::size_t unspoken;  ///< how many that are: the last ones that were ready
};

/// No more SayWord of this turn: the speaker may finish. A reply without a word ends with it.
struct TextComplete {
  TurnId turn;
};

/// Run these calls, in order, and report each with tool_returned().
struct RunTools {
  TurnId turn;
  std::vector<ToolCall> calls;
};

/// Stop asking the model for this turn: what it still says is not used. Speech goes on.
struct StopModel {
  TurnId turn;
};

/// Stop everything of this turn: model, speech, audio that waits, tools that have not begun. A tool that runs
/// may run on, and its result is still wanted.
struct StopReply {
  TurnId turn;
};

/// Close the connection after all that was sent. The conversation has ended.
struct CloseConnection {
  enum class Why { farewell, failure };
  Why why;
};

}  // namespace unmuted::actions

namespace unmuted {

using Action = std::variant<events::Notice, actions::AskModel, actions::SayWord, actions::WordsTakenBack,
                            actions::TextComplete, actions::RunTools, actions::StopModel, actions::StopReply,
                            actions::CloseConnection>;
using Actions = std::vector<Action>;

/// The action's notice of that kind; null when it is none.
template <class Kind>
const Kind* notice_if(const Action& action) {
  const auto* notice = std::get_if<events::Notice>(&action);
  return notice == nullptr ? nullptr : std::get_if<Kind>(notice);
}

}  // namespace unmuted
