#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace unmuted::probe {

/// What one session has said and heard, each in the order in which it came: all that is measured of it.
struct VoiceLog {
  struct Utterance {
    TimePoint began, ended;  ///< of what is loud enough to be heard of it
    std::string text;        ///< empty when it is not known
  };
  struct Word {  ///< or several: what one event told
    TimePoint arrived;
    std::string text;
  };
  struct Piece {
    TimePoint arrived;
    std::size_t samples = 0;
  };
  struct Reply {
    TimePoint created;
    std::vector<TimePoint> words{};   ///< when each was told
    std::vector<Piece> pieces{};      ///< of its sound
    std::vector<std::int16_t> pcm{};  ///< the sound, 24 kHz mono
  };

  std::vector<Utterance> said{};
  std::vector<Word> transcript{};           ///< of what it said
  std::vector<Reply> replies{};             ///< those that the server has begun
  std::vector<TimePoint> speech_started{};  ///< when the server said that it hears the session speak
  struct Interruption {
    TimePoint told;
    std::size_t replies = 0;  ///< that had begun by then: the last of them was interrupted
  };
  std::vector<Interruption> interruptions{};  ///< by its voice
  std::vector<std::string> faults{};          ///< of the audio that came; empty: it can be played anywhere
};

}  // namespace unmuted::probe
