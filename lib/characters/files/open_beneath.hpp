#pragma once

#include <string>

#include "core/unique_fd.hpp"

namespace unmuted {

/// How a path is followed.
enum class WayOfOpening {
  kernel,  ///< by openat2, in one system call
  steps,   ///< component by component, links read by us: for where openat2 is refused
};

/// The way that this machine allows: old kernels, seccomp filters of older containers and some emulations of
/// Linux know no openat2, or forbid it. Asked once per process. Any thread.
WayOfOpening usual_way_of_opening();

/// Asks the kernel anew, for the calling thread.
WayOfOpening probe_way_of_opening();

/// Opens `path`, relative to `directory` and beneath it whatever links say: for reading, with further O_…
/// `flags`. Without a descriptor errno tells why, the same either way: EXDEV when the path leads out, ELOOP
/// for links in a circle. A folder that is moved meanwhile leads nowhere else.
UniqueFd open_beneath(int directory, const std::string& path, int flags, WayOfOpening way);

/// Opens `path`, in which a symbolic link anywhere is ELOOP.
UniqueFd open_without_links(const std::string& path, int flags, WayOfOpening way);

}  // namespace unmuted
