#pragma once

#include <cstdint>

namespace unmuted {

/// One reply of the bot, from its beginning to its end. A session never uses a number twice.
enum class TurnId : std::uint64_t {};

}  // namespace unmuted
