#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "services/language_model.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"
#include "services/voice_cloning.hpp"
#include "services/voice_store.hpp"
#include "session/host.hpp"
#include "session/recordings.hpp"

namespace unmuted {

struct Config;

// Whom the configuration names, for the host's sessions; null where that is nobody. None connects yet. The
// host outlives them. Errors: invalid_url, invalid_configuration.

/// Where cloned voices are kept: never null, for other servers may clone what is spoken here.
Result<std::unique_ptr<VoiceStore>> find_voice_store(const Config& config, SessionHost& host);
/// The host has its store by then.
Result<std::unique_ptr<VoiceCloning>> find_voice_cloning(const Config& config, SessionHost& host);
Result<std::unique_ptr<Recordings>> find_recordings(const Config& config, SessionHost& host);
Result<std::unique_ptr<LanguageModel>> find_language_model(const Config& config, SessionHost& host);
Result<std::unique_ptr<TextToSpeech>> find_text_to_speech(const Config& config, SessionHost& host);
Result<std::unique_ptr<SpeechToText>> find_speech_to_text(const Config& config, SessionHost& host);

/// What of the speech that is configured will not work or has no effect, a sentence each: for the operator,
/// before a user finds out. Runs a program and looks for files: blocks for some 30 ms.
std::vector<std::string> speech_warnings(const Config& config);

}  // namespace unmuted
