#pragma once

namespace spdlog {
class logger;
}

namespace unmuted {

struct Options;

/// Sets the level and the format of the log: one line an event, as text or as a JSON object.
void configure(spdlog::logger& log, const Options& options);

}  // namespace unmuted
