#include "session/selection.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "conversation/prompt.hpp"
#include "core/unicode.hpp"
#include "core/utf8.hpp"
#include "services/voice_store.hpp"

namespace unmuted {
namespace {

struct GivenText {
  std::string text, language;
};

/// The instructions of an update when they are text.
std::optional<GivenText> text_of(const events::Configure& update) {
  if (!update.instructions || update.instructions->kind != events::Instructions::Kind::text)
    return std::nullopt;
  return GivenText{update.instructions->text, update.instructions->language.value_or("en")};
}

/// Whom a client means that sends a voice of its own and none of its texts.
GivenText small_talk(const events::Configure& update) {
  std::optional<std::string> language;
  if (update.instructions) language = update.instructions->language;
  return {
      "You are somebody who likes to talk with people. Chat about whatever comes up: ask what interests you, "
      "say what you think, and keep it to a sentence or two.",
      language.value_or("en")};
}

bool is_its_own(const Character& character, std::string_view text) {
  return text == character.instructions.text || text == character.instructions.published();
}

/// How clearly a text of the client's points to a character: it is its own, or was before an edit.
enum class Hint { none, former, own };

Hint hint_of(const Character& character, std::string_view text, const PublishedBefore& published_before) {
  if (is_its_own(character, text)) return Hint::own;
  return published_before && published_before(character, text) ? Hint::former : Hint::none;
}

/// Whom the client means, or null.
CharacterPtr find(const CharacterSet& set, const std::string& voice, const std::optional<GivenText>& given,
                  const PublishedBefore& published_before) {
  CharacterPtr found = set.find(voice);
  if (!found || !given || nfc(found->name) == nfc(voice)) return found;
  CharacterPtr meant = found;
  Hint clearest = Hint::none;
  for (const CharacterPtr& one : set.characters()) {
    if (one->voice.path_on_server != found->voice.path_on_server) continue;
    const Hint hint = hint_of(*one, given->text, published_before);
    if (hint > clearest) {
      meant = one;
      clearest = hint;
    }
  }
  return meant;
}

CharacterPtr first_good(const CharacterSet& set) {
  const auto good = std::find_if(set.characters().begin(), set.characters().end(),
                                 [](const CharacterPtr& one) { return one->good.value_or(false); });
  return good == set.characters().end() ? nullptr : *good;
}

CharacterPtr ad_hoc_character(const std::string& voice, GivenText given) {
  auto character = std::make_shared<Character>();
  character->origin.format = "ad-hoc";
  character->origin.file_name = "ad-hoc";
  character->name = voice;
  character->voice.source_type = "file";
  character->voice.path_on_server = voice;
  character->instructions = {std::move(given.text), std::move(given.language), {}};
  return character;
}

tl::unexpected<Error> not_found(const CharacterSet& set, const std::string& voice) {
  const std::string message =
      "There is no character or voice '" + shorten(printable(voice), 100) + "' in this cast; there are: ";
  std::string names;
  for (const auto& character : set.characters()) {
    if (!names.empty()) names += ", ";
    names += character->name;
    if (names.size() > 2000) break;
  }
  return fail("character_not_found", message + (names.empty() ? "none" : shorten(names, 2000)),
              "session.voice");
}

Error played_by_another(const std::string& voice, const Character& character) {
  return {"character_not_found",
          "Nobody here has the voice '" + shorten(printable(voice), 100) + "'; " + character.name +
              " plays instead",
          "session.voice"};
}

Error unknown_theme(const events::Instructions& given) {
  const std::string what = given.type.empty()
                               ? "session.instructions has neither a type nor a text"
                               : "session.instructions.type '" + shorten(printable(given.type), 100) +
                                     "' is unknown here and brings no text";
  return {"invalid_event", what + "; the character speaks by its own", "session.instructions.type"};
}

}  // namespace

bool same_conversation(const Selection& a, const Selection& b) {
  if (a.ad_hoc != b.ad_hoc || a.text != b.text) return false;
  if (!a.ad_hoc) return a.character == b.character;
  return a.character->name == b.character->name &&
         a.character->instructions.text == b.character->instructions.text &&
         a.character->instructions.language == b.character->instructions.language;
}

events::Configured Selection::told(std::string session_id, bool allow_recording) const {
  events::Configured configured{std::move(session_id), {}, name(), allow_recording};
  if (character) configured.voice = ad_hoc ? character->name : character->voice.path_on_server;
  return configured;
}

std::optional<std::string> Selection::name() const {
  if (!character || ad_hoc) return std::nullopt;
  return character->name;
}

void Selection::forget_character() {
  character = nullptr;
  text.reset();
  ad_hoc = false;
}

Result<SelectionChange> select(const CharacterSet& set, const Selection& current,
                               const events::Configure& update, const PublishedBefore& published_before) {
  SelectionChange change{current, false, {}};
  Selection& next = change.selection;
  if (update.context) next.context = *update.context;

  const bool ignored =
      update.instructions && update.instructions->kind == events::Instructions::Kind::unknown;
  if (ignored) change.warnings.push_back(unknown_theme(*update.instructions));
  std::optional<GivenText> given = text_of(update);
  if (update.voice) {
    next.character = find(set, *update.voice, given, published_before);
    const bool cloned = !next.character && is_cloned_voice(*update.voice);
    if (cloned && !given && (update.instructions || !current.ad_hoc)) given = small_talk(update);
    if (!next.character && update.instructions && !given) {
      next.character = first_good(set);
      if (next.character) change.warnings.push_back(played_by_another(*update.voice, *next.character));
    }
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
    const bool unchanged =
        next.character && hint_of(*next.character, given->text, published_before) != Hint::none;
    next.text = unchanged ? std::nullopt : std::optional(std::move(given->text));
  } else if (update.instructions && !ignored) {
    next.text.reset();  // a theme of the Unmute client: the character as it is
  }
  change.restart = next.character && !same_conversation(current, next);
  return change;
}

namespace {

/// A name of a voice is not a voice of every service: where it is none, somebody's of the cast is borrowed.
CharacterPtr stand_in(const CharacterSet& set, const std::string& voice) {
  const CharacterPtr good = first_good(set);
  const CharacterPtr lender = good || set.characters().empty() ? good : set.characters().front();
  const std::string borrowed = lender ? lender->voice.path_on_server : voice;
  auto character = std::make_shared<Character>();
  character->origin.format = "ad-hoc";
  character->origin.file_name = "ad-hoc";
  character->name = voice.empty() ? borrowed : voice;
  character->voice.source_type = "file";
  const bool is_place = voice.find_first_of("/:") != std::string::npos;
  character->voice.path_on_server = is_place ? voice : borrowed;
  if (!voice.empty()) character->voice.names["openai"] = voice;
  if (voice.starts_with("flite:") || voice.starts_with("espeak:")) character->voice.names["embedded"] = voice;
  character->instructions = {default_instructions("en"), "en", {}};
  return character;
}

}  // namespace

Result<SelectionChange> select_or_stand_in(const CharacterSet& set, const Selection& current,
                                           const events::Configure& update) {
  SelectionChange change{current, false, {}};
  Selection& next = change.selection;
  next.stands_in = true;
  if (update.context) next.context = *update.context;
  if (update.voice) next.wished_voice = *update.voice;
  if (update.name) next.wished_name = *update.name;
  // With nobody there all counts that was ever named: another cast may know it.
  const bool voice_counts = update.voice || !current.character;
  const bool name_counts = update.name || !current.character;
  CharacterPtr found = voice_counts && !next.wished_voice.empty() ? set.find(next.wished_voice) : nullptr;
  if (!found && name_counts && !next.wished_name.empty()) found = set.find(next.wished_name);
  if (found) {
    next.character = std::move(found);
    next.ad_hoc = false;
    next.text.reset();
  } else if (!current.character || (current.ad_hoc && update.voice)) {
    next.character = stand_in(set, next.wished_voice);
    next.ad_hoc = true;
  }
  change.restart = !current.character || !same_conversation(current, next);
  return change;
}

}  // namespace unmuted
