#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conversation/chat_message.hpp"

namespace unmuted {

/// The calls of one answer of a model: which of them are run, and how all are remembered.
struct ToolRound {
  static constexpr std::size_t max_run = 16;   ///< further ones get a text instead of a result
  static constexpr std::size_t max_kept = 32;  ///< further ones are forgotten
  static constexpr std::size_t max_arguments_bytes = 4 * 1024;  ///< of a call; one with more is not run

  std::vector<ToolCall> run;
  std::vector<ToolCall> remembered;  ///< those that are run stand first
  std::vector<std::string> not_run;  ///< of each of the rest, what the model is told instead of a result
};

ToolRound tool_round(std::vector<ToolCall> calls);

}  // namespace unmuted
