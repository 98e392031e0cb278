#pragma once

#include <string>

#include "characters/character_manager.hpp"

namespace unmuted {

struct ServerContext;

/// Loads `directory` and makes it the server's default cast. Blocks: for the pool. Nothing changes on
/// failure.
tl::expected<CharacterSetPtr, ReloadFailure> replace_default(ServerContext& context,
                                                             const std::string& directory);

}  // namespace unmuted
