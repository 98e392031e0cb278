#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "events/server_event.hpp"

namespace unmuted::events {

/// One text frame: the event in its envelope, with an event_id of its own. `request_id` is the event_id of
/// the client's event that this answers, empty when there is none. Any bytes give valid JSON. Any thread.
std::string encode(const ServerEvent& event, std::string_view request_id = {});

/// The `details` of a no_valid_characters error.
nlohmann::json details_of(const std::vector<FileProblem>& problems);

}  // namespace unmuted::events
