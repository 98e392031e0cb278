#pragma once

#include <optional>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

namespace unmuted::events {

// What a client may ask of a session, whatever dialect it speaks: checked, and free of JSON except where any
// JSON is allowed.

/// What the client wants the character to be.
struct Instructions {
  enum class Kind {
    text,     ///< `text` is what the character shall be
    none,     ///< the client has a field for a text, and it is blank: the character as it is
    theme,    ///< a ready-made theme of the client's: the character as it is
    unknown,  ///< a type that nobody here knows, without a text: to be ignored, with a warning
  };

  Kind kind = Kind::none;
  std::string type{};  ///< in the client's word; may be empty
  std::string text{};  ///< empty or blank unless it is a text
  std::optional<std::string> language{};
};

/// Which character the client wants, and how. What is not given stays as it was.
struct Configure {
  std::optional<std::string> voice;  ///< a character's name or its voice; never blank
  std::optional<Instructions> instructions;
  std::optional<bool> allow_recording;
  std::optional<nlohmann::json> context;  ///< null, when the client takes back what it gave
  bool resume = false;                    ///< a conversation that was left goes on, where there is one
};

struct LoadCast {
  std::string directory;  ///< any string: DirectoryPolicy judges it
};

struct ListCast {};

/// A piece of what the client's microphone hears.
struct AppendAudio {
  std::string audio;  ///< well-formed base64
};

/// The user wrote.
struct AddUserMessage {
  std::string text;  ///< UTF-8 without control characters but tab, line feed and carriage return
};

struct StartReply {};
struct CancelReply {};

/// Part of the dialect; says nothing to us.
struct Ignored {};

using Request = std::variant<Configure, LoadCast, ListCast, AppendAudio, AddUserMessage, StartReply,
                             CancelReply, Ignored>;

struct ClientRequest {
  std::string id{};  ///< the client's own, which answers carry; empty when it gave none
  Request request = Ignored{};
};

}  // namespace unmuted::events
