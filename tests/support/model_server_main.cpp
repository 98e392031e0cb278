// A language model to try things with: prints its address and serves until it is told to end.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "support/model_server.hpp"

int main(int argc, char** argv) {
  using namespace unmuted::test;
  CLI::App app("A stand-in for a language model, on loopback: repeats what it hears, or misbehaves.");
  ModelServerOptions options;
  std::string behaviour = "fine";
  int word_pause = 20;
  app.add_option("--behaviour", behaviour, "What it does with requests")
      ->check(CLI::IsMember(behaviour_names()))
      ->capture_default_str();
  app.add_option("--port", options.port, "0 is any free one")->capture_default_str();
  app.add_option("--model", options.models, "Names of its models");
  app.add_option("--word-pause", word_pause, "Milliseconds before each word")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_flag("--tls", options.tls, "With a certificate of its own making, whose file is printed too");
  CLI11_PARSE(app, argc, argv);
  options.word_pause = std::chrono::milliseconds(word_pause);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  ModelServer server(options);
  server.behave(*behaviour_named(behaviour));
  std::cout << server.url() << '\n';
  if (options.tls) std::cout << server.certificate_file() << '\n';
  std::cout.flush();
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
