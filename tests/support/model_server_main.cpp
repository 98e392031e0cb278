// A language model to try things with: prints its address and serves until it is told to end, or as long as
// a command runs.
#include <CLI/CLI.hpp>

#include "support/model_server.hpp"
#include "support/server_program.hpp"

int main(int argc, char** argv) {
  using namespace unmuted::test;
  CLI::App app("A stand-in for a language model, on loopback: repeats what it hears, or misbehaves.");
  BehaviourOptions behaviour(app);
  ServerProgram program(app);
  ModelServerOptions options;
  app.add_option("--port", options.port, "0 is any free one")->capture_default_str();
  app.add_option("--model", options.models, "Names of its models")->allow_extra_args(false);
  app.add_flag("--tls", options.tls, "With a certificate of its own making, whose file is printed too");
  CLI11_PARSE(app, argc, argv);
  options.word_pause = behaviour.word_pause();

  program.prepare();
  ModelServer server(options);
  server.behave(behaviour.behaviour(), behaviour.times());
  return program.serve(server.url(), server.certificate_file());
}
