// A speech server to try things with, both ways: prints its address and serves until it is told to end, or as
// long as a command runs.
#include <CLI/CLI.hpp>

#include "support/server_program.hpp"
#include "support/speech_server.hpp"

int main(int argc, char** argv) {
  using namespace unmuted::test;
  CLI::App app(
      "A stand-in for a speech server with OpenAI's interface, on loopback: speaks each word as a tone, "
      "hears "
      "what it is told to hear, or misbehaves.");
  BehaviourOptions behaviour(app);
  ServerProgram program(app);
  SpeechServerOptions options;
  app.add_option("--port", options.port, "0 is any free one")->capture_default_str();
  app.add_option("--transcript", options.transcript, "What it hears in every utterance")
      ->capture_default_str();
  app.add_flag("--tls", options.tls, "With a certificate of its own making, whose file is printed too");
  CLI11_PARSE(app, argc, argv);
  options.word_pause = behaviour.word_pause();

  program.prepare();
  SpeechServer server(options);
  server.behave(behaviour.behaviour(), behaviour.times());
  return program.serve(server.url(), server.certificate_file());
}
