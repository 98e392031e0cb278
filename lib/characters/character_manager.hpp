#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "characters/character_loader.hpp"
#include "characters/character_set.hpp"
#include "characters/directory_policy.hpp"
#include "characters/script_instance.hpp"

namespace unmuted {

/// Why a reload changed nothing.
struct ReloadFailure {
  Error error;        ///< a code of docs/errors.md
  LoadReport report;  ///< of no_valid_characters: what is wrong with each candidate; otherwise empty
};

/// Finds, checks and loads the directory `requested` as one session may: everything of a reload that blocks.
/// Shares nothing with the session, so it runs on the pool and may be abandoned. `default_directory` is
/// allowed by every policy; may be empty. Also no_valid_characters.
tl::expected<CharacterSetPtr, ReloadFailure> load_cast(const CharacterLoader& loader,
                                                       const DirectoryPolicy& policy,
                                                       std::string_view requested,
                                                       std::string_view default_directory,
                                                       const std::stop_token& stop = {});

/// The cast of one session: its characters and the script instance of the active one. Never shared; lives on
/// its session's thread. What takes long (load_cast, ScriptInstance::create) is done elsewhere and handed in.
class CharacterManager {
 public:
  CharacterManager(std::string session_id, CharacterSetPtr initial);
  ~CharacterManager();  ///< kills the active instance and lets go of everything
  CharacterManager(const CharacterManager&) = delete;
  CharacterManager& operator=(const CharacterManager&) = delete;

  [[nodiscard]] const std::string& session_id() const { return session_id_; }
  [[nodiscard]] std::string module_prefix() const;  ///< `session_<id>.characters`
  [[nodiscard]] std::string module_name(const Character& character) const;

  [[nodiscard]] const CharacterSet& set() const { return *set_; }
  [[nodiscard]] const std::string& current_directory() const { return set_->directory(); }
  /// By name, else by voice path. Null when there is none.
  [[nodiscard]] CharacterPtr find(std::string_view name_or_voice) const { return set_->find(name_or_voice); }

  // Each of these gives back what it replaced, for freeing it may take long and is better done elsewhere.

  struct Replaced {
    CharacterSetPtr set;
    ScriptInstancePtr script;  ///< killed; null when there was none
  };
  /// Swaps in a new cast in one step; no character of the old one stays active.
  Replaced adopt(CharacterSetPtr set);

  /// Makes `instance` the active one; the one before is killed. Null when there was none.
  ScriptInstancePtr activate(ScriptInstancePtr instance);
  ScriptInstancePtr deactivate();
  /// The active one leaves alive; null when there is none.
  ScriptInstancePtr release();
  [[nodiscard]] const ScriptInstancePtr& active() const { return active_; }

  /// load_cast and adopt in one, for tools and benchmarks; blocks.
  tl::expected<CharacterSetPtr, ReloadFailure> reload(const CharacterLoader& loader,
                                                      const DirectoryPolicy& policy,
                                                      std::string_view requested,
                                                      std::string_view default_directory = {});

 private:
  std::string session_id_;
  CharacterSetPtr set_;
  ScriptInstancePtr active_;
};

}  // namespace unmuted
