#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "characters/character_set.hpp"
#include "core/result.hpp"
#include "events/client_event.hpp"

namespace unmuted {

/// What a client has asked for with session.update so far, all its events merged.
struct Selection {
  CharacterPtr character;           ///< null: none is active
  std::optional<std::string> text;  ///< instructions that replace the character's own
  bool ad_hoc = false;              ///< the character is a voice with instructions of the client's
  bool allow_recording = false;
  nlohmann::json context;  ///< what the character's script sees as ctx.context
};

struct SelectionChange {
  Selection selection;
  bool restart = false;  ///< another character, voice or text: a new script instance and a new conversation
};

/// Merges one session.update. Changes nothing itself. Error: character_not_found, naming those there are.
Result<SelectionChange> select(const CharacterSet& set, const Selection& current,
                               const events::SessionUpdate& update);

}  // namespace unmuted
