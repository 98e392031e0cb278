#include "conversation/tool_round.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

bool has_too_long_arguments(const ToolCall& call) {
  return call.arguments.size() > ToolRound::max_arguments_bytes;
}

std::string why_not_run(const ToolCall& call) {
  if (has_too_long_arguments(call)) {
    return "Not run: the arguments are longer than " + std::to_string(ToolRound::max_arguments_bytes) +
           " bytes. Call it again with shorter ones.";
  }
  return "Not run: at most " + std::to_string(ToolRound::max_run) +
         " tools are run at a time. Call it again if it is still needed.";
}

}  // namespace

ToolRound tool_round(std::vector<ToolCall> calls) {
  if (calls.size() > ToolRound::max_kept) calls.resize(ToolRound::max_kept);
  for (ToolCall& call : calls) {
    call.id.clear();  // of any length, and of no use: what is sent back has ids of our own
    call.name = utf8_prefix(call.name, ToolCall::max_name_bytes);
  }
  std::stable_partition(calls.begin(), calls.end(),
                        [](const ToolCall& call) { return !has_too_long_arguments(call); });
  ToolRound round;
  for (ToolCall& call : calls) {
    if (!has_too_long_arguments(call) && round.run.size() < ToolRound::max_run) {
      round.run.push_back(call);
    } else {
      round.not_run.push_back(why_not_run(call));
      if (has_too_long_arguments(call)) call.arguments = "{}";
    }
  }
  round.remembered = std::move(calls);
  return round;
}

}  // namespace unmuted
