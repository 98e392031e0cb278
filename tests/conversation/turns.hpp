#pragma once

#include "core/turn_id.hpp"

namespace unmuted {

// The turns that tests speak of.
inline constexpr TurnId t1{1};
inline constexpr TurnId t2{2};

}  // namespace unmuted
