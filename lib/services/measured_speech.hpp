#pragma once

#include <memory>

#include "metrics/metrics.hpp"
#include "services/speech_to_text.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted {

/// `service`, whatever it is, with the metrics of speech-out (worker_tts_*). `metrics` outlives it.
std::unique_ptr<TextToSpeech> measured(std::unique_ptr<TextToSpeech> service, Metrics& metrics);

/// The same of speech-in (worker_stt_*).
std::unique_ptr<SpeechToText> measured(std::unique_ptr<SpeechToText> service, Metrics& metrics);

}  // namespace unmuted
