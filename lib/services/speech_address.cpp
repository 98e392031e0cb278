#include "services/speech_address.hpp"

#include "core/utf8.hpp"
#include "net/url.hpp"

namespace unmuted {

Result<SpeechAddress> SpeechAddress::of(std::string_view text) {
  if (text == "off") return SpeechAddress{Kind::off};
  if (text == "embedded") return SpeechAddress{Kind::embedded};
  const auto url = net::parse_url(text);
  if (!url) {
    return fail(
        "invalid_url",
        "Expected embedded, off, or the URL of a speech server (http, https, ws, wss): " + printable(text));
  }
  const bool web_socket = url->scheme == "ws" || url->scheme == "wss";
  return SpeechAddress{web_socket ? Kind::kyutai : Kind::openai, std::string(text)};
}

std::string_view SpeechAddress::kind_name() const {
  switch (kind) {
    case Kind::embedded:
      return "embedded";
    case Kind::openai:
      return "openai-compatible";
    case Kind::kyutai:
      return "kyutai";
    case Kind::off:
      break;
  }
  return "off";
}

}  // namespace unmuted
