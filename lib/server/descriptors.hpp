#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace unmuted {

struct Config;

/// How many file descriptors a server may want at a time: for its sessions, their requests to a language
/// model, other connections, and the files that it reads. Rather too many than too few.
std::size_t descriptors_needed(const Config& config);

/// What to tell an operator whose process may have `limit` descriptors; nothing when those are enough.
std::optional<std::string> descriptor_shortage(const Config& config, std::size_t limit);

}  // namespace unmuted
