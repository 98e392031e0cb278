#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"

namespace unmuted {

namespace net {
struct HttpResponse;
}

/// A server that cannot be used. The message is the cause alone: who asked adds the server's name.
inline tl::unexpected<Error> fail_unavailable(std::string cause) {
  return fail("service_unavailable", std::move(cause));
}

/// What an object from a server says of a failure, in one line: the message of its `error`, or of itself.
/// Empty when it says nothing, as `"error": null` does.
std::string said_failure(const nlohmann::json& answer);

/// What a server says in the body of a failed request, in one line: the message of its JSON, else the text.
std::string failure_text(std::string_view body);

/// An answer that is not what was asked for.
struct Refusal {
  enum class Kind {
    other,
    full,    ///< no place now: worth another try in a moment
    loading  ///< not ready yet: worth waiting for
  };

  unsigned status = 0;
  Kind kind = Kind::other;
  std::string text;       ///< what the server says, in one line; names the parameter
  std::string parameter;  ///< that is refused, if it is named by itself: "temperature", "messages.0.role"
  std::string code;       ///< the server's word for the kind of failure, if any: "unsupported_value"
  /// When the server asks to come back, if it says so.
  std::optional<std::chrono::milliseconds> retry_after;
};

/// Whether `word` stands in the text as a word of its own, so that "get_temperature" is none.
bool names_word(std::string_view text, std::string_view word);

/// Whether something is refused as a whole, and not for how it is written. `said`: in lower case.
bool is_about_support(std::string_view said);

/// `body` is as much of it as was read.
Refusal read_refusal(const net::HttpResponse& response, std::string_view body);

}  // namespace unmuted
