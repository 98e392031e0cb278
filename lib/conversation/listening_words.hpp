#pragma once

#include <string_view>

namespace unmuted {

// Words that say something of whose turn it is. `language` as a character has it: "en", "fr", "en/fr",
// "pt-BR"; of one that is not known only what is said everywhere is.

/// Whether the word says only that somebody listens: "mm-hm", "yeah", "oui", "d'accord". Punctuation and
/// capitals make no difference.
bool is_backchannel(std::string_view word, std::string_view language);

/// Whether somebody who pauses after this word has more to say: "and", "but", "um", "et", "mais", "euh".
bool asks_for_more(std::string_view word, std::string_view language);

}  // namespace unmuted
