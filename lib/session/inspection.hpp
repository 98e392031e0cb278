#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "session/environment.hpp"

namespace unmuted {

// What an author is shown of a cast as it lies on the disk now. Nothing is kept of it, and nobody's cast
// changes. Both block and run scripts: for the pool. Any thread.

/// A directory, where those of this machine may load it; empty: that of the default cast. All that is wrong
/// with it, and all of its characters, as docs/protocol.md has it. Errors: those of DirectoryPolicy::resolve
/// and CharacterLoader::check.
Result<nlohmann::json> inspect_cast(const SessionEnvironment& environment, const std::string& directory);

/// The system prompt and the greeting of one of its characters, as a conversation that began now would have
/// them, with what its script logs; or why its script fails. Also character_not_found.
Result<nlohmann::json> inspect_character(const SessionEnvironment& environment, const std::string& directory,
                                         const std::string& name);

}  // namespace unmuted
