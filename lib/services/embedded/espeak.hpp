#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "characters/embedded_voice.hpp"
#include "core/result.hpp"
#include "services/embedded/child.hpp"
#include "services/clauses.hpp"
#include "services/embedded/sound.hpp"

namespace unmuted::embedded {

/// espeak-ng as a program of its own, one process a clause: its licence and its faults stay its own.
struct Espeak {
  std::string program = "espeak-ng";  ///< looked for in PATH
  ChildLimits limits{};

  /// A clause as it speaks it; the calling thread waits, for some 30 ms. Where words begin is guessed by
  /// their lengths. Error: service_unavailable.
  [[nodiscard]] Result<Sound> speak(const EspeakVoice& voice, const Clause& clause,
                                    const std::stop_token& unwanted) const;

  /// Whether it can be run. Error: service_unavailable.
  [[nodiscard]] Result<void> check(const std::stop_token& unwanted) const;
};

struct Wave {
  int rate = 0;  ///< samples a second
  std::vector<std::int16_t> samples;
};

/// Reads a WAV file of 16 bits, mono, whose header may say any length: what there is counts. Error:
/// service_unavailable.
Result<Wave> read_wave(std::string_view file);

}  // namespace unmuted::embedded
