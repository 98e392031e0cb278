#include "characters/formats/lua_format.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/formats/character_table.hpp"
#include "characters/lua/script_failure.hpp"
#include "characters/lua/source_map.hpp"
#include "characters/prompt_template.hpp"

namespace unmuted::formats {
namespace {

script::Environment environment_of(const Origin& origin, const ReadOptions& options) {
  script::Environment environment;
  environment.limits = options.script_limits;
  environment.budget = options.budget;
  environment.resources = origin.resources;
  environment.resource_prefix = script_resources;
  return environment;
}

CharacterReading not_run(const Origin& origin, std::chrono::milliseconds limit) {
  return {nullptr,
          {make_diagnostic(origin.file_name, {}, "script-timeout",
                           "was not run: the scripts of this directory have used up the " +
                               std::to_string(limit.count()) + " ms that one load may take",
                           "make the files before it cheaper to run")}};
}

CharacterReading failed(const Origin& origin, const script::Failure& failure) {
  return {nullptr,
          {explain_failure(failure, origin, load_failure_code(failure.kind))},
          failure.kind == script::FailureKind::exhausted};
}

}  // namespace

CharacterReading read_lua(Origin origin, const ReadOptions& options) {
  if (options.script_limits.load_cpu.count() <= 0) return not_run(origin, options.script_cpu);
  auto character = std::make_shared<Character>();
  character->origin = std::move(origin);
  character->runs = true;

  script::State state(environment_of(character->origin, options));
  const std::stop_callback end_script(options.stop, [&state] { state.kill(); });
  const auto table = state.load(character->origin.file_name, character->script());
  if (!table) return failed(character->origin, table.error());

  const LuaSourceMap places(character->origin.bytes);
  const Placer place = [&places](std::string_view path) { return places.find(path); };
  Problems problems(character->origin.file_name, place);
  read_character_table(*table, *character, problems);
  CharacterReading reading;
  const bool usable = !problems.has_errors();
  reading.diagnostics = problems.take();
  if (!usable) return reading;
  Instructions& instructions = character->instructions;
  if (std::string shown = without_placeholders(instructions.text); shown != instructions.text) {
    instructions.shown = shown.empty() ? "\u2026" : std::move(shown);
  }
  character->name_position = place("name");
  character->voice_position = place("voice.path_on_server");
  character->warnings = reading.diagnostics;
  reading.character = std::move(character);
  return reading;
}

}  // namespace unmuted::formats
