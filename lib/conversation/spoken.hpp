#pragma once

#include <variant>

#include "core/turn_id.hpp"

/// What a speaker reports of the words that it was given.
namespace unmuted::spoken {

/// The next word of the turn has been spoken.
struct Word {
  TurnId turn;
};

/// All words of the turn have been spoken, also those that were not reported one by one.
struct UtteranceEnded {
  TurnId turn;
};

}  // namespace unmuted::spoken

namespace unmuted {

using Spoken = std::variant<spoken::Word, spoken::UtteranceEnded>;

}  // namespace unmuted
