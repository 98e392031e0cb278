#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted {

/// Who speaks or listens for the server, as the operator says it; the kind follows from the address.
struct SpeechAddress {
  enum class Kind {
    off,
    embedded,  ///< what comes with the server
    openai,    ///< http or https: a server with OpenAI's interface for speech
    kyutai     ///< ws or wss: one of Kyutai's services
  };

  Kind kind = Kind::off;
  std::string url{};  ///< of the last two; as it was given

  /// "off", "embedded" or a URL. Error: invalid_url, which says what is expected.
  static Result<SpeechAddress> of(std::string_view text);

  /// For people: "off", "embedded", "openai-compatible", "kyutai".
  [[nodiscard]] std::string_view kind_name() const;
};

}  // namespace unmuted
