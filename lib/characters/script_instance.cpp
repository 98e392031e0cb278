#include "characters/script_instance.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/lua/script_failure.hpp"
#include "characters/prompt_template.hpp"
#include "characters/script_context.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

/// What a call's failure is told as: limits by their own codes, everything else as `code`.
Diagnostic call_failure(const script::Failure& failure, const Character& character, std::string_view code) {
  using enum script::FailureKind;
  const bool is_limit = failure.kind == timeout || failure.kind == memory || failure.kind == exhausted;
  return explain_failure(failure, character.origin, is_limit ? load_failure_code(failure.kind) : code);
}

tl::unexpected<Diagnostic> bad_result(const Character& character, std::string_view code,
                                      std::string_view message) {
  return tl::unexpected(make_diagnostic(character.origin.file_name, {}, code, message));
}

/// ctx.base(text, values?)
script::HostFunction base_function(BasePrompt base_prompt, std::string language, std::size_t max_bytes,
                                   UnknownKeys unknown) {
  return [=](const std::vector<json>& arguments) -> tl::expected<json, std::string> {
    if (arguments.empty() || !arguments[0].is_string() || script::is_function(arguments[0])) {
      return tl::unexpected(std::string("ctx.base needs a text"));
    }
    const json values = arguments.size() > 1 ? arguments[1] : json();
    const auto text = fill_template(arguments[0].get_ref<const std::string&>(), values, max_bytes, unknown);
    if (!text) return tl::unexpected("ctx.base: " + text.error());
    std::string prompt = base_prompt(*text, language);
    if (prompt.size() > max_bytes) {
      return tl::unexpected("ctx.base: the prompt becomes longer than " + std::to_string(max_bytes) +
                            " bytes");
    }
    return prompt;
  };
}

script::Environment environment_of(const Character& character, const InstanceOptions& options,
                                   const Instructions& instructions) {
  script::Environment environment;
  environment.limits = options.limits;
  environment.budget = options.budget;
  environment.resources = character.origin.resources;
  environment.seed = options.seed;
  environment.log = options.log;
  environment.functions["base"] =
      base_function(options.base_prompt, instructions.language, options.limits.string,
                    // A client's text is no template of the author's, though it may be a copy of one.
                    options.instructions_override ? UnknownKeys::are_left_out : UnknownKeys::are_errors);
  return environment;
}

/// The text for the model that a tool's result stands for.
std::string text_of_result(const json& result) {
  if (result.is_string()) return result.get<std::string>();
  if (result.is_null()) return "";
  return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<ScriptReply> reply_in(const json& result) {
  if (script::is_function(result)) return std::nullopt;
  if (result.is_string()) return ScriptReply{result.get<std::string>(), false};
  if (!result.is_object()) return std::nullopt;
  const auto text = result.find("text");
  const auto close = result.find("close");
  const bool close_fits = close == result.end() || close->is_boolean();
  if (text == result.end() || !text->is_string() || script::is_function(*text) || !close_fits)
    return std::nullopt;
  return ScriptReply{text->get<std::string>(), close != result.end() && close->get<bool>()};
}

}  // namespace

ScriptInstance::ScriptInstance(CharacterPtr character, InstanceOptions options)
    : character_(std::move(character)),
      options_(std::move(options)),
      instructions_(character_->instructions) {
  if (options_.instructions_override) instructions_.text = *options_.instructions_override;
  if (character_->runs) {
    state_ = std::make_unique<script::State>(environment_of(*character_, options_, instructions_));
  }
  if (options_.registry) options_.registry->add(options_.module_name);
}

ScriptInstance::~ScriptInstance() {
  state_.reset();  // whoever sees that it is no longer listed may rely on its memory being free
  if (options_.registry) options_.registry->remove(options_.module_name);
}

