#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "characters/character.hpp"
#include "characters/module_registry.hpp"
#include "characters/script/state.hpp"

namespace unmuted {

/// Renders the server's standard system prompt around `text`. `language` is the character's.
using BasePrompt = std::function<std::string(std::string_view text, std::string_view language)>;

/// What an instance is made for.
struct InstanceOptions {
  std::string module_name;  ///< `session_<id>.characters.<stem>`
  std::uint64_t seed = 0;
  script::Limits limits;
  std::shared_ptr<MemoryBudget> budget;
  std::shared_ptr<ModuleRegistry> registry;  ///< may be null: then it is not listed
  BasePrompt base_prompt;
  std::function<void(std::string_view line)> log;
  std::optional<std::string> instructions_override;  ///< replaces instructions.text for this instance
};

/// What `ctx` tells a script in one call, beside its functions; a script gets of it what it takes. A script
/// sees `now` as a table with year, month, day, hour, minute, second, weekday ("Monday"), month_name
/// ("January"), iso
/// ("2026-01-31T18:05:00+01:00") and unix.
struct CallContext {
  std::chrono::system_clock::time_point now;
  std::string timezone = "UTC";  ///< the IANA name of the server's, in which a script sees `now`
  std::string llm_name;          ///< empty when there is no language model
  nlohmann::json context;        ///< what the client gave; null when nothing
  nlohmann::json history = nlohmann::json::array();  ///< [{role, content}…], texts, newest last
  std::string default_instructions;
};

struct ScriptReply {
  std::string text;
  bool close = false;
};

/// The running part of one selected character in one session: one Lua state. Its calls block and run a
/// script: for the pool. One call at a time; a second one waits. kill() from any thread.
class ScriptInstance {
 public:
  /// Runs the character's file again in a state of its own. The failure is a Diagnostic of that file.
  static tl::expected<std::shared_ptr<ScriptInstance>, Diagnostic> create(CharacterPtr character,
                                                                          InstanceOptions options);
  ~ScriptInstance();

  /// The system prompt: what the script's system_prompt returns, else the standard one. Code prompt-error,
  /// script-timeout or script-memory on failure.
  tl::expected<std::string, Diagnostic> system_prompt(const CallContext& context);

  /// The character's own answer. Only for a character with has_reply.
  tl::expected<ScriptReply, Diagnostic> reply(const CallContext& context);

  /// Runs a tool. `arguments` are checked against the tool's schema by the caller. The text for the model.
  tl::expected<std::string, Diagnostic> call_tool(const std::string& tool, const nlohmann::json& arguments,
                                                  const CallContext& context);

  /// Ends whatever runs in it and all that would come. Does not wait.
  void kill() noexcept;
  [[nodiscard]] bool dead() const noexcept;  ///< killed, or ended by a limit: make a new one

  [[nodiscard]] const CharacterPtr& character() const { return character_; }
  [[nodiscard]] const std::string& module_name() const { return options_.module_name; }
  [[nodiscard]] const Instructions& instructions() const { return instructions_; }  ///< with the override
  [[nodiscard]] std::size_t memory_used() const;  ///< waits for a running call, like the next
  [[nodiscard]] script::CallCost last_cost() const;

 private:
  ScriptInstance(CharacterPtr character, InstanceOptions options);

  /// One call of a function of the character's table. `code`: that of every failure but a limit's.
  tl::expected<nlohmann::json, Diagnostic> call(const script::Path& path,
                                                const std::vector<script::Argument>& arguments,
                                                const CallContext& context, std::string_view code);

  CharacterPtr character_;
  InstanceOptions options_;
  Instructions instructions_;
  mutable std::mutex mutex_;              ///< of the state, but for kill() and dead()
  std::unique_ptr<script::State> state_;  ///< null for a character that does not run
};

using ScriptInstancePtr = std::shared_ptr<ScriptInstance>;

struct BegunScript {
  ScriptInstancePtr script;
  std::string system_prompt;
};
/// An instance that has told its system prompt, as every conversation begins: a script may prepare there what
/// its tools use. Blocks and runs the script, as the two steps by themselves do, with their failures.
tl::expected<BegunScript, Diagnostic> begin_script(CharacterPtr character, InstanceOptions options,
                                                   const CallContext& context);

}  // namespace unmuted
