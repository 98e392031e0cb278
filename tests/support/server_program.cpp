#include "support/server_program.hpp"

#include <chrono>
#include <iostream>
#include <limits>

#include "support/process.hpp"

namespace unmuted::test {
namespace {

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

BehaviourOptions::BehaviourOptions(CLI::App& app) : times_(std::numeric_limits<int>::max()) {
  app.add_option("--behaviour", behaviour_, "What it does with requests")
      ->check(CLI::IsMember(behaviour_names()))
      ->capture_default_str();
  app.add_option("--times", times_, "With so many requests; then it is fine")->check(CLI::PositiveNumber);
  app.add_option("--word-pause", word_pause_, "Milliseconds before each word")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
}

ServerProgram::ServerProgram(CLI::App& app) {
  app.add_option("--timeout", timeout_, "Seconds that COMMAND may take")
      ->check(CLI::Range(1, 3'600))
      ->capture_default_str();
  app.add_option(
      "COMMAND", command_,
      "After --: a program's path and its arguments, in which {url} is the address. The server ends "
      "with it, and with its exit code");
}

void ServerProgram::prepare() {
  if (!command_.empty()) return;
  sigemptyset(&ends_);
  sigaddset(&ends_, SIGINT);
  sigaddset(&ends_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends_, nullptr);
}

int ServerProgram::serve(const std::string& url, const std::string& certificate_file) {
  if (!command_.empty()) return run(url);
  std::cout << url << '\n';
  if (!certificate_file.empty()) std::cout << certificate_file << '\n';
  std::cout.flush();
  int signal = 0;
  sigwait(&ends_, &signal);
  return 0;
}

int ServerProgram::run(const std::string& url) {
  for (std::string& argument : command_) replace_all(argument, "{url}", url);
  ProcessOptions options;
  options.timeout = std::chrono::seconds(timeout_);
  const ProcessResult result = run_process(command_, options);
  std::cout << result.out << std::flush;
  std::cerr << result.err << std::flush;
  if (result.timed_out) std::cerr << "the command took too long and was ended\n";
  return result.exit_code;
}

}  // namespace unmuted::test
