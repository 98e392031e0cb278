#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "services/openai_server.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted {

struct OpenAiSpeechOptions : OpenAiServerOptions {
  OpenAiSpeechOptions();

  std::string voice = "alloy";  ///< for characters that name none for "openai"
};

/// Speech out by a server with OpenAI's `POST /audio/speech`, which Kokoro-FastAPI, speaches and LocalAI have
/// too: a request a clause, whose sound is passed on as it arrives. A server that is full is asked five
/// times, one that loads its model for as long as `patience`. What it refuses to be asked with is left out,
/// then and later. Does not connect yet. Errors: invalid_url, invalid_configuration.
///
/// Servers do not say when each word begins: it is guessed from the letters before it.
Result<std::unique_ptr<TextToSpeech>> openai_speech(OpenAiSpeechOptions options);

}  // namespace unmuted
