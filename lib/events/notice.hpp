#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "audio/pcm.hpp"
#include "core/result.hpp"
#include "core/turn_id.hpp"
#include "events/item.hpp"
#include "events/refusal.hpp"
#include "events/settings.hpp"

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
  std::optional<TurnId> turn{};                        ///< of a reply that ends with this
};

/// `error.where` is told for what the client asked for only: elsewhere it is none of its fields.
Failure failure_of(Error error, Failure::Kind kind);
Failure failure_of(Refusal refusal);

/// The first of all.
struct SessionBegan {
  std::string id;
};

/// The session is now like this.
struct Configured {
  std::string id;
  std::optional<std::string> voice;
  std::optional<std::string> character;
  bool allow_recording = false;
  Settings settings{};
  bool asked = true;  ///< see Configure
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
  std::string item{};            ///< that it becomes when something is said, see ItemBegan
  ReplyOptions options{};        ///< all that it is made by
  bool aside = false;            ///< see StartReply
  nlohmann::json noted{};        ///< see StartReply
};

/// The place in the conversation of what is said in a reply: with its first word.
struct Place {
  bool begins = false;
  std::string after{};  ///< the item before it; empty: there is none
};

/// A word was produced.
struct WordReady {
  TurnId turn;
  std::string text;  ///< with the white space before it
  Place place{};
};

/// Of a reply that nobody speaks: the next of its text, as the model wrote it.
struct TextWritten {
  TurnId turn;
  std::string text;
  Place place{};
};

/// A tool of the client's is to be run: it answers with an item.
struct CallHandedOut {
  TurnId turn;
  Item item;
  std::string after{};
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

/// What a language model counts.
struct TokenCount {
  std::int64_t input = 0;
  std::int64_t cached = 0;  ///< of these, those that it had in mind
  std::int64_t output = 0;

  bool operator==(const TokenCount&) const = default;
};

struct ReplyEnded {
  TurnId turn;
  std::string text;  ///< what was spoken
  Ending how = Ending::finished;
  std::vector<Message> history;  ///< without the system prompt
  TokenCount tokens{};           ///< zeros, where nobody counted
  std::string reason{};          ///< why the model stopped, in its word; empty where none was asked
};

/// Sound comes from the user, whatever is in it: told about once a second of it.
struct UserSoundComes {
  std::vector<Message> history;  ///< without the system prompt
};

/// The user began to speak; exactly one UserSpeechStopped follows.
struct UserSpeechStarted {
  std::string item{};              ///< that it becomes, if words are in it
  std::chrono::milliseconds at{};  ///< of received audio
};
struct UserSpeechStopped {
  std::string item{};  ///< that it has become; empty where no words were in it
  std::string after{};
  std::chrono::milliseconds at{};
};

struct UserWord {
  std::string text;
  double start_time = 0;  ///< seconds of received audio
};

/// The client has said that the user's turn is over. What was said in it follows as UserTurnHeard.
struct UserTurnEnded {
  std::string item;
  std::string after{};
};
struct UserTurnHeard {
  std::string item;
  std::string text{};
  std::optional<Failure> failure{};  ///< in place of the text
};
struct UserSoundDropped {};
/// Nobody spoke for as long as the client set, and the bot says something.
struct UserSilent {
  std::string item;
  std::string after{};
  std::chrono::milliseconds from{}, to{};
};

struct ItemAdded {
  Item item;
  std::string after{};  ///< empty: it is the first
};
struct ItemFound {
  Item item;
};
struct ItemCut {
  std::string id;
  std::chrono::milliseconds heard{};  ///< of its sound
};
struct ItemRemoved {
  std::string id;
};

using Notice =
    std::variant<Failure, SessionBegan, Configured, CastLoaded, CastListed, ReplyStarted, WordReady,
                 WordSpoken, TextWritten, AudioReady, AudioSpoken, ToolCalled, CallHandedOut, ReplyEnded,
                 UserSoundComes, UserSpeechStarted, UserSpeechStopped, UserWord, UserTurnEnded, UserTurnHeard,
                 UserSoundDropped, UserSilent, ItemAdded, ItemFound, ItemCut, ItemRemoved>;

}  // namespace unmuted::events
