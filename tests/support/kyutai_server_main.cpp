// Kyutai's services of speech to try things with, both at one address: prints it and serves until it is told
// to end, or as long as a command runs.
#include <chrono>
#include <limits>
#include <string>

#include <CLI/CLI.hpp>

#include "support/kyutai_server.hpp"
#include "support/server_program.hpp"

int main(int argc, char** argv) {
  using namespace unmuted::test;
  CLI::App app(
      "A stand-in for Kyutai's services of speech, on loopback: makes tones of words and words of any "
      "sound.");
  ServerProgram program(app);
  KyutaiServerOptions options;
  std::string fault = "fine";
  int times = std::numeric_limits<int>::max();
  int ready_pause = 0;
  int idle = 20;
  app.add_option("--fault", fault, "What it does with connections")
      ->check(CLI::IsMember(speech_fault_names()))
      ->capture_default_str();
  app.add_option("--times", times, "With so many connections; then it is fine")->check(CLI::PositiveNumber);
  app.add_option("--port", options.port, "0 is any free one")->capture_default_str();
  app.add_flag("--tls", options.tls, "With a certificate of its own making, whose file is printed too");
  app.add_option("--api-key", options.api_key, "Who has another one is refused; default: anybody may come");
  app.add_option("--places", options.places, "Connections at a time, of each service")->capture_default_str();
  app.add_option("--ready-pause", ready_pause, "Milliseconds before a connection is told that it has a place")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_option("--speed", options.speed, "Speech out: times as fast as it is heard; 0 is at once")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  app.add_option("--frames-a-word", options.frames_a_word, "Speech out: of 80 ms each")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--lag", options.lag, "Speech out: frames that the sound is behind the words")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--word", options.words,
                 "Speech in: words that are heard, in turn, one each third of a second")
      ->allow_extra_args(false);
  app.add_option("--utterance", options.utterances,
                 "Speech in: the words of an utterance, which may be none; of each the next, in turn, "
                 "instead of --word")
      ->allow_extra_args(false);
  app.add_option("--idle", idle, "Speech in: seconds without sound until it closes; 0 is never")
      ->check(CLI::Range(0, 3'600))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.ready_pause = std::chrono::milliseconds(ready_pause);
  options.idle = std::chrono::seconds(idle);

  program.prepare();
  KyutaiServer server(options);
  server.behave(*speech_fault_named(fault), times);
  return program.serve(server.url(), options.tls ? server.certificate_file() : "");
}
