// A language model to try things with: prints its address and serves until it is told to end, or as long as
// a command runs.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "support/model_server.hpp"
#include "support/process.hpp"

namespace {

using namespace unmuted::test;

void block_ends(sigset_t& ends) {
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

/// Its output, and its exit code.
int run(std::vector<std::string> command, const std::string& url, std::chrono::seconds timeout) {
  for (std::string& argument : command) replace_all(argument, "{url}", url);
  ProcessOptions options;
  options.timeout = timeout;
  const ProcessResult result = run_process(command, options);
  std::cout << result.out << std::flush;
  std::cerr << result.err << std::flush;
  if (result.timed_out) std::cerr << "model_server: the command took too long and was ended\n";
  return result.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A stand-in for a language model, on loopback: repeats what it hears, or misbehaves.");
  ModelServerOptions options;
  std::string behaviour = "fine";
  int times = std::numeric_limits<int>::max();
  int word_pause = 20;
  int timeout = 100;
  std::vector<std::string> command;
  app.add_option("--behaviour", behaviour, "What it does with requests")
      ->check(CLI::IsMember(behaviour_names()))
      ->capture_default_str();
  app.add_option("--times", times, "With so many requests; then it is fine")->check(CLI::PositiveNumber);
  app.add_option("--port", options.port, "0 is any free one")->capture_default_str();
  app.add_option("--model", options.models, "Names of its models")->allow_extra_args(false);
  app.add_option("--word-pause", word_pause, "Milliseconds before each word")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_flag("--tls", options.tls, "With a certificate of its own making, whose file is printed too");
  app.add_option("--timeout", timeout, "Seconds that COMMAND may take")
      ->check(CLI::Range(1, 3'600))
      ->capture_default_str();
  app.add_option(
      "COMMAND", command,
      "After --: a program's path and its arguments, in which {url} is the address. The server ends "
      "with it, and with its exit code");
  CLI11_PARSE(app, argc, argv);
  options.word_pause = std::chrono::milliseconds(word_pause);

  sigset_t ends;
  if (command.empty()) block_ends(ends);  // before there are threads; a command is ended as usual
  ModelServer server(options);
  server.behave(*behaviour_named(behaviour), times);
  if (!command.empty()) return run(std::move(command), server.url(), std::chrono::seconds(timeout));

  std::cout << server.url() << '\n';
  if (options.tls) std::cout << server.certificate_file() << '\n';
  std::cout.flush();
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
