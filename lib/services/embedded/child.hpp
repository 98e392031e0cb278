#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace unmuted::embedded {

struct ChildLimits {
  std::chrono::milliseconds silence{2'000};  ///< without a byte, and to its end after the last
  std::chrono::milliseconds whole{15'000};
  std::size_t max_output = 16U << 20U;  ///< bytes
};

/// Runs a program to its end and gives what it wrote to stdout. `arguments` begins with its name, which is
/// looked for in PATH; no shell is involved. It reads `input`, at most 4 KiB, from stdin, inherits no
/// descriptor, no blocked or ignored signal and of the environment only what finds programs and their data.
/// When it breaks a limit, or `unwanted` says so, it is killed with all it started; it never outlives the
/// call, whose thread waits. Error: service_unavailable, with a message that goes on after the program's name
/// ("cannot be started: …").
Result<std::string> run_child(const std::vector<std::string>& arguments, const std::string& input,
                              const ChildLimits& limits, const std::stop_token& unwanted);

}  // namespace unmuted::embedded
