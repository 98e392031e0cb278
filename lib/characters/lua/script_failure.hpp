#pragma once

#include <string_view>

#include "characters/character.hpp"

namespace unmuted {

/// How the resources of a script are named in its failures: "resources/<name>.lua".
constexpr std::string_view script_resources = "resources/";

/// The code of a failure while a file is loaded.
std::string_view load_failure_code(script::FailureKind kind);

/// The failure of a character's script as a diagnostic of its file, with what can be seen in the text that
/// failed. What fails inside a resource is told at the `require`, with the resource's place in the message. A
/// failure to read a text may change its code.
Diagnostic explain_failure(const script::Failure& failure, const Origin& origin, std::string_view code);

}  // namespace unmuted
