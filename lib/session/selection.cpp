#include "session/selection.hpp"

#include <memory>
#include <utility>
#include <variant>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

struct GivenText {
  std::string text, language;
};

/// The instructions of an update when they are text; the themes of the Unmute client are none.
std::optional<GivenText> text_of(const events::SessionUpdate& update) {
  if (!update.instructions) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&*update.instructions)) return GivenText{*text, "en"};
  const auto& given = std::get<events::Instructions>(*update.instructions);
  if (given.kind() != events::Instructions::Kind::text) return std::nullopt;
  return GivenText{*given.text, given.language.value_or("en")};
}

CharacterPtr ad_hoc_character(const std::string& voice, GivenText given) {
  auto character = std::make_shared<Character>();
  character->format = "ad-hoc";
  character->file_name = "ad-hoc";
  character->name = voice;
  character->voice.source_type = "file";
  character->voice.path_on_server = voice;
  character->instructions = {std::move(given.text), std::move(given.language)};
  return character;
}

tl::unexpected<Error> not_found(const CharacterSet& set, const std::string& voice) {
  std::string message = "No character or voice '" + shorten(printable(voice), 100) + "' in " +
                        printable(set.directory()) + "; there are: ";
  std::string names;
  for (const auto& character : set.characters()) {
    if (!names.empty()) names += ", ";
    names += character->name;
    if (names.size() > 2000) break;
  }
  return fail("character_not_found", message + (names.empty() ? "none" : shorten(names, 2000)),
              "session.voice");
}

/// Whether going from one to the other keeps the conversation.
bool same_conversation(const Selection& a, const Selection& b) {
  if (a.ad_hoc != b.ad_hoc || a.text != b.text) return false;
  if (!a.ad_hoc) return a.character == b.character;
  return a.character->name == b.character->name &&
         a.character->instructions.text == b.character->instructions.text &&
         a.character->instructions.language == b.character->instructions.language;
}

}  // namespace

Result<SelectionChange> select(const CharacterSet& set, const Selection& current,
                               const events::SessionUpdate& update) {
  SelectionChange change{current, false};
  Selection& next = change.selection;
  if (update.allow_recording) next.allow_recording = *update.allow_recording;
  if (update.context) next.context = *update.context;

  std::optional<GivenText> given = text_of(update);
  if (update.voice) {
    next.character = set.find(*update.voice);
    next.ad_hoc = !next.character;
  }
  if (next.ad_hoc && (update.voice || given)) {
    // A voice of no character: the client's own text makes one of it.
    const std::string voice = update.voice ? *update.voice : current.character->name;
    if (!given && current.ad_hoc) {
      given = GivenText{current.character->instructions.text, current.character->instructions.language};
    }
    if (!given) return not_found(set, voice);
    next.character = ad_hoc_character(voice, std::move(*given));
    next.text.reset();
  } else if (given) {
    const bool is_its_own = next.character && given->text == next.character->instructions.text;
    next.text = is_its_own ? std::nullopt : std::optional(std::move(given->text));
  } else if (update.instructions) {
    next.text.reset();  // a theme of the Unmute client: the character as it is
  }
  change.restart = next.character && !same_conversation(current, next);
  return change;
}

}  // namespace unmuted
