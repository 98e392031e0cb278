#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "audio/sound_form.hpp"
#include "events/item.hpp"
#include "events/settings.hpp"

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
  Settings settings{};
  /// `voice`, or else `name`, are wishes: where nobody has either, whoever plays plays on, and where nobody
  /// does, a voice without a character. The conversation goes on, whoever plays.
  bool stand_in = false;
  std::optional<std::string> name{};  ///< of a character, or its voice; where it stands in only
  bool asked = true;                  ///< by an event of the client's: it is told what came of it
};

struct LoadCast {
  std::string directory;  ///< any string: DirectoryPolicy judges it
};

struct ListCast {};

/// A piece of what the client's microphone hears.
struct AppendAudio {
  std::string audio;  ///< well-formed base64
  audio::SoundForm form = audio::SoundForm::ogg_opus;
};

/// What came of the user's sound so far is a whole turn of theirs. No reply follows by itself.
struct EndUserTurn {};
/// What came of the user's sound and is no turn yet is forgotten.
struct DropUserSound {};

/// The user wrote.
struct AddUserMessage {
  std::string text;  ///< UTF-8 without control characters but tab, line feed and carriage return
};

/// An item for the conversation; a reply goes on, and none follows.
struct AddItem {
  Item item;
  std::optional<std::string> after{};  ///< an item's id, empty: the first of all; not given: the last
};
struct FindItem {
  std::string id;
};
/// Of what the bot said, the user heard no more than this.
struct CutItem {
  std::string id;
  std::chrono::milliseconds heard{};
};
struct RemoveItem {
  std::string id;
};

struct StartReply {
  ReplyOptions options{};  ///< of this reply
  bool aside = false;      ///< beside the conversation, of which it becomes no part
  /// What is replied to, in place of the conversation; one with nothing but an id is that of the
  /// conversation.
  std::optional<std::vector<Item>> input{};
  nlohmann::json noted{};  ///< for the dialect, which finds it in the reply's begin and end
};
struct CancelReply {};

/// Part of the dialect; says nothing to us.
struct Ignored {};

using Request =
    std::variant<Configure, LoadCast, ListCast, AppendAudio, EndUserTurn, DropUserSound, AddUserMessage,
                 AddItem, FindItem, CutItem, RemoveItem, StartReply, CancelReply, Ignored>;

struct ClientRequest {
  std::string id{};  ///< the client's own, which answers carry; empty when it gave none
  Request request = Ignored{};
};

}  // namespace unmuted::events
