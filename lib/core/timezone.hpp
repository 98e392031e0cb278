#pragma once

#include <string>

namespace unmuted {

/// The IANA name of the system's time zone ("Europe/Paris"): from TZ, else /etc/localtime, else
/// /etc/timezone, else "UTC". Reads the file system: at start, not in a loop.
std::string system_timezone();

}  // namespace unmuted
