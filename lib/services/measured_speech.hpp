#pragma once

#include <memory>

#include "metrics/metrics.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted {

/// `service`, whatever it is, with the metrics of speech-out (worker_tts_*). `metrics` outlives it.
std::unique_ptr<TextToSpeech> measured(std::unique_ptr<TextToSpeech> service, Metrics& metrics);

}  // namespace unmuted
