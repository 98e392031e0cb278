#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted::events {

class Faults;

inline constexpr std::size_t max_user_text = 32U << 10U;  ///< bytes that a user may write at a time

/// What forbids to say this text, which is UTF-8, as the user's: that it is too long, or has control
/// characters other than tab, line feed and carriage return. `path`: where the text stands, may be empty.
void check_user_text(std::string_view text, const std::string& path, Faults& faults);

}  // namespace unmuted::events
