#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

namespace unmuted::events {

// What a client may say, as parse() gives it: checked, and free of JSON except where any JSON is allowed.
// The types and fields of the wire are described in docs/protocol.md.

/// The object form of `session.instructions`, and the string form where it is blank.
struct Instructions {
  enum class Kind {
    text,           ///< `text` is there, and is what the character shall be
    none,           ///< the client has a field for a text, and it is blank: the character as it is
    theme,          ///< one of the ready-made themes of the Unmute client: the character as it is
    unknown_theme,  ///< a type that nobody here knows, without a text: to be ignored, with a warning
  };

  std::string type;                 ///< "constant", a theme ("quiz_show" …), or what else the client wrote
  std::optional<std::string> text;  ///< always there when `type` is "constant", maybe blank
  std::optional<std::string> language = {};

  [[nodiscard]] Kind kind() const;
};

/// What is not given stays as it was.
struct SessionUpdate {
  static constexpr std::string_view event_type = "session.update";
  std::optional<std::string> voice;  ///< never blank
  std::optional<std::variant<std::string, Instructions>> instructions;
  std::optional<bool> allow_recording;
  std::optional<nlohmann::json> context;  ///< null, when the client takes back what it gave
};

struct SessionCharactersReload {
  static constexpr std::string_view event_type = "session.characters.reload";
  std::string directory;  ///< any string: DirectoryPolicy judges it
};

struct SessionCharactersList {
  static constexpr std::string_view event_type = "session.characters.list";
};

struct InputAudioBufferAppend {
  static constexpr std::string_view event_type = "input_audio_buffer.append";
  std::string audio;  ///< well-formed base64
};

struct ConversationItemCreate {
  static constexpr std::string_view event_type = "conversation.item.create";
  std::string text;  ///< UTF-8 without control characters but tab, line feed and carriage return
};

struct ResponseCreate {
  static constexpr std::string_view event_type = "response.create";
};

struct ResponseCancel {
  static constexpr std::string_view event_type = "response.cancel";
};

/// Part of the Unmute protocol; says nothing to us.
struct AdditionalOutputs {
  static constexpr std::string_view event_type = "unmute.additional_outputs";
};

using ClientEvent =
    std::variant<SessionUpdate, SessionCharactersReload, SessionCharactersList, InputAudioBufferAppend,
                 ConversationItemCreate, ResponseCreate, ResponseCancel, AdditionalOutputs>;

struct ClientMessage {
  std::string event_id;  ///< the client's own, empty when it gave none
  ClientEvent event;
};

}  // namespace unmuted::events
