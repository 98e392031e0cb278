#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"

namespace unmuted {

struct OpenAiOptions {
  std::string url;      ///< "http://localhost:8000", "https://api.example.com/v1": with or without the /v1
  std::string model;    ///< empty: the only one that the server has
  std::string api_key;  ///< none when empty; never in a message
  std::string ca_file;  ///< certificates to trust besides the system's; none when empty
  std::chrono::milliseconds connect_timeout{2'000};  ///< for each address of the server
  std::chrono::milliseconds idle_timeout{60'000};    ///< the longest silence in a reply
  std::chrono::milliseconds total_timeout{300'000};  ///< the longest reply
  std::chrono::milliseconds health_timeout{2'000};   ///< of LanguageModel::up
  std::chrono::milliseconds capacity_pause{
      50};  ///< before the second try; each further one is half as long again
};

/// A language model behind the HTTP interface of OpenAI, which vLLM, llama.cpp, Ollama and others speak too.
/// A server that answers 429 or 503 is at capacity: it is asked five times. Does not connect yet. `metrics`
/// lives longer. Errors: invalid_url, invalid_configuration.
Result<std::unique_ptr<LanguageModel>> openai_model(OpenAiOptions options, Metrics& metrics);

}  // namespace unmuted
