#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <tl/expected.hpp>

namespace unmuted {

/// A voice of flite, which speaks English.
struct FliteVoice {
  std::string speaker;  ///< "slt", "rms", "awb" or "kal16"
  double pitch = 0;     ///< as it is heard, in Hz; 0: the speaker's own
  double rate = 1;      ///< of the speaker's own
  double formants = 1;  ///< above 1 a smaller person seems to speak; without a pitch, that follows

  bool operator==(const FliteVoice&) const = default;
};

/// A voice of espeak-ng.
struct EspeakVoice {
  std::string language;  ///< as espeak-ng calls it: "fr", "pt-br"
  std::string variant;   ///< "f3"; empty: the language's own speaker
  int pitch = 50;        ///< 0 to 99
  int rate = 175;        ///< words a minute

  bool operator==(const EspeakVoice&) const = default;
};

/// A voice that the server has in itself, as a character's `voice.names.embedded` names it.
using EmbeddedVoice = std::variant<FliteVoice, EspeakVoice>;

/// Reads "flite:slt?pitch=180&rate=1.1&formants=0.95" or "espeak:fr+f3?pitch=60&rate=165". Error: what is
/// wrong with it, and what there is instead, after which "names no embedded voice: " can stand.
tl::expected<EmbeddedVoice, std::string> read_embedded_voice(std::string_view name);

/// What espeak-ng calls the language of a tag ("pt-BR", "zh-TW"), or the nearest to it that it speaks; of two
/// ("fr/en") the first counts. Nothing when it speaks none that is near.
std::optional<std::string> espeak_language(std::string_view tag);

}  // namespace unmuted
