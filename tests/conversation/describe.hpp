#pragma once

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "conversation/conversation.hpp"

namespace unmuted {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

inline std::string number(TurnId turn) {
  return std::to_string(static_cast<std::uint64_t>(turn));
}

inline std::string describe(actions::Ending how) {
  switch (how) {
    case actions::Ending::finished:
      return "finished";
    case actions::Ending::interrupted_by_voice:
      return "interrupted by voice";
    case actions::Ending::interrupted:
      return "interrupted";
    case actions::Ending::failed:
      return "failed";
  }
  return "?";
}

inline std::string describe(actions::Severity severity) {
  switch (severity) {
    case actions::Severity::warning:
      return "warning";
    case actions::Severity::server_error:
      return "server_error";
    case actions::Severity::fatal:
      return "fatal";
  }
  return "?";
}

/// One line an action, so that a test reads as the conversation does.
inline std::string describe(const Action& action) {
  using namespace actions;
  return std::visit(
      Overloaded{
          [](const ReplyStarted& a) { return "started " + number(a.turn); },
          [](const AskModel& a) {
            return "ask " + number(a.turn) + " round " + std::to_string(a.round) +
                   (a.offer_tools ? " with tools" : "");
          },
          [](const WordReady& a) { return "ready " + number(a.turn) + " '" + a.text + "'"; },
          [](const WordsTakenBack& a) { return "taken back " + number(a.turn); },
          [](const TextComplete& a) { return "complete " + number(a.turn); },
          [](const WordSpoken& a) { return "spoken " + number(a.turn) + " '" + a.text + "'"; },
          [](const RunTools& a) {
            std::string line = "run " + number(a.turn);
            for (const ToolCall& call : a.calls) line += " " + call.name + call.arguments;
            return line;
          },
          [](const ToolCalled& a) {
            return "called " + number(a.turn) + " " + a.call.name + ": " + a.result;
          },
          [](const StopModel& a) { return "stop model " + number(a.turn); },
          [](const StopReply& a) { return "stop " + number(a.turn); },
          [](const ReplyEnded& a) {
            return "ended " + number(a.turn) + " '" + a.text + "' " + describe(a.how);
          },
          [](const SpeechStarted&) { return std::string("speech started"); },
          [](const SpeechStopped&) { return std::string("speech stopped"); },
          [](const UserWord& a) { return "user word '" + a.text + "'"; },
          [](const Refused& a) { return "refused " + a.error.code; },
          [](const Failed& a) { return describe(a.severity) + " " + a.error.code + ": " + a.error.message; },
          [](const CloseConnection& a) {
            return std::string(a.why == CloseConnection::Why::farewell ? "close: farewell"
                                                                       : "close: failure");
          },
      },
      action);
}

inline std::vector<std::string> describe(const Actions& actions) {
  std::vector<std::string> lines;
  for (const Action& action : actions) lines.push_back(describe(action));
  return lines;
}

/// "user: Hi", "assistant: Let me see. [lookup{}]", "tool(c1): 12".
inline std::vector<std::string> describe(const std::vector<ChatMessage>& messages) {
  static constexpr const char* roles[] = {"system", "user", "assistant", "tool"};
  std::vector<std::string> lines;
  for (const ChatMessage& message : messages) {
    std::string line = roles[static_cast<int>(message.role)];
    if (!message.tool_call_id.empty()) line += "(" + message.tool_call_id + ")";
    line += ": " + message.content;
    for (const ToolCall& call : message.tool_calls) line += " [" + call.name + call.arguments + "]";
    lines.push_back(line);
  }
  return lines;
}

/// The first action of this kind; a null pointer when there is none.
template <class Kind>
const Kind* first(const Actions& actions) {
  for (const Action& action : actions) {
    if (const auto* found = std::get_if<Kind>(&action)) return found;
  }
  return nullptr;
}

}  // namespace unmuted
