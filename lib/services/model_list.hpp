#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace unmuted {

/// The one model that the answer of `GET /v1/models` names. Error: service_unavailable, also when there are
/// several: the message lists them.
Result<std::string> only_model(std::string_view body);

}  // namespace unmuted
