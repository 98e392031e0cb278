#pragma once

#include <memory>

#include "core/result.hpp"
#include "services/openai_server.hpp"
#include "services/speech_to_text.hpp"

namespace unmuted {

struct OpenAiHearingOptions : OpenAiServerOptions {
  OpenAiHearingOptions();
};

/// Speech in by a server with OpenAI's `POST /audio/transcriptions`, which speaches, LocalAI and
/// whisper.cpp's have too: a request an utterance, which is cut where it is longer than 30 seconds. Its
/// streams fail when two minutes of speech wait. Retries and what is refused as those of openai_speech().
/// Does not connect yet. Errors: invalid_url, invalid_configuration.
///
/// Few servers say when each word began: without that, it is guessed from the letters before it.
Result<std::unique_ptr<SpeechToText>> openai_hearing(OpenAiHearingOptions options);

}  // namespace unmuted
