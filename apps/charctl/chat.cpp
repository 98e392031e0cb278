#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "chat_arguments.hpp"
#include "chat_host.hpp"
#include "chat_screen.hpp"
#include "chat_session.hpp"
#include "chat_voice.hpp"
#include "command.hpp"

namespace unmuted::charctl {
namespace {

Result<std::unique_ptr<SoundOutput>> find_output(ChatHost& host, const ChatArguments& arguments) {
  if (!arguments.output.empty()) return wav_output(host.io.get_executor(), arguments.output);
  if (is_installed("aplay")) return loudspeaker(host.io.get_executor());
  return fail("sound_failed",
              "There is no aplay on this machine; it comes with the package alsa-utils. --output FILE.wav "
              "writes a file instead");
}

/// Null where nobody listens, or nobody speaks.
Result<std::unique_ptr<SoundInput>> find_input(ChatHost& host, const ChatArguments& arguments,
                                               bool interactive) {
  if (!arguments.input.empty()) {
    if (host.listens()) return wav_input(host.io.get_executor(), arguments.input);
    return fail("invalid_configuration", "--input: there is no speech recognition here that could hear it");
  }
  if (!interactive || !host.listens()) return nullptr;
  if (is_installed("arecord")) return microphone(host.io.get_executor());
  host.screen.remark("no microphone: arecord comes with the package alsa-utils");
  return nullptr;
}

/// Null for a conversation in writing.
Result<std::unique_ptr<ChatVoice>> find_voice(ChatHost& host, const ChatArguments& arguments,
                                              bool interactive) {
  if (!arguments.voice) return nullptr;
  if (const auto found = host.find_speech(); !found) return tl::unexpected(found.error());
  auto output = find_output(host, arguments);
  if (!output) return tl::unexpected(output.error());
  auto input = find_input(host, arguments, interactive);
  if (!input) return tl::unexpected(input.error());
  return std::make_unique<ChatVoice>(host.io.get_executor(), host.screen, std::move(*output),
                                     std::move(*input));
}

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

  auto voice = find_voice(host, arguments, interactive);
  if (!voice) return report(voice.error());

  std::signal(SIGPIPE, SIG_IGN);
  if (interactive) screen.remark("/help lists the commands, Ctrl-D leaves");
  return ChatSession(host, screen, (*set)->directory(), (*character)->name, interactive, std::move(*voice))
      .run();
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
  CLI::Option* voice = command->add_flag("--voice", arguments->voice,
                                         "Replies are spoken as well as printed, and what you say is heard");
  command->add_option("--output", arguments->output, "With --voice: a WAV file in place of the loudspeaker")
      ->needs(voice);
  command->add_option("--input", arguments->input, "With --voice: a WAV file in place of the microphone")
      ->needs(voice);
  command->footer(
      "Examples:\n  charctl chat characters 'Quiz show'\n"
      "  charctl chat characters Charles --llm http://localhost:11434 --llm-model llama3.2\n"
      "  charctl chat characters Echo < lines.txt\n"
      "  charctl chat characters 'Quiz show' --voice\n\nWhile talking, /help lists the commands.");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals); });
}

}  // namespace unmuted::charctl
