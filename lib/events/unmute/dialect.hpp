#pragma once

#include <memory>

#include "events/dialect.hpp"

namespace unmuted::events {

/// The dialect of Unmute's browser client and its forks, as docs/protocol.md has it: text frames of JSON both
/// ways. It has no state: any number of sessions may share one, on any thread.
std::shared_ptr<Dialect> unmute_dialect();

}  // namespace unmuted::events
