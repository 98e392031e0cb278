#include <csignal>
#include <memory>
#include <string>

#include <unistd.h>

#include "chat_arguments.hpp"
#include "chat_host.hpp"
#include "chat_screen.hpp"
#include "chat_session.hpp"
#include "command.hpp"

namespace unmuted::charctl {
namespace {

int run(const ChatArguments& arguments, const Globals& globals) {
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  const bool interactive = ::isatty(STDIN_FILENO) == 1;
  ChatScreen screen(
      {interactive && ::isatty(STDOUT_FILENO) == 1, globals.use_color(), globals.use_color(STDERR_FILENO)});
  ChatHost host(*set, screen, arguments);
  if (const auto found = host.find_model(arguments); !found) return report(found.error());

  std::signal(SIGPIPE, SIG_IGN);
  if (interactive) screen.remark("/help lists the commands, Ctrl-D leaves");
  return ChatSession(host, screen, (*set)->directory(), (*character)->name, interactive).run();
}

}  // namespace

void add_chat(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<ChatArguments>();
  CLI::App* command = app.add_subcommand("chat", "Talk to a character, by the server's own code");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  command
      ->add_option(
          "--llm", arguments->llm,
          "URL of an OpenAI-compatible server, or scripted: characters answer by their own script or "
          "rehearse. An API key is read from the environment: KYUTAI_LLM_API_KEY")
      ->envname("KYUTAI_LLM_URL")
      ->capture_default_str();
  command
      ->add_option("--llm-model", arguments->llm_model,
                   "The model to ask for; default: the only one that the server has")
      ->envname("KYUTAI_LLM_MODEL");
  command
      ->add_option("--llm-extra", arguments->llm_extra,
                   "JSON object that is merged into each request to the language model; null removes a "
                   "parameter: {\"temperature\": null}")
      ->envname("UNMUTED_LLM_EXTRA");
  command
      ->add_option("--llm-patience", arguments->llm_patience,
                   "Seconds to wait for the first byte of a reply, also while the server loads its model")
      ->envname("UNMUTED_LLM_PATIENCE")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--pace", arguments->words_per_minute, "Words a minute at which it speaks; 0 is at once")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed,
                      "Of the script's random numbers (default: another each time)");
  command->footer(
      "Examples:\n  charctl chat characters 'Quiz show'\n"
      "  charctl chat characters Charles --llm http://localhost:11434 --llm-model llama3.2\n"
      "  charctl chat characters Echo < lines.txt\n\nWhile talking, /help lists the commands.");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals); });
}

}  // namespace unmuted::charctl
