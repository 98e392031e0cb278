#pragma once

#include <string>
#include <string_view>

namespace unmuted {

/// The server's standard system prompt around a character's instructions: how to speak aloud, what the
/// transcription does to words, which language to use, what silence and a farewell look like.
/// `language` as in Instructions: "en", "fr", "en/fr", "fr/en" or a BCP 47 tag.
std::string standard_prompt(std::string_view instructions, std::string_view language);

/// Instructions for a character that has no text of its own to tell: a good conversation, about anything.
std::string default_instructions(std::string_view language);

}  // namespace unmuted
