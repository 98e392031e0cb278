#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "core/result.hpp"
#include "events/notice.hpp"
#include "events/request.hpp"

namespace unmuted {

/// What a client has asked for so far, all its events::Configure merged.
struct Selection {
  /// What the client is told of it, and of what it allows.
  [[nodiscard]] events::Configured told(std::string session_id, bool allow_recording) const;
  /// The name of the character; nothing where none is active, or only a voice.
  [[nodiscard]] std::optional<std::string> name() const;

  /// No character is active any more. What the client said about the session itself stays.
  void forget_character();

  CharacterPtr character;                     ///< null: none is active
  std::optional<std::string> text;            ///< instructions that replace the character's own
  bool ad_hoc = false;                        ///< the character is a voice with instructions of the client's
  nlohmann::json context;                     ///< what the character's script sees as ctx.context
  bool stands_in = false;                     ///< somebody plays, whatever happens: see events::Configure
  std::string wished_voice{}, wished_name{};  ///< of that
};

/// Whether going from one to the other keeps the conversation: the same character, or voice, with the same
/// text.
bool same_conversation(const Selection& a, const Selection& b);

struct SelectionChange {
  Selection selection;
  bool restart = false;  ///< another character, voice or text: a new script instance and a new conversation
  std::vector<Error> warnings{};  ///< what of the update was understood in another way than it was written
};

/// Whether a text of the client's is one that this character published before: a page that was opened then
/// gives it back without meaning it.
using PublishedBefore = std::function<bool(const Character&, std::string_view text)>;

/// Merges one more. Changes nothing itself.
///
/// Among characters of one voice the one that publishes the text of the update is meant. A client that
/// brings one of Unmute's themes instead of a text cares little who plays it: where nobody has the voice, the
/// first good character does, with a warning. Error: character_not_found, naming those there are.
Result<SelectionChange> select(const CharacterSet& set, const Selection& current,
                               const events::Configure& update, const PublishedBefore& published_before = {});

/// The same where somebody plays, whatever the client names (events::Configure::stand_in): a voice without a
/// character, where nobody is named and nobody plays, which is what the client says it is. It never fails.
Result<SelectionChange> select_or_stand_in(const CharacterSet& set, const Selection& current,
                                           const events::Configure& update);

}  // namespace unmuted
