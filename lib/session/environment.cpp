#include "session/environment.hpp"

#include "conversation/prompt.hpp"
#include "core/ids.hpp"

namespace unmuted {

InstanceOptions script_options(const SessionEnvironment& environment) {
  InstanceOptions options;
  options.seed = environment.script_seed.value_or(random_seed());
  options.limits = environment.loader.script_limits();
  options.budget = environment.loader.budget();
  options.base_prompt = standard_prompt;
  return options;
}

CallContext first_context(const SessionEnvironment& environment, const Character& character) {
  CallContext context;
  context.now = std::chrono::system_clock::now();
  context.llm_name = environment.llm_name;
  context.timezone = environment.timezone;
  context.default_instructions = default_instructions(character.instructions.language);
  return context;
}

}  // namespace unmuted
