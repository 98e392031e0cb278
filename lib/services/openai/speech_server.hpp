#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "net/asio.hpp"
#include "services/openai_server.hpp"

namespace unmuted::openai {

/// The parameters of requests that a server refuses.
using Refused = std::set<std::string, std::less<>>;

/// A speech server as all requests to it see it, with what has been learned of it. Any thread.
class SpeechServer final : public OpenAiServer {
 public:
  /// Error: invalid_url, invalid_configuration.
  static Result<std::shared_ptr<SpeechServer>> create(Role role, OpenAiServerOptions options);

  /// What it is not asked with any more.
  [[nodiscard]] Refused refused_parameters() const;
  /// It takes a request without these. Each new one is one warning to the operator, with what was said.
  void learn(const Refused& parameters, const std::string& said);

 private:
  explicit SpeechServer(OpenAiServer server) : OpenAiServer(std::move(server)) {}

  mutable std::mutex mutex_;
  Refused refused_;
};

/// Whether it answers, whatever it answers to the question for its models, but for errors of its own (5xx):
/// some have no list of them. In the health timeout.
net::awaitable<bool> answers(std::shared_ptr<SpeechServer> server);

}  // namespace unmuted::openai
