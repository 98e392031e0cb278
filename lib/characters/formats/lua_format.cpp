#include "characters/formats/lua_format.hpp"

#include <optional>
#include <utility>

#include "characters/formats/character_table.hpp"
#include "characters/lua/source_map.hpp"
#include "characters/lua/text_problem.hpp"
#include "characters/prompt_template.hpp"
#include "characters/script/syntax.hpp"

namespace unmuted::formats {
namespace {

constexpr std::string_view resource_folder = "resources/";

/// The resource's name in "resources/<name>.lua"; empty when `file` is something else.
std::string_view resource_in(std::string_view file) {
  if (!file.starts_with(resource_folder) || !file.ends_with(".lua")) return {};
  return file.substr(resource_folder.size(), file.size() - resource_folder.size() - 4);
}

Position place_of(const script::Failure& failure, const std::string& file_name, std::string_view source) {
  if (failure.file == file_name && failure.line > 0) return {failure.line, 0};
  const LuaSourceMap places(source);
  if (const std::string_view resource = resource_in(failure.file); !resource.empty()) {
    return places.find_require(resource);
  }
  const bool is_value =
      failure.kind == script::FailureKind::bad_value || failure.kind == script::FailureKind::not_utf8;
  // Such a message begins with the path of the value: "voice.path_on_server is …".
  if (is_value) return places.find(std::string_view(failure.message).substr(0, failure.message.find(" is ")));
  return {};
}

/// What there is to say about the text that failed beyond what Lua says; `code` becomes that of the true
/// cause.
std::optional<TextProblem> look_into(std::string_view text, const script::Failure& failure,
                                     std::string_view& code) {
  using enum script::FailureKind;
  if (script::is_compiled(text)) return std::nullopt;
  if (failure.kind == syntax || failure.kind == not_utf8) {
    auto encoding = explain_encoding(text);
    if (encoding) code = load_failure_code(not_utf8);
    if (encoding || failure.kind == not_utf8) return encoding;
    return explain_syntax_error(text, failure.message, failure.line);
  }
  if (failure.kind == runtime && failure.line == 0) return explain_emptiness(text);
  return std::nullopt;
}

std::string place_text(Position place) {
  std::string text;
  if (place.line > 0) text += ":" + std::to_string(place.line);
  if (place.column > 0) text += ":" + std::to_string(place.column);
  return text;
}

}  // namespace

std::string_view load_failure_code(script::FailureKind kind) {
  using enum script::FailureKind;
  switch (kind) {
    case syntax:
      return "syntax-error";
    case timeout:
      return "script-timeout";
    case memory:
    case exhausted:
      return "script-memory";
    case bad_value:
      return "invalid-field";
    case not_utf8:
      return "not-utf8";
    case resource_not_found:
      return "resource-not-found";
    case resource_cycle:
      return "resource-cycle";
    case runtime:
    case killed:
      break;
  }
  return "script-error";
}

Diagnostic explain_failure(const script::Failure& failure, const std::string& file_name,
                           std::string_view source, std::string_view code,
                           const script::Resources* resources) {
  const std::string_view resource = resource_in(failure.file);
  std::optional<TextProblem> problem;
  if (resource.empty()) {
    problem = look_into(source, failure, code);
  } else if (resources != nullptr) {
    const auto text = resources->find(resource);
    if (text != resources->end()) problem = look_into(text->second, failure, code);
  }
  if (problem && resource.empty())
    return make_diagnostic(file_name, problem->place, code, problem->message, problem->help);
  if (!problem) problem = {{failure.line, 0}, failure.message, {}};
  const std::string where = resource.empty() ? "" : failure.file + place_text(problem->place) + ": ";
  return make_diagnostic(file_name, place_of(failure, file_name, source), code, where + problem->message,
                         problem->help);
}

CharacterReading read_lua_character(const std::string& file_name, std::string source,
                                    std::shared_ptr<const script::Resources> resources,
                                    const script::Limits& limits, const std::shared_ptr<MemoryBudget>& budget,
                                    const std::stop_token& stop) {
  auto character = std::make_shared<Character>();
  character->format = "lua";
  character->file_name = file_name;
  character->source = std::move(source);
  character->resources = std::move(resources);

  script::Environment environment;
  environment.limits = limits;
  environment.budget = budget;
  environment.resources = character->resources;
  environment.resource_prefix = resource_folder;
  script::State state(std::move(environment));
  const std::stop_callback end_script(stop, [&state] { state.kill(); });
  const auto table = state.load(file_name, character->script());
  if (!table) {
    const std::string_view code = load_failure_code(table.error().kind);
    return {nullptr,
            {explain_failure(table.error(), file_name, character->source, code, character->resources.get())},
            table.error().kind == script::FailureKind::exhausted};
  }

  const LuaSourceMap places(character->source);
  Problems problems(file_name, places);
  read_character_table(*table, *character, problems);
  CharacterReading reading;
  const bool usable = !problems.has_errors();
  reading.diagnostics = problems.take();
  if (!usable) return reading;
  Instructions& instructions = character->instructions;
  if (std::string shown = without_placeholders(instructions.text); shown != instructions.text) {
    instructions.shown = shown.empty() ? "\u2026" : std::move(shown);
  }
  character->name_position = places.find("name");
  character->voice_position = places.find("voice.path_on_server");
  character->warnings = reading.diagnostics;
  reading.character = std::move(character);
  return reading;
}

}  // namespace unmuted::formats
