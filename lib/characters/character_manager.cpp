#include "characters/character_manager.hpp"

#include <utility>

#include "core/utf8.hpp"

namespace unmuted {

tl::expected<CharacterSetPtr, ReloadFailure> load_cast(const CharacterLoader& loader,
                                                       const DirectoryPolicy& policy,
                                                       std::string_view requested,
                                                       std::string_view default_directory,
                                                       const std::stop_token& stop) {
  const std::string_view wanted =
      requested == "default" && !default_directory.empty() ? default_directory : requested;
  const Result<std::string> directory = policy.resolve(wanted, default_directory);
  if (!directory) return tl::unexpected(ReloadFailure{directory.error(), {}});
  Result<CharacterSetPtr> set = loader.load(*directory, stop);
  if (!set) return tl::unexpected(ReloadFailure{set.error(), {}});
  if ((*set)->characters().empty()) {
    const std::string path = printable(*directory);
    return tl::unexpected(ReloadFailure{
        {"no_valid_characters", "No valid characters found in directory: " + path, path}, (*set)->report()});
  }
  return *std::move(set);
}

CharacterManager::CharacterManager(std::string session_id, CharacterSetPtr initial)
    : session_id_(std::move(session_id)), set_(std::move(initial)) {}

CharacterManager::~CharacterManager() {
  deactivate();
}

std::string CharacterManager::module_prefix() const {
  return "session_" + session_id_ + ".characters";
}

std::string CharacterManager::module_name(const Character& character) const {
  return module_prefix() + "." + character.stem();
}

CharacterSetPtr CharacterManager::adopt(CharacterSetPtr set) {
  return std::exchange(set_, std::move(set));
}

ScriptInstancePtr CharacterManager::activate(ScriptInstancePtr instance) {
  if (active_) active_->kill();
  return std::exchange(active_, std::move(instance));
}

ScriptInstancePtr CharacterManager::deactivate() {
  return activate(nullptr);
}

tl::expected<CharacterSetPtr, ReloadFailure> CharacterManager::reload(const CharacterLoader& loader,
                                                                      const DirectoryPolicy& policy,
                                                                      std::string_view requested,
                                                                      std::string_view default_directory) {
  auto set = load_cast(loader, policy, requested, default_directory);
  if (set) {
    deactivate();
    adopt(*set);
  }
  return set;
}

}  // namespace unmuted
