#include "session/stage.hpp"

#include <chrono>
#include <utility>

#include "core/clock.hpp"
#include "core/ids.hpp"

namespace unmuted {

using net::awaitable;

Error character_failure(const Character& character, const Diagnostic& problem) {
  return {"character_failed",
          "Character '" + character.name + "' failed (" + problem.code + "): " + problem.message, ""};
}

bool is_limit(const Diagnostic& problem) {
  return problem.code == "script-timeout" || problem.code == "script-memory";
}

Stage::Stage(const SessionEnvironment& environment, WorkerPool::Share& scripts, CharacterManager& characters)
    : environment_(environment), scripts_(scripts), characters_(characters) {}

void Stage::adopt(CharacterSetPtr set) {
  CharacterManager::Replaced replaced = characters_.adopt(std::move(set));
  let_go(std::move(replaced.script));
  environment_.pool.let_go(std::move(replaced.set));
}

awaitable<Result<Stage::Entrance>> Stage::prepare(Selection selection) {
  Role role{options_for(selection),
            context_for(selection),
            {},
            selection.character->voice.path_on_server,
            selection.ad_hoc};
  auto job = [character = selection.character, options = role.options, context = role.context]() mutable {
    return begin_script(std::move(character), std::move(options), context);
  };
  auto outcome = co_await net::offload(scripts_, preparing_, std::move(job));
  if (!outcome)
    co_return fail("service_at_capacity", "The server is too busy to start a character; try again", "");
  if (!*outcome) co_return tl::unexpected(character_failure(*selection.character, outcome->error()));
  BegunScript& begun = **outcome;
  role.system_prompt = std::move(begun.system_prompt);
  co_return Entrance{std::move(begun.script), std::move(role)};
}

void Stage::enter(Entrance entrance) {
  role_ = std::move(entrance.role);
  let_go(characters_.activate(std::move(entrance.script)));
}

std::optional<Stage::Entrance> Stage::leave() {
  ScriptInstancePtr script = characters_.release();
  if (!script) return std::nullopt;
  return Entrance{std::move(script), std::move(role_)};
}

void Stage::dismiss(Entrance entrance) {
  entrance.script->kill();
  let_go(std::move(entrance.script));
}

void Stage::clear() {
  preparing_.abandon();
  environment_.pool.let_go(characters_.deactivate());
}

void Stage::set_context(nlohmann::json context) {
  role_.context.context = std::move(context);
}

awaitable<Stage::Script> Stage::script(net::PoolCall& call) {
  ScriptInstancePtr present = characters_.active();
  if (!present->dead()) co_return present;
  InstanceOptions options = role_.options;
  options.seed = environment_.script_seed.value_or(random_seed());
  auto job = [character = present->character(), options = std::move(options)]() mutable -> Script {
    return ScriptInstance::create(std::move(character), std::move(options));
  };
  std::optional<Script> made = co_await net::offload(scripts_, call, std::move(job));
  if (!made) co_return present;  // abandoned, or no room: whoever asks is told by the dead one
  if (!*made) co_return tl::unexpected(made->error());
  if (characters_.active() != present) {
    // Another character was selected meanwhile, or this one was made anew for another call.
    let_go(std::move(**made));
    co_return characters_.active() ? characters_.active() : present;
  }
  let_go(characters_.activate(**made));
  co_return **made;
}

CallContext Stage::call_context(const std::vector<events::Message>& chat_history) const {
  CallContext context = role_.context;
  context.now = std::chrono::system_clock::now();
  for (const events::Message& message : chat_history) {
    context.history.push_back({{"role", message.role}, {"content", message.content}});
  }
  return context;
}

InstanceOptions Stage::options_for(const Selection& selection) const {
  InstanceOptions options = script_options(environment_);
  options.module_name = characters_.module_name(*selection.character);
  options.registry = environment_.modules;
  options.log = script_log();
  options.instructions_override = selection.text;
  return options;
}

CallContext Stage::context_for(const Selection& selection) const {
  CallContext context = first_context(environment_, *selection.character);
  context.context = selection.context;
  return context;
}

std::function<void(std::string_view)> Stage::script_log() const {
  if (!environment_.script_log) return {};
  // Runs on the pool and may outlive the session: it owns all it needs.
  return
      [log = environment_.log, id = characters_.session_id(), limit = script_log_](std::string_view bytes) {
        std::unique_lock lock(limit->mutex);
        const std::optional<std::string> line = limit->log.accept(bytes, Clock::now());
        lock.unlock();
        if (line) log->info("session {} script {}", id, *line);
      };
}

/// A script is freed before the session's next one runs: so a session that makes many waits for its own.
void Stage::let_go(std::shared_ptr<const void> script) {
  if (script) scripts_.submit([script = std::move(script)] {});
}

}  // namespace unmuted
