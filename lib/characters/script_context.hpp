#pragma once

#include <nlohmann/json_fwd.hpp>

#include "characters/script_instance.hpp"

namespace unmuted {

/// The members of `ctx` for one call, cut to what a script takes, so that nothing that was said or sent can
/// end it, and with room to build upon: a text has at most a quarter of the longest string, of a message the
/// end is kept; of a long history the newest messages; of a `context` that is nested too deeply, or has too
/// many entries, those on the way there.
nlohmann::json script_context(const CallContext& context, const Instructions& instructions,
                              const script::Limits& limits);

}  // namespace unmuted
