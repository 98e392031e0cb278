#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted::test {

struct ProcessOptions {
  std::string input;                     ///< what it finds on stdin
  std::vector<std::string> environment;  ///< "NAME=value", added to or replacing the environment of the test
  std::chrono::milliseconds timeout{60'000};  ///< then it is killed, with all it started
};

struct ProcessResult {
  int exit_code = -1;  ///< 128 + the signal when it was killed by one
  bool timed_out = false;
  std::string out, err;
};

/// Runs a program to its end. `arguments` begins with its path. Throws std::system_error when it cannot
/// start.
ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// The path of one of our binaries, as built beside the tests.
std::string binary(std::string_view name);

}  // namespace unmuted::test
