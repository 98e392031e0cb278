#include "characters/character_manager.hpp"

#include <utility>

#include "core/utf8.hpp"

namespace unmuted {

namespace {

constexpr int max_places = 32;  ///< to which a path leads one after the other while it is loaded

/// What is looked for behind a turning link may be gone a moment before the link leads elsewhere.
Result<std::string> resolve(const DirectoryPolicy& policy, std::string_view wanted,
                            std::string_view default_directory) {
  Result<std::string> directory = policy.resolve(wanted, default_directory);
  for (int attempt = 1; attempt < 4 && !directory && directory.error().code == "directory_not_found";
       ++attempt) {
    directory = policy.resolve(wanted, default_directory);
  }
  return directory;
}

/// The cast to which the path `wanted` leads. A link in it may be turned to another folder, and the one
/// before removed, while that is read: then what was read may be half of it.
Result<CharacterSetPtr> load_behind(const CharacterLoader& loader, const DirectoryPolicy& policy,
                                    std::string_view wanted, std::string_view default_directory,
                                    const std::stop_token& stop) {
  Result<std::string> directory = resolve(policy, wanted, default_directory);
  for (int place = 0; directory && place < max_places; ++place) {
    auto set = loader.load(*directory, stop);
    if (*directory == wanted || stop.stop_requested()) return set;  // no link on the way
    auto present = resolve(policy, wanted, default_directory);
    if (present && *present == *directory) return set;
    directory = std::move(present);
  }
  if (!directory) return tl::unexpected(directory.error());
  const std::string path = printable(wanted);
  return fail("character_reload_failed",
              "Character directory cannot be read: " + path + ": it was replaced each time while it was read",
              path);
}

}  // namespace

tl::expected<CharacterSetPtr, ReloadFailure> load_cast(const CharacterLoader& loader,
                                                       const DirectoryPolicy& policy,
                                                       std::string_view requested,
                                                       std::string_view default_directory,
                                                       const std::stop_token& stop) {
  Result<CharacterSetPtr> set = load_behind(loader, policy, requested, default_directory, stop);
  if (!set) return tl::unexpected(ReloadFailure{set.error(), {}});
  if ((*set)->characters().empty()) {
    const std::string path = printable((*set)->directory());
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

CharacterManager::Replaced CharacterManager::adopt(CharacterSetPtr set) {
  ScriptInstancePtr script = deactivate();
  return {std::exchange(set_, std::move(set)), std::move(script)};
}

ScriptInstancePtr CharacterManager::activate(ScriptInstancePtr instance) {
  if (active_) active_->kill();
  return std::exchange(active_, std::move(instance));
}

ScriptInstancePtr CharacterManager::deactivate() {
  return activate(nullptr);
}

ScriptInstancePtr CharacterManager::release() {
  return std::exchange(active_, nullptr);
}

tl::expected<CharacterSetPtr, ReloadFailure> CharacterManager::reload(const CharacterLoader& loader,
                                                                      const DirectoryPolicy& policy,
                                                                      std::string_view requested,
                                                                      std::string_view default_directory) {
  auto set = load_cast(loader, policy, requested, default_directory);
  if (set) adopt(*set);
  return set;
}

}  // namespace unmuted
