#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "characters/field_path.hpp"
#include "characters/records.hpp"
#include "characters/tool_schema.hpp"
#include "command.hpp"
#include "conversation/prompt.hpp"
#include "core/timezone.hpp"
#include "core/utf8.hpp"

namespace unmuted::charctl {
namespace {

using nlohmann::json;

struct CallArguments {
  std::string directory, name, tool;
  std::string arguments = "{}";
  std::uint64_t seed = 0;
  std::string format = "text";
};

Result<const Tool*> find_tool(const Character& character, const std::string& name) {
  std::vector<std::string_view> names;
  std::string listed;
  for (const Tool& tool : character.tools) {
    if (tool.name == name) return &tool;
    names.push_back(tool.name);
    listed.append(listed.empty() ? "" : ", ").append(tool.name);
  }
  std::string message = character.name + " has no tool '" + printable(name) + "'";
  if (const auto nearest = nearest_name(name, names); !nearest.empty()) {
    message.append("; did you mean '").append(nearest).append("'?");
  } else {
    message += ".";
  }
  return fail("tool_not_found", message + " There are: " + (listed.empty() ? "none" : listed));
}

Result<json> parse_arguments(const std::string& text) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    return fail("invalid_arguments", "The arguments are not JSON, from byte " + std::to_string(error.byte) +
                                         " on; expected something like '{\"correct\": true}'");
  }
}

/// What one call came to.
struct Outcome {
  tl::expected<std::string, Diagnostic> result;
  script::CallCost cost;
};

tl::expected<Outcome, Diagnostic> call(const CharacterPtr& character, const Tool& tool, const json& arguments,
                                       std::uint64_t seed) {
  const CharacterLoader loader = make_loader();
  CallContext context;
  context.now = std::chrono::system_clock::now();
  context.timezone = system_timezone();
  context.default_instructions = default_instructions(character->instructions.language);
  const auto begun = begin_script(character, instance_options(loader, seed), context);
  if (!begun) return tl::unexpected(begun.error());
  auto result = begun->script->call_tool(tool.name, arguments, context);
  return Outcome{std::move(result), begun->script->last_cost()};
}

int print_misfit(const std::vector<SchemaProblem>& problems, const CallArguments& arguments) {
  json list = json::array();
  for (const auto& problem : problems) {
    if (arguments.format == "json") {
      list.push_back({{"path", problem.path}, {"message", problem.message}});
    } else {
      const bool member = !problem.path.empty() && problem.path.front() != '[';
      std::cout << "arguments" << (member ? "." : "") << problem.path << ": " << problem.message << '\n';
    }
  }
  if (arguments.format == "json") print_json({{"tool", arguments.tool}, {"problems", list}});
  return Exit::findings;
}

int print_failure(const Diagnostic& problem, const Character& character, const CallArguments& arguments,
                  bool color) {
  if (arguments.format == "json")
    print_json({{"tool", arguments.tool}, {"failure", record_of(problem)}});
  else
    print_text(problem, character.origin.bytes, color);
  return Exit::findings;
}

int print(const Outcome& outcome, const CallArguments& arguments) {
  const double milliseconds = std::chrono::duration<double, std::milli>(outcome.cost.wall).count();
  if (arguments.format == "json") {
    print_json({{"tool", arguments.tool},
                {"result", *outcome.result},
                {"wall_ms", milliseconds},
                {"memory_peak_bytes", outcome.cost.memory_peak}});
  } else {
    std::cout << *outcome.result << "\n---\n"
              << std::fixed << std::setprecision(3) << "time: " << milliseconds << " ms\n"
              << "memory: " << (outcome.cost.memory_peak + 1023) / 1024 << " KiB at the peak\n";
  }
  return Exit::fine;
}

int run(const CallArguments& arguments, bool color) {
  const auto values = parse_arguments(arguments.arguments);
  if (!values) return report(values.error());
  const auto set = load_set(arguments.directory);
  if (!set) return report(set.error());
  const auto character = find_character(**set, arguments.name);
  if (!character) return report(character.error());
  const auto tool = find_tool(**character, arguments.tool);
  if (!tool) return report(tool.error());

  if (const auto problems = check_arguments(json::parse((*tool)->parameters), *values); !problems.empty()) {
    return print_misfit(problems, arguments);
  }
  const auto outcome = call(*character, **tool, *values, arguments.seed);
  if (!outcome) return print_failure(outcome.error(), **character, arguments, color);
  if (!outcome->result) return print_failure(outcome->result.error(), **character, arguments, color);
  return print(*outcome, arguments);
}

}  // namespace

void add_call(CLI::App& app, Globals& globals) {
  auto arguments = std::make_shared<CallArguments>();
  CLI::App* command = app.add_subcommand("call", "Run one tool of a character once");
  command->add_option("DIR", arguments->directory, "The directory of the cast")->required();
  command->add_option("NAME", arguments->name, "The character's name, or its voice")->required();
  command->add_option("TOOL", arguments->tool, "The tool's name")->required();
  command->add_option("JSON", arguments->arguments, "Its arguments")->capture_default_str();
  command->add_option("--seed", arguments->seed, "Of the script's random numbers")->capture_default_str();
  add_format(*command, arguments->format);
  command->footer(
      "Example:\n  charctl call characters 'Quiz show' record_answer '{\"correct\": true}'\n\n"
      "Exit codes: 0 fine, 1 the tool failed or the arguments do not fit, 2 usage or environment.");
  command->callback([arguments, &globals] { globals.exit_code = run(*arguments, globals.use_color()); });
}

}  // namespace unmuted::charctl
