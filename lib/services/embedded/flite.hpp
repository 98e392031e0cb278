#pragma once

#include <stop_token>

#include "characters/embedded_voice.hpp"
#include "services/clauses.hpp"
#include "services/embedded/sound.hpp"

namespace unmuted::embedded {

/// A clause as flite speaks it, which takes some 15 ms of a processor a second of sound. Any thread, also
/// many at once. Of a clause that nobody wants any more, anything.
Sound speak_with_flite(const FliteVoice& voice, const Clause& clause, const std::stop_token& unwanted);

}  // namespace unmuted::embedded
