#pragma once

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "support/behaviour.hpp"

namespace unmuted::test {

/// How a server with a Behaviour behaves, as options.
class BehaviourOptions {
 public:
  /// `app` lives as long as this.
  explicit BehaviourOptions(CLI::App& app);

  [[nodiscard]] Behaviour behaviour() const { return *behaviour_named(behaviour_); }
  [[nodiscard]] int times() const { return times_; }
  [[nodiscard]] std::chrono::milliseconds word_pause() const {
    return std::chrono::milliseconds(word_pause_);
  }

 private:
  std::string behaviour_ = "fine";
  int times_;
  int word_pause_ = 20;
};

/// What the programs that are a test server have in common: how long they serve.
class ServerProgram {
 public:
  /// `app` lives as long as this.
  explicit ServerProgram(CLI::App& app);

  /// Before there are threads: what ends the program is waited for by serve(), unless a command is run, which
  /// is ended as usual.
  void prepare();
  /// Runs the command; without one, prints the address and waits until it is told to end. Its exit code.
  int serve(const std::string& url, const std::string& certificate_file);

 private:
  int run(const std::string& url);

  sigset_t ends_{};
  int timeout_ = 100;
  std::vector<std::string> command_;
};

}  // namespace unmuted::test
