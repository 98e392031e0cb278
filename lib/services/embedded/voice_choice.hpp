#pragma once

#include "characters/embedded_voice.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::embedded {

/// The voice that is named, where that can be read; else one by the path, always the same: of flite for
/// English and for what espeak-ng does not speak, of espeak-ng for every other language.
EmbeddedVoice choose_voice(const VoiceChoice& choice);

}  // namespace unmuted::embedded
