#pragma once

#include <spdlog/logger.h>

#include "options.hpp"

namespace unmuted {

/// Sets the level and the format of the log: one line an event, as text or as a JSON object.
void configure(spdlog::logger& log, const Options& options);

}  // namespace unmuted
