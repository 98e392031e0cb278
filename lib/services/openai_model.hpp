#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"
#include "services/openai_server.hpp"

namespace unmuted {

/// For a language model. Without a model's name: the only one that the server has.
struct OpenAiOptions : OpenAiServerOptions {
  std::string extra;  ///< a JSON object that is merged into each request; none when empty
};

/// A language model behind the HTTP interface of OpenAI, which vLLM, llama.cpp, Ollama and others speak too.
/// A server that is full is asked five times, one that loads its model for as long as `patience`. What a
/// model refuses to be asked with is left out, then and later. Does not connect yet. `metrics` lives longer.
/// Errors: invalid_url, invalid_configuration.
///
/// It is up when the server answers, whatever it answers, but for the errors of its own (5xx): some serve no
/// list of models, or not to everybody. Without a name, the list must name one model.
Result<std::unique_ptr<LanguageModel>> openai_model(OpenAiOptions options, Metrics& metrics);

}  // namespace unmuted
