#pragma once

#include <optional>
#include <variant>

#include "audio/pcm.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/turn_id.hpp"

/// What a speaker reports of the words that it was given.
namespace unmuted::spoken {

/// The next word of the turn has been spoken: with a voice, when it begins to be heard.
struct Word {
  TurnId turn;
  Duration ahead{};  ///< of the sound that has been taken, what is from its begin on
};

/// All words of the turn have been spoken, also those that were not reported one by one.
struct UtteranceEnded {
  TurnId turn;
};

/// The next sound of the turn, to be sent now.
struct Audio {
  TurnId turn;
  audio::Samples samples;  ///< audio::frame_samples, less only at the end
  /// Of the turn's first sound: when it came from who speaks.
  std::optional<TimePoint> came_at{};
};

/// Who speaks has failed: nothing more of the turn is spoken.
struct Failed {
  TurnId turn;
  Error error;  ///< for the client: names the service and the cause
};

}  // namespace unmuted::spoken

namespace unmuted {

using Spoken = std::variant<spoken::Word, spoken::UtteranceEnded, spoken::Audio, spoken::Failed>;

}  // namespace unmuted
