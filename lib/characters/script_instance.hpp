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
  std::shared_ptr<script::MemoryBudget> budget;
  std::shared_ptr<ModuleRegistry> registry;  ///< may be null: then it is not listed
  BasePrompt base_prompt;
  std::function<void(std::string_view line)> log;
  std::optional<std::string> instructions_override;  ///< replaces instructions.text for this instance
};

/// What `ctx` tells a script in one call, beside its functions.
struct CallContext {
  std::chrono::system_clock::time_point now;
  std::string timezone;    ///< IANA name; "UTC" when unknown
  std::string llm_name;    ///< empty when there is no language model
  nlohmann::json context;  ///< what the client gave with session.update; null when nothing
  nlohmann::json history = nlohmann::json::array();  ///< [{role, content}…], newest last
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
  [[nodiscard]] std::size_t memory_used() const noexcept;
  [[nodiscard]] script::CallCost last_cost() const noexcept;

 private:
  ScriptInstance(CharacterPtr character, InstanceOptions options);

  CharacterPtr character_;
  InstanceOptions options_;
  Instructions instructions_;
  std::mutex mutex_;
  std::unique_ptr<script::State> state_;
};

using ScriptInstancePtr = std::shared_ptr<ScriptInstance>;

}  // namespace unmuted
