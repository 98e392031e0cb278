#pragma once

#include <stop_token>
#include <string>

#include "characters/embedded_voice.hpp"
#include "core/result.hpp"
#include "services/clauses.hpp"
#include "services/embedded/child.hpp"
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

}  // namespace unmuted::embedded