tl::expected<ScriptInstancePtr, Diagnostic> ScriptInstance::create(CharacterPtr character,
                                                                   InstanceOptions options) {
  const ScriptInstancePtr instance(new ScriptInstance(std::move(character), std::move(options)));
  if (!instance->state_) return instance;
  const Character& made_of = *instance->character_;
  const auto failed = [&](const script::Failure& failure) {
    return tl::unexpected(explain_failure(failure, made_of.origin, load_failure_code(failure.kind)));
  };
  const auto loaded = instance->state_->load(made_of.origin.file_name, made_of.script());
  if (!loaded) return failed(loaded.error());
  if (instance->options_.instructions_override) {
    const auto assigned = instance->state_->assign({"instructions", "text"}, instance->instructions_.text);
    if (!assigned) return failed(assigned.error());
  }
  return instance;
}

tl::expected<std::string, Diagnostic> ScriptInstance::system_prompt(const CallContext& context) {
  if (!character_->has_system_prompt) {
    const bool of_a_client = options_.instructions_override || character_->origin.bytes.empty();
    return options_.base_prompt(of_a_client ? without_placeholders(instructions_.text) : instructions_.text,
                                instructions_.language);
  }
  const auto result = call({"system_prompt"}, {script::Self{}, script::Context{}}, context, "prompt-error");
  if (!result) return tl::unexpected(result.error());
  if (!result->is_string() || script::is_function(*result)) {
    return bad_result(*character_, "prompt-error", "system_prompt must return a string");
  }
  return result->get<std::string>();
}

tl::expected<ScriptReply, Diagnostic> ScriptInstance::reply(const CallContext& context) {
  const auto result = call({"reply"}, {script::Self{}, script::Context{}}, context, "script-error");
  if (!result) return tl::unexpected(result.error());
  auto reply = reply_in(*result);
  if (!reply) {
    return bad_result(*character_, "script-error",
                      "reply must return a string or { text = string, close = boolean }");
  }
  return *std::move(reply);
}

tl::expected<std::string, Diagnostic> ScriptInstance::call_tool(const std::string& tool,
                                                                const json& arguments,
                                                                const CallContext& context) {
  const auto& tools = character_->tools;
  const auto found = std::find_if(tools.begin(), tools.end(), [&](const Tool& t) { return t.name == tool; });
  if (found == tools.end()) return bad_result(*character_, "script-error", "there is no tool '" + tool + "'");
  const auto index = static_cast<std::size_t>(found - tools.begin()) + 1;
  const auto result = call({"tools", index, "run"}, {arguments, script::Context{}}, context, "script-error");
  if (!result) return tl::unexpected(result.error());
  if (script::is_function(*result)) {
    return bad_result(*character_, "script-error", "the tool '" + tool + "' must not return a function");
  }
  return text_of_result(*result);
}

tl::expected<json, Diagnostic> ScriptInstance::call(const script::Path& path,
                                                    const std::vector<script::Argument>& arguments,
                                                    const CallContext& context, std::string_view code) {
  const std::lock_guard lock(mutex_);
  const auto set = state_->set_context(script_context(context, instructions_, options_.limits));
  if (!set) return tl::unexpected(call_failure(set.error(), *character_, code));
  auto result = state_->call(path, arguments);
  if (!result) return tl::unexpected(call_failure(result.error(), *character_, code));
  return *std::move(result);
}

void ScriptInstance::kill() noexcept {
  if (state_) state_->kill();
}
bool ScriptInstance::dead() const noexcept {
  return state_ && state_->dead();
}

std::size_t ScriptInstance::memory_used() const {
  const std::lock_guard lock(mutex_);
  return state_ ? state_->memory_used() : 0;
}

script::CallCost ScriptInstance::last_cost() const {
  const std::lock_guard lock(mutex_);
  return state_ ? state_->last_cost() : script::CallCost{};
}

tl::expected<BegunScript, Diagnostic> begin_script(CharacterPtr character, InstanceOptions options,
                                                   const CallContext& context) {
  auto script = ScriptInstance::create(std::move(character), std::move(options));
  if (!script) return tl::unexpected(script.error());
  auto prompt = (*script)->system_prompt(context);
  if (!prompt) return tl::unexpected(prompt.error());
  return BegunScript{*std::move(script), *std::move(prompt)};
}

}  // namespace unmuted
