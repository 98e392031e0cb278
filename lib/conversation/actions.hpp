#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/result.hpp"
#include "core/turn_id.hpp"

/// What a Conversation wants done, in this order: events for the client, and work for the services.
namespace unmuted::actions {

/// A reply begins: `response.created`. Exactly one ReplyEnded of the same turn follows.
struct ReplyStarted {
  TurnId turn;
  std::vector<ChatMessage> chat_history;  ///< History::for_client
};

/// Ask the language model (or the character's script, or the rehearsal) and report with model_text() and
/// model_finished(). Asked again after tools, within the same turn.
struct AskModel {
  TurnId turn;
  int round;                              ///< from 1
  std::vector<ChatMessage> messages;      ///< History::for_model: for a language model
  std::vector<ChatMessage> chat_history;  ///< History::for_client: for a script; empty when it opens
  double temperature;
  bool offer_tools;
};

/// A whole word was produced: `unmute.response.text.delta.ready`, and the next word for the speaker.
struct WordReady {
  TurnId turn;
  std::string text;  ///< with the white space before it
};

/// The words of this round of the turn were a thought of the model's: what of them has not been spoken shall
/// not be. Others follow.
struct WordsTakenBack {
  TurnId turn;
  std::size_t unspoken;  ///< how many that are: the last ones that were ready
};

/// No more WordReady of this turn: the speaker may finish. A reply without a word ends with it.
struct TextComplete {
  TurnId turn;
};

/// A word was spoken: `response.text.delta`.
struct WordSpoken {
  TurnId turn;
  std::string text;  ///< without white space
};

/// Run these calls, in order, and report each with tool_returned().
struct RunTools {
  TurnId turn;
  std::vector<ToolCall> calls;
};

/// A tool was run: `unmute.tool_called`. The only action that may come after its turn has ended: the client
/// learns whatever its characters did.
struct ToolCalled {
  TurnId turn;
  ToolCall call;
  std::string result;  ///< as the language model gets it
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

enum class Ending {
  finished,              ///< all of it was spoken
  interrupted_by_voice,  ///< the user spoke
  interrupted,           ///< the user wrote, the client cancelled, or the conversation ended
  failed,                ///< a service failed
};

/// The reply is over, whatever way: `unmute.interrupted_by_vad` (when interrupted_by_voice),
/// `response.text.done`, `response.audio.done`, `unmute.additional_outputs`.
struct ReplyEnded {
  TurnId turn;
  std::string text;  ///< what was spoken
  Ending how;
  std::vector<ChatMessage> chat_history;
};

/// `input_audio_buffer.speech_started`, and later exactly one SpeechStopped.
struct SpeechStarted {};
struct SpeechStopped {};

/// `conversation.item.input_audio_transcription.delta`.
struct UserWord {
  std::string text;
  double start_time;  ///< seconds of received audio
};

/// What the client asked for cannot be: `error` of type `invalid_request_error`, answering its event. Nothing
/// has changed.
struct Refused {
  Error error;
};

enum class Severity {
  warning,       ///< the session goes on
  server_error,  ///< likewise, and the client should show it
  fatal,         ///< a CloseConnection follows
};

/// A service or a script failed: `error` of the type that the severity says.
struct Failed {
  Error error;
  Severity severity;
};

/// Close the connection after all that was sent. The conversation has ended.
struct CloseConnection {
  enum class Why { farewell, failure };
  Why why;
};

}  // namespace unmuted::actions

namespace unmuted {

using Action = std::variant<actions::ReplyStarted, actions::AskModel, actions::WordReady,
                            actions::WordsTakenBack, actions::TextComplete, actions::WordSpoken,
                            actions::RunTools, actions::ToolCalled, actions::StopModel, actions::StopReply,
                            actions::ReplyEnded, actions::SpeechStarted, actions::SpeechStopped,
                            actions::UserWord, actions::Refused, actions::Failed, actions::CloseConnection>;
using Actions = std::vector<Action>;

}  // namespace unmuted
