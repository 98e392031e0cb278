#pragma once

#include <memory>

#include "events/dialect.hpp"

namespace unmuted::events {

/// The dialect of Unmute's browser client and its forks, as docs/protocol.md has it: text frames of JSON both
/// ways, and sound as Ogg Opus in them, one stream a connection.
std::shared_ptr<Dialect> unmute_dialect();

}  // namespace unmuted::events
