#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/http_client.hpp"
#include "services/model_address.hpp"
#include "services/refusal.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

/// With what is left of a response that nobody reads to its end.
inline constexpr std::chrono::milliseconds rest_patience{200};

/// How a server is reached, and how long it is waited for.
struct OpenAiServerOptions {
  std::string url;      ///< "http://localhost:8000", "https://api.example.com/v1": see ModelAddress
  std::string model;    ///< that it is asked for
  std::string api_key;  ///< none when empty; never in a message
  std::string ca_file;  ///< certificates to trust besides the system's; none when empty
  std::chrono::milliseconds connect_timeout{2'000};  ///< for each address of the server
  std::chrono::milliseconds patience{180'000};       ///< for the first byte of an answer, loading included
  std::chrono::milliseconds idle_timeout{60'000};    ///< the longest silence after it
  std::chrono::milliseconds total_timeout{300'000};  ///< the longest answer, from its first byte
  std::chrono::milliseconds health_timeout{2'000};   ///< of the question whether it is up
  /// Before the second try at a server that is full; each further one is half as long again.
  std::chrono::milliseconds capacity_pause{50};
  /// The same at a server that is loading its model; ten seconds at the most.
  std::chrono::milliseconds loading_pause{500};
  std::shared_ptr<spdlog::logger> log;  ///< for the operator; null: nothing is logged
};

/// A server with the HTTP interface of OpenAI: how it is asked, and what is said of it when it fails.
/// Immutable; any thread.
class OpenAiServer {
 public:
  /// What it is to us, for messages.
  struct Role {
    std::string name;           ///< "language model"
    std::string key_variable;   ///< where its key is from
    std::string patience_hint;  ///< what to do about a model that takes long to load; may be empty
  };

  /// Error: invalid_url, invalid_configuration.
  static Result<OpenAiServer> create(Role role, OpenAiServerOptions options);

  [[nodiscard]] const OpenAiServerOptions& options() const { return options_; }
  [[nodiscard]] const ModelAddress& address() const { return address_; }
  [[nodiscard]] const net::HttpClient& client() const { return client_; }

  /// A request with what all have in common. The server may keep silent for `silence`.
  [[nodiscard]] net::HttpClientRequest request(ModelEndpoint endpoint,
                                               std::chrono::milliseconds silence) const;

  [[nodiscard]] std::string without_key(std::string text) const;

  // "The language model at URL <what>: <cause>", without the key.
  [[nodiscard]] Error error_of(const std::string& code, const std::string& what,
                               const std::string& cause) const;
  [[nodiscard]] Error unavailable(const std::string& cause) const;
  [[nodiscard]] Error refused(const Refusal& refusal, ModelEndpoint endpoint) const;
  /// `error`: of an HttpExchange. `loading`: the server's last word, if it was that. `begun`: a byte of the
  /// answer had come.
  [[nodiscard]] Error failed(const Error& error, const std::optional<Refusal>& loading, bool begun) const;

 private:
  OpenAiServer(Role role, OpenAiServerOptions options, ModelAddress address, net::HttpClient client);
  [[nodiscard]] Error still_loading(const std::string& cause) const;

  Role role_;
  OpenAiServerOptions options_;
  ModelAddress address_;
  net::HttpClient client_;
};

/// "180 s", "50 ms".
std::string to_text(Duration duration);

}  // namespace unmuted
