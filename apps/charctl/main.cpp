#include <exception>
#include <iostream>

#include "command.hpp"
#include "core/standard_streams.hpp"
#include "usage_error.hpp"

int main(int argc, char** argv) {
  using namespace unmuted::charctl;
  unmuted::open_missing_streams();
  CLI::App app("Checks, shows and tries the characters of a directory, with the server's own code.",
               "charctl");
  Globals globals;
  app.set_version_flag("--version", "charctl " UNMUTED_VERSION);
  app.add_option("--color", globals.color, "When to colour: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Examples:\n  charctl check characters\n  charctl list characters --format json\n"
      "  charctl prompt characters 'Quiz show' --seed 7\n"
      "  charctl chat characters 'Quiz show'\n"
      "  charctl say characters Charles\n\n"
      "Exit codes: 0 fine, 1 findings, 2 usage or environment.");
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return "charctl: " + unmuted::usage_error(*failed, error) + " (charctl --help tells more)\n";
  });
  add_check(app, globals);
  add_list(app, globals);
  add_show(app, globals);
  add_prompt(app, globals);
  add_call(app, globals);
  add_chat(app, globals);
  add_say(app, globals);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return unmuted::exit_code_after_output("charctl", app.exit(error) == 0 ? fine : usage);
  } catch (const std::exception& error) {
    std::cerr << "charctl: " << error.what() << '\n';
    return usage;
  }
  return unmuted::exit_code_after_output("charctl", globals.exit_code);
}
