#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted::events {

// What we say to a client. encode() adds the envelope and whatever follows from the rest, such as counts.
// Every string is meant to be UTF-8; what is not arrives with U+FFFD in place of the ill-formed bytes.

enum class ErrorType {
  invalid_request_error,  ///< the client's fault
  server_error,
  warning,  ///< the session goes on, a client need not show it
  fatal,    ///< a close follows
};

struct Error {
  static constexpr std::string_view event_type = "error";
  ErrorType type = ErrorType::server_error;
  std::string code;  ///< listed in docs/errors.md
  std::string message;
  std::optional<std::string> param;       ///< the field that is wrong: "session.voice"
  std::optional<nlohmann::json> details;  ///< see details_of
  std::optional<std::string> event_id;  ///< of the client's event; when not given, the request_id of encode()
};

struct SessionUpdated {
  static constexpr std::string_view event_type = "session.updated";
  std::string id;
  std::optional<std::string> voice;
  std::optional<std::string> character;
  bool allow_recording = false;
};

struct CharacterSummary {
  std::string name;
  std::optional<bool> good;
  std::optional<std::string> comment;
  std::string language;
  std::string voice;  ///< path on the server
  std::vector<std::string> tags;
};

/// One error or warning about a character file.
struct FileProblem {
  std::string file;
  int line = 0;  ///< 1-based; 0 when it concerns the whole file
  std::string code;
  std::string message;  ///< sent up to max_problem_message
};

inline constexpr std::size_t max_problem_message = 300;  ///< bytes
inline constexpr std::size_t max_warnings = 100;         ///< of one reload; the rest is not sent

/// The counts of the wire are those of the lists.
struct SessionCharactersReloaded {
  static constexpr std::string_view event_type = "session.characters.reloaded";
  std::string directory;
  std::vector<CharacterSummary> characters;
  std::vector<FileProblem> errors;  ///< one for each candidate that failed
  std::vector<FileProblem> warnings;
};

struct SessionCharactersListed {
  static constexpr std::string_view event_type = "session.characters.listed";
  std::string directory;
  std::vector<CharacterSummary> characters;
  std::optional<std::string> active;
};

struct ChatMessage {
  std::string role, content;
};

struct ResponseCreated {
  static constexpr std::string_view event_type = "response.created";
  std::string voice;
  std::vector<ChatMessage> chat_history;  ///< without the system prompt
};

/// A word as the language model produced it, leading space included.
struct ResponseTextDeltaReady {
  static constexpr std::string_view event_type = "unmute.response.text.delta.ready";
  std::string delta;
};

/// A word when it is spoken, without the space.
struct ResponseTextDelta {
  static constexpr std::string_view event_type = "response.text.delta";
  std::string delta;
};

struct ResponseTextDone {
  static constexpr std::string_view event_type = "response.text.done";
  std::string text;  ///< what was spoken
};

struct ResponseAudioDelta {
  static constexpr std::string_view event_type = "response.audio.delta";
  std::string delta;  ///< base64
};

struct ResponseAudioDeltaReady {
  static constexpr std::string_view event_type = "unmute.response.audio.delta.ready";
  std::int64_t number_of_samples = 0;
};

struct ResponseAudioDone {
  static constexpr std::string_view event_type = "response.audio.done";
};

struct TranscriptionDelta {
  static constexpr std::string_view event_type = "conversation.item.input_audio_transcription.delta";
  std::string delta;
  double start_time = 0;  ///< seconds of received audio
};

struct SpeechStarted {
  static constexpr std::string_view event_type = "input_audio_buffer.speech_started";
};

struct SpeechStopped {
  static constexpr std::string_view event_type = "input_audio_buffer.speech_stopped";
};

struct InterruptedByVad {
  static constexpr std::string_view event_type = "unmute.interrupted_by_vad";
};

struct ToolCalled {
  static constexpr std::string_view event_type = "unmute.tool_called";
  std::string name;
  nlohmann::json arguments;
  std::string result;  ///< as the language model gets it
};

/// The state of the conversation, for a client that wants to look inside.
struct ConversationOutputs {
  static constexpr std::string_view event_type = "unmute.additional_outputs";
  std::vector<ChatMessage> chat_history;  ///< without the system prompt
  nlohmann::json debug_dict = nlohmann::json::object();
};

using ServerEvent =
    std::variant<Error, SessionUpdated, SessionCharactersReloaded, SessionCharactersListed, ResponseCreated,
                 ResponseTextDeltaReady, ResponseTextDelta, ResponseTextDone, ResponseAudioDelta,
                 ResponseAudioDeltaReady, ResponseAudioDone, TranscriptionDelta, SpeechStarted, SpeechStopped,
                 InterruptedByVad, ToolCalled, ConversationOutputs>;

/// The `type` of the wire.
inline std::string_view type_of(const ServerEvent& event) {
  return std::visit([](const auto& e) { return e.event_type; }, event);
}

}  // namespace unmuted::events
