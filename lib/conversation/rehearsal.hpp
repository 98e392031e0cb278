#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "events/notice.hpp"

namespace unmuted {

inline constexpr std::size_t max_rehearsed_bytes = 200;  ///< of what is repeated

/// What a character without a script of its own says while no language model is connected. To an empty
/// history it introduces itself; after that it says that there is no language model, and repeats the user's
/// last message. In French when `language` begins with "fr", else in English. `name` is empty for a voice
/// that no character has: nobody introduces himself by the path of a file. `chat_history`:
/// History::for_client.
std::string rehearsal_reply(std::string_view name, std::string_view language,
                            std::span<const events::Message> chat_history);

}  // namespace unmuted
