#pragma once

#include <cstddef>
#include <string>

#include <fcntl.h>

#include <tl/expected.hpp>

namespace unmuted {

/// With these flags of open, a name that turns out to be a FIFO, a tape or a modem is not waited for.
inline constexpr int open_without_waiting = O_NONBLOCK | O_NOCTTY;

/// The bytes of a regular file that is open for reading. Reads at most one byte past `max_bytes`, and blocks.
/// Error: an errno; EFBIG where the file is larger, EISDIR where it is a folder, a FIFO or a device.
tl::expected<std::string, int> read_regular_file(int fd, std::size_t max_bytes);

}  // namespace unmuted
