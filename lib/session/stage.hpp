#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "characters/character_manager.hpp"
#include "characters/script_log.hpp"
#include "core/worker_pool.hpp"
#include "events/notice.hpp"
#include "net/asio.hpp"
#include "net/offload.hpp"
#include "session/environment.hpp"
#include "session/selection.hpp"

namespace unmuted {

/// What a character plays in one conversation.
struct Role {
  InstanceOptions options;  ///< to make its script anew when a limit has ended it
  CallContext context;      ///< what its script is told, but for time and history
  std::string system_prompt;
  std::string voice;    ///< path on the server
  bool ad_hoc = false;  ///< a voice with instructions of the client's: its character's name is no name
};

/// Where a session's characters play: the cast, the one character that is active, and its script, which
/// nobody else writes. On the session's thread; scripts run on the pool, through `scripts`.
class Stage {
 public:
  /// A character that is ready to come on: its script is made and has given its prompt.
  struct Entrance {
    ScriptInstancePtr script;
    Role role;
  };

  /// All outlive it.
  Stage(const SessionEnvironment& environment, WorkerPool::Share& scripts, CharacterManager& characters);

  [[nodiscard]] const std::string& session_id() const { return characters_.session_id(); }
  [[nodiscard]] const CharacterSet& cast() const { return characters_.set(); }

  /// Another cast takes the place of this one, and its character leaves.
  void adopt(CharacterSetPtr set);

  /// Makes the script of the selected character and asks it for its prompt; who plays now plays on. Errors:
  /// character_failed, service_at_capacity (also where clear() came between: then nobody waits for it).
  net::awaitable<Result<Entrance>> prepare(Selection selection);
  /// Takes the place of whoever is active.
  void enter(Entrance entrance);
  /// Whoever is active leaves, and may come back as it is; nothing where nobody is.
  std::optional<Entrance> leave();
  /// Somebody who left does not come back.
  void dismiss(Entrance entrance);
  /// Whoever is active leaves; what is waited for is abandoned.
  void clear();

  /// What the script sees as ctx.context from its next call on.
  void set_context(nlohmann::json context);

  /// The active character and its role; only while there is one.
  [[nodiscard]] const CharacterPtr& character() const { return characters_.active()->character(); }
  [[nodiscard]] const Role& role() const { return role_; }

  using Script = tl::expected<ScriptInstancePtr, Diagnostic>;
  /// The active script, made anew where a limit has ended it; dead where that was abandoned or refused. Why
  /// it cannot be made. Only while there is one.
  net::awaitable<Script> script(net::PoolCall& call);

  /// What the script is told in a call of now.
  [[nodiscard]] CallContext call_context(const std::vector<events::Message>& chat_history) const;

 private:
  /// Shared with the scripts of this session, which run on the pool: an old one may still end there while
  /// the next one begins.
  struct SharedScriptLog {
    std::mutex mutex;
    ScriptLog log;
  };

  [[nodiscard]] InstanceOptions options_for(const Selection& selection) const;
  [[nodiscard]] CallContext context_for(const Selection& selection) const;
  [[nodiscard]] std::function<void(std::string_view)> script_log() const;
  void let_go(std::shared_ptr<const void> script);

  const SessionEnvironment& environment_;
  WorkerPool::Share& scripts_;
  CharacterManager& characters_;
  Role role_;
  net::PoolCall preparing_;
  std::shared_ptr<SharedScriptLog> script_log_ = std::make_shared<SharedScriptLog>();
};

/// `character_failed`, as a client is told of it.
Error character_failure(const Character& character, const Diagnostic& problem);

/// Whether a script has been ended by a limit.
bool is_limit(const Diagnostic& problem);

}  // namespace unmuted
