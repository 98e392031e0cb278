#pragma once

#include <string>

#include "core/result.hpp"

namespace unmuted::probe {

/// Whether `expression` is a regular expression of ECMAScript. Error: invalid_scenario, with what is wrong.
Result<void> check_expression(const std::string& expression);

/// Whether `expression` is found anywhere in `text`; ^ and $ are the ends of the text. Bounded in time and
/// memory: a search that takes more has found nothing, as has an expression that is none.
bool finds(const std::string& expression, const std::string& text);

}  // namespace unmuted::probe
