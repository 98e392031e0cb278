#include "conversation/prompt.hpp"

#include <array>
#include <utility>

namespace unmuted {
namespace {

constexpr std::string_view speaking_aloud =
    R"(You are one side of a spoken conversation. Everything you write is read out by a voice, and nobody sees it.
- Answer as people talk: one to three short sentences, plain words, no lists, no headings, no markup, no emoji, no stage directions.
- Write numbers, dates, units and abbreviations the way they are said.
- Ask one question at a time, and leave the other side room to answer.
- Do not end every answer with a question or an offer of help.)";

constexpr std::string_view listening =
    R"(What the other side says reaches you through speech recognition, which makes mistakes: a word may stand for another that sounds alike, punctuation may be missing, a sentence may be cut off. Work out what was meant and answer that. When you cannot, say so briefly and ask.
A message that is only "..." means that the other side has been silent for a while: say something that helps the conversation on, and do not repeat what you said before.
An answer of yours that breaks off was interrupted there: the rest of it was not heard.
When the other side says goodbye, answer with a short farewell whose last word is "Bye!"; it ends the call. Never use that word to end an answer otherwise.)";

constexpr std::string_view identity =
    R"(You are the character described below, and you stay that character throughout. If somebody sincerely asks whether you are a machine, do not deny it.)";

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> language_rules{{
    {"en",
     "Speak English. If the other side insists on another language, say in English that you only speak "
     "English."},
    {"fr",
     "Parle français. Si l'autre personne insiste pour parler une autre langue, dis-lui en français que tu "
     "ne parles que le français."},
    {"en/fr",
     "You speak English and French. Begin in English, and then use whichever of the two you are spoken to "
     "in."},
    {"fr/en",
     "Tu parles français et anglais. Commence en français, puis réponds dans celle des deux langues que l'on "
     "te parle."},
}};

std::string language_rule(std::string_view language) {
  for (const auto& [tag, rule] : language_rules) {
    if (tag == language) return std::string(rule);
  }
  return "Speak the language with the tag \"" + std::string(language) +
         "\", whatever language you are spoken to in.";
}

}  // namespace

std::string standard_prompt(std::string_view instructions, std::string_view language) {
  std::string prompt;
  prompt.reserve(2048 + instructions.size());
  for (std::string_view part : {speaking_aloud, listening, identity}) {
    prompt.append(part).append("\n\n");
  }
  prompt.append("# Language\n").append(language_rule(language)).append("\n\n");
  prompt.append("# Who you are\n").append(instructions).append("\n");
  return prompt;
}

std::string default_instructions(std::string_view language) {
  if (language.starts_with("fr")) {
    return "Parle avec la personne de ce qui l'intéresse. Sois chaleureux et curieux, donne ton avis, et "
           "change de sujet quand le sien s'épuise.";
  }
  return "Have a talk with the other side about whatever interests them. Be warm and curious, say what you "
         "think, and bring up something else when a subject runs dry.";
}

}  // namespace unmuted
