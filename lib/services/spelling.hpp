#pragma once

#include <string>
#include <string_view>

namespace unmuted {

/// What an engine is given for a word that is said: parts with single spaces between them. Empty when nothing
/// of it can be spoken or is a pause; any bytes are taken.
using Spelling = std::string (*)(std::string_view word);

/// ASCII alone: accents and typographic signs become plain ones, other scripts are left out.
std::string spelled_for_flite(std::string_view word);

/// UTF-8 without controls, emoji, and the brackets that begin phonemes for espeak-ng, and for servers that
/// use it.
std::string spelled_in_unicode(std::string_view word);

/// Whether something of what is spelled is heard, and not only a pause.
bool is_heard(std::string_view spelled);

}  // namespace unmuted
