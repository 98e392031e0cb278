#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "conversation/chat_message.hpp"

namespace unmuted {

/// Tool calls that a model wrote into its text.
struct WrittenCalls {
  std::vector<ToolCall> calls;  ///< of tools that are offered, without ids; the arguments are JSON objects
  std::size_t dropped = 0;      ///< not readable, of tools that nobody offered, or too many

  /// Adds others, as long as there are no more than `max`.
  void add(WrittenCalls more, std::size_t max);
};

/// Reads what stands between the markup of calls, in any of the forms that models write: JSON objects that
/// name the tool, a name and a JSON object, parameters in tags. The parts that are markup themselves may be
/// in it.
WrittenCalls read_written_calls(std::string_view text, std::span<const Tool> offered);

}  // namespace unmuted
