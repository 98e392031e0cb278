#pragma once

#include <chrono>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace unmuted {

/// A moment as a script sees it (see CallContext): in UTC when `timezone` is "UTC", else in the local time of
/// this process, which `timezone` is the name of.
nlohmann::json script_time(std::chrono::system_clock::time_point moment, std::string_view timezone);

}  // namespace unmuted
