#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

namespace unmuted::events {

// What a client may say, as parse() gives it: checked, and free of JSON except where any JSON is allowed.
// The types and fields of the wire are described in docs/protocol.md.

/// The object form of `session.instructions`.
struct Instructions {
  std::string type;  ///< "constant", or one of the themes of the Unmute client ("quiz_show" …)
  std::optional<std::string> text;  ///< always there when `type` is "constant"
  std::optional<std::string> language;
};

/// What is not given stays as it was.
struct SessionUpdate {
  static constexpr std::string_view event_type = "session.update";
  std::optional<std::string> voice;
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
