#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "metrics/metrics.hpp"
#include "services/language_model.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

struct OpenAiOptions {
  std::string url;      ///< "http://localhost:8000", "https://api.example.com/v1": see ModelAddress
  std::string model;    ///< empty: the only one that the server has
  std::string api_key;  ///< none when empty; never in a message
  std::string extra;    ///< a JSON object that is merged into each request; none when empty
  std::string ca_file;  ///< certificates to trust besides the system's; none when empty
  std::chrono::milliseconds connect_timeout{2'000};  ///< for each address of the server
  std::chrono::milliseconds patience{180'000};       ///< for the first byte of a reply, loading included
  std::chrono::milliseconds idle_timeout{60'000};    ///< the longest silence after it
  std::chrono::milliseconds total_timeout{300'000};  ///< the longest reply, from its first byte
  std::chrono::milliseconds health_timeout{2'000};   ///< of LanguageModel::up
  /// Before the second try at a server that is full; each further one is half as long again.
  std::chrono::milliseconds capacity_pause{50};
  /// The same at a server that is loading its model; ten seconds at the most.
  std::chrono::milliseconds loading_pause{500};
  std::shared_ptr<spdlog::logger> log;  ///< for the operator; null: nothing is logged
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
