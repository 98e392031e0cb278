#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "audio/pcm.hpp"
#include "core/result.hpp"
#include "core/turn_id.hpp"
#include "events/refusal.hpp"

namespace unmuted::events {

// What a session says to its client, whatever dialect it is told in. Every string is meant to be UTF-8; what
// is not arrives with U+FFFD in place of the ill-formed bytes. What is of a reply carries its turn.

/// One error or warning about a character file.
struct FileProblem {
  std::string file;
  int line = 0;  ///< 1-based; 0 when it concerns the whole file
  std::string code;
  std::string message;  ///< sent up to max_problem_message
};

inline constexpr std::size_t max_problem_message = 300;  ///< bytes
inline constexpr std::size_t max_warnings = 100;         ///< of one load; the rest is not sent

/// The message as it is sent.
std::string sent_message(const FileProblem& problem);

/// Something could not be done, or was done otherwise than it was asked for.
struct Failure {
  enum class Kind {
    invalid_request,  ///< the client's fault
    server_error,
    warning,  ///< the session goes on, a client need not show it
    fatal,    ///< a close follows
  };

  Kind kind = Kind::server_error;
  std::string code;  ///< listed in docs/errors.md
  std::string message;
  std::optional<std::string> param{};                  ///< the field that is wrong: "session.voice"
  std::vector<Fault> faults{};                         ///< of a request that is none
  std::optional<std::vector<FileProblem>> problems{};  ///< of a directory in which nothing loads
};

/// `error.where` is told for what the client asked for only: elsewhere it is none of its fields.
Failure failure_of(Error error, Failure::Kind kind);
Failure failure_of(Refusal refusal);

/// The session is now like this.
struct Configured {
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

struct CastLoaded {
  std::string directory;
  std::vector<CharacterSummary> characters;
  std::vector<FileProblem> errors;  ///< one for each candidate that failed
  std::vector<FileProblem> warnings;
};

struct CastListed {
  std::string directory;
  std::vector<CharacterSummary> characters;
  std::optional<std::string> active;
};

/// What one side said; of the bot, what was heard of it.
struct Message {
  std::string role, content;
};

/// Exactly one ReplyEnded of the same turn follows.
struct ReplyStarted {
  TurnId turn;
  std::string voice;             ///< path on the server
  std::vector<Message> history;  ///< without the system prompt
};

/// A word was produced.
struct WordReady {
  TurnId turn;
  std::string text;  ///< with the white space before it
};

/// A word was spoken.
struct WordSpoken {
  TurnId turn;
  std::string text;  ///< without white space
};

/// Audio was produced.
struct AudioReady {
  TurnId turn;
  std::int64_t samples = 0;
};

/// Audio is to be heard now.
struct AudioSpoken {
  TurnId turn;
  audio::Samples samples;
};

/// A tool was run. The only notice that may come after the end of its turn: the client learns whatever its
/// characters did.
struct ToolCalled {
  TurnId turn;
  std::string name;
  std::string arguments;  ///< as the model wrote them: JSON, most likely
  std::string result;     ///< as the model gets it
};

/// The arguments as JSON; a string, where what the model wrote is none.
nlohmann::json readable_arguments(const ToolCalled& call);

enum class Ending {
  finished,              ///< all of it was spoken
  interrupted_by_voice,  ///< the user spoke
  interrupted,           ///< the user wrote, the client cancelled, or the conversation ended
  failed,                ///< a service failed
};

struct ReplyEnded {
  TurnId turn;
  std::string text;  ///< what was spoken
  Ending how = Ending::finished;
  std::vector<Message> history;  ///< without the system prompt
};

/// Sound comes from the user, whatever is in it: told about once a second of it.
struct UserSoundComes {
  std::vector<Message> history;  ///< without the system prompt
};

/// The user began to speak; exactly one UserSpeechStopped follows.
struct UserSpeechStarted {};
struct UserSpeechStopped {};

struct UserWord {
  std::string text;
  double start_time = 0;  ///< seconds of received audio
};

using Notice = std::variant<Failure, Configured, CastLoaded, CastListed, ReplyStarted, WordReady, WordSpoken,
                            AudioReady, AudioSpoken, ToolCalled, ReplyEnded, UserSoundComes,
                            UserSpeechStarted, UserSpeechStopped, UserWord>;

}  // namespace unmuted::events
