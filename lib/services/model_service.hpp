#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

#include "metrics/metrics.hpp"
#include "services/chat_request.hpp"
#include "services/openai_model.hpp"
#include "services/openai_server.hpp"

namespace unmuted {

/// A model server as all replies see it, with what has been learned of its model. Any thread.
class ModelService : public OpenAiServer {
 public:
  /// Error: invalid_url, invalid_configuration. `metrics` lives longer.
  static Result<std::shared_ptr<ModelService>> create(OpenAiOptions options, Metrics& metrics);

  [[nodiscard]] const nlohmann::json& extra() const { return extra_; }
  [[nodiscard]] Metrics& metrics() const { return metrics_; }

  /// The name of the model, when it is known.
  [[nodiscard]] std::string model() const;
  /// Empty after a failure: the server may have been started again with another model.
  void discovered(const std::string& model);

  /// What the model is not asked with any more.
  [[nodiscard]] Concessions concessions() const;
  /// The model takes a request with these. Each new one is one warning to the operator, with what was said.
  void concede(const Concessions& made, const std::string& said);

  /// Whether its replies begin in the middle of a thought: see ReplyTextReader.
  [[nodiscard]] bool begins_in_thought() const;
  void begins_in_thought(bool begins);

  /// What was not understood of a reply.
  void passed_over(std::size_t chunks, std::size_t calls) const;

 private:
  ModelService(OpenAiServer server, nlohmann::json extra, Metrics& metrics);

  const nlohmann::json extra_;
  Metrics& metrics_;

  mutable std::mutex mutex_;
  std::string discovered_;
  std::string learned_of_;  ///< the discovered model that the rest was learned of
  Concessions concessions_;
  bool begins_in_thought_ = false;
};

}  // namespace unmuted
