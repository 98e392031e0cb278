#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "conversation/chat_message.hpp"

namespace unmuted {

/// Tool calls that a model wrote into its text.
struct WrittenCalls {
  std::vector<ToolCall> calls;  ///< of tools that are offered, without ids; the arguments are JSON objects
  std::size_t dropped = 0;      ///< not readable, or of tools that nobody offered
};

/// Reads what stands between the markup of calls, in any of the forms that models write: JSON objects that
/// name the tool, a name and a JSON object, parameters in tags. The parts that are markup themselves may be
/// in it.
WrittenCalls read_written_calls(std::string_view text, std::span<const Tool> offered);

/// The offered tool that a model means by `name`, which may have a decoration such as "functions." before it;
/// null when there is none.
const Tool* offered_tool(std::string_view name, std::span<const Tool> offered);

}  // namespace unmuted
