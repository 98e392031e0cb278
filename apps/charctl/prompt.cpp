#include "conversation/prompt.hpp"

#include <chrono>
#include <iostream>
#include <memory>

#include <time.h>

#include <nlohmann/json.hpp>

#include "characters/records.hpp"
#include "command.hpp"
#include "core/timezone.hpp"

namespace unmuted::charctl {
namespace {

struct PromptArguments {
  std::string directory, name;
  std::uint64_t seed = 0;
  std::string now;
  std::string format = "text";
};

std::optional<std::chrono::system_clock::time_point> parse_time(const std::string& text) {
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"}) {
    std::tm time{};
    const char* end = ::strptime(text.c_str(), form, &time);
    if (end != nullptr && *end == '\0') return std::chrono::system_clock::from_time_t(::timegm(&time));
  }
  return std::nullopt;
}

Result<CallContext> context_of(const PromptArguments& arguments) {
  CallContext context;
  context.now = std::chrono::system_clock::now();
  context.timezone = system_timezone();
  if (arguments.now.empty()) return context;
  const auto now = parse_time(arguments.now);
  if (!now) return fail("invalid_time", "--now is a time in UTC such as 2026-01-31T18:05:00Z or 2026-01-31");
  context.now = *now;
  context.timezone = "UTC";
  return context;
}

void print(const Character& character, const std::string& prompt, const std::string& format) {
  if (format == "json") return print_json(prompt_record(character, prompt));
  std::cout << prompt << (prompt.ends_with('\n') ? "" : "\n") << "---\n";
  std::cout << "greeting: " << character.greeting.value_or("(none: the language model speaks first)") << '\n';
  std::cout << "size: " << count_words(prompt) << " words, " << prompt.size() << " bytes\n";
}

int run(const PromptArguments& arguments, bool color) {
  auto context = context_of(arguments);
  if (!context) return report(context.error());
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  context->default_instructions = default_instructions((*character)->instructions.language);

  const CharacterLoader loader = make_loader();
  const auto begun = begin_script(*character, instance_options(loader, arguments.seed), *context);
  if (!begun) {
    print_text(begun.error(), (*character)->origin.bytes, color);
    return Exit::findings;
  }
  print(**character, begun->system_prompt, arguments.format);
  return Exit::fine;
}

}  // namespace

void add_prompt(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<PromptArguments>();
  CLI::App* command =
      app.add_subcommand("prompt", "Print the exact system prompt, the greeting and the size");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  command->add_option("--seed", arguments->seed, "Of the script's random numbers")->capture_default_str();
  command->add_option("--now", arguments->now,
                      "The time that the script sees, in UTC (default: the real one)");
  add_format(*command, arguments->format);
  command->footer("Example:\n  charctl prompt characters 'Quiz show' --seed 7 --now 2026-01-31T18:05:00Z");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals.use_color()); });
}

}  // namespace unmuted::charctl
