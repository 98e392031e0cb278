#pragma once

#include <span>
#include <string>
#include <string_view>

#include "characters/character.hpp"

namespace unmuted {

/// The offered tool that a model means by `name`, which may have a decoration such as "functions." before it;
/// null when there is none.
const Tool* offered_tool(std::string_view name, std::span<const Tool> offered);

/// Whether the tool's schema says that the parameter is a text, so that "7" is one as well.
bool is_text_parameter(const Tool& tool, const std::string& parameter);

}  // namespace unmuted
