#pragma once

#include <chrono>
#include <memory>
#include <optional>
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

/// A program that runs beside the test. Killed, with all it started, at the end of its life.
class Process {
 public:
  /// `arguments` begins with the program's path. Throws std::system_error when it cannot start.
  explicit Process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits until its output or its errors contain `text`. False when it has ended without, or time is over.
  bool wait_for(std::string_view text);
  void signal(int number) const;
  /// Waits for its end; when the time is over it is killed.
  ProcessResult finish();

  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Runs a program to its end. `arguments` begins with its path. Throws std::system_error when it cannot
/// start.
ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// The same without the power to read what permissions forbid, which root has. Nothing when this machine or
/// this user cannot give it up: then the test is to be skipped.
std::optional<ProcessResult> run_bound_by_permissions(std::vector<std::string> arguments);

/// The path of one of our binaries, as built beside the tests.
std::string binary(std::string_view name);

}  // namespace unmuted::test
