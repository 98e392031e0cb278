#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted {

/// What a server with OpenAI's interface can be asked for.
enum class ModelEndpoint { completions, models, speech, transcriptions };

/// Where a model server's interface is.
///
/// An address with a path is taken as it is, one without gets /v1; the path of an endpoint itself may be
/// given, too. A query stays on every request.
class ModelAddress {
 public:
  /// Error: invalid_url; the message says what an address is like.
  static Result<ModelAddress> of(std::string_view url);

  [[nodiscard]] std::string url(ModelEndpoint endpoint) const { return origin_ + path(endpoint) + query_; }
  [[nodiscard]] std::string path(ModelEndpoint endpoint) const;

  /// For messages: without the query, which may hold a secret.
  [[nodiscard]] const std::string& shown() const { return shown_; }

  /// What to try when there is nothing at the path; may be empty.
  [[nodiscard]] std::string hint() const;

  /// Azure's own deployments take their key in a header of their own.
  [[nodiscard]] bool is_azure() const;

 private:
  std::string origin_;  ///< scheme://host:port
  std::string base_;    ///< the path, without a slash at its end
  std::string query_;   ///< with its question mark; empty when there is none
  std::string shown_;
};

}  // namespace unmuted
