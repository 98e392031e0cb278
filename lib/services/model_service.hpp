#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "metrics/metrics.hpp"
#include "net/http_client.hpp"
#include "services/chat_request.hpp"
#include "services/model_address.hpp"
#include "services/openai_model.hpp"
#include "services/refusal.hpp"

namespace unmuted {

/// With what is left of a response that nobody reads to its end.
inline constexpr std::chrono::milliseconds rest_patience{200};

/// A model server as all replies see it, with what has been learned of its model. Any thread.
class ModelService {
 public:
  /// Error: invalid_url, invalid_configuration. `metrics` lives longer.
  static Result<std::shared_ptr<ModelService>> create(OpenAiOptions options, Metrics& metrics);

  [[nodiscard]] const OpenAiOptions& options() const { return options_; }
  [[nodiscard]] const ModelAddress& address() const { return address_; }
  [[nodiscard]] const nlohmann::json& extra() const { return extra_; }
  [[nodiscard]] const net::HttpClient& client() const { return client_; }
  [[nodiscard]] Metrics& metrics() const { return metrics_; }

  /// A request with what all have in common. The server may keep silent for `silence`.
  [[nodiscard]] net::HttpClientRequest request(std::string url, std::chrono::milliseconds silence) const;

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

  /// "The language model at URL <what>: <cause>", without the key.
  [[nodiscard]] Error error_of(const std::string& code, const std::string& what,
                               const std::string& cause) const;
  [[nodiscard]] Error unavailable(const std::string& cause) const;
  /// `path`: what was asked for. `waited`: for a model that is being loaded.
  [[nodiscard]] Error refused(const Refusal& refusal, const std::string& path, Duration waited) const;

 private:
  ModelService(OpenAiOptions options, ModelAddress address, nlohmann::json extra, net::HttpClient client,
               Metrics& metrics);
  [[nodiscard]] std::string without_key(std::string text) const;

  const OpenAiOptions options_;
  const ModelAddress address_;
  const nlohmann::json extra_;
  const net::HttpClient client_;
  Metrics& metrics_;

  mutable std::mutex mutex_;
  std::string discovered_;
  std::string learned_of_;  ///< the discovered model that the rest was learned of
  Concessions concessions_;
  bool begins_in_thought_ = false;
};

/// "180 s", "50 ms".
std::string to_text(Duration duration);

}  // namespace unmuted
