#pragma once

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "conversation/conversation.hpp"
#include "core/overloaded.hpp"

namespace unmuted {

inline std::string number(TurnId turn) {
  return std::to_string(static_cast<std::uint64_t>(turn));
}

inline std::string describe(events::Ending how) {
  switch (how) {
    case events::Ending::finished:
      return "finished";
    case events::Ending::interrupted_by_voice:
      return "interrupted by voice";
    case events::Ending::interrupted:
      return "interrupted";
    case events::Ending::failed:
      return "failed";
  }
  return "?";
}

inline std::string describe(const events::Failure& failure) {
  using Kind = events::Failure::Kind;
  const std::string what = failure.code + ": " + failure.message;
  switch (failure.kind) {
    case Kind::invalid_request:
      return "refused " + failure.code;
    case Kind::warning:
      return "warning " + what;
    case Kind::server_error:
      return "server_error " + what;
    case Kind::fatal:
      return "fatal " + what;
  }
  return "?";
}

inline std::string describe(const events::Notice& notice) {
  using namespace events;
  return std::visit(
      Overloaded{
          [](const ReplyStarted& n) { return "started " + number(n.turn); },
          [](const WordSpoken& n) { return "spoken " + number(n.turn) + " '" + n.text + "'"; },
          [](const ToolCalled& n) { return "called " + number(n.turn) + " " + n.name + ": " + n.result; },
          [](const ReplyEnded& n) {
            return "ended " + number(n.turn) + " '" + n.text + "' " + describe(n.how);
          },
          [](const UserSpeechStarted&) { return std::string("speech started"); },
          [](const UserSpeechStopped&) { return std::string("speech stopped"); },
          [](const UserWord& n) { return "user word '" + n.text + "'"; },
          [](const Failure& n) { return describe(n); },
          [](const auto&) { return std::string("no notice of a conversation"); },
      },
      notice);
}

/// One line an action, so that a test reads as the conversation does.
inline std::string describe(const Action& action) {
  using namespace actions;
  return std::visit(
      Overloaded{
          [](const events::Notice& notice) { return describe(notice); },
          [](const AskModel& a) {
            return "ask " + number(a.turn) + " round " + std::to_string(a.round) +
                   (a.offer_tools ? " with tools" : "");
          },
          [](const SayWord& a) { return "ready " + number(a.word.turn) + " '" + a.word.text + "'"; },
          [](const WordsTakenBack& a) { return "taken back " + number(a.turn); },
          [](const TextComplete& a) { return "complete " + number(a.turn); },
          [](const RunTools& a) {
            std::string line = "run " + number(a.turn);
            for (const ToolCall& call : a.calls) line += " " + call.name + call.arguments;
            return line;
          },
          [](const StopModel& a) { return "stop model " + number(a.turn); },
          [](const StopReply& a) { return "stop " + number(a.turn); },
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

/// "user: Hi".
inline std::vector<std::string> describe(const std::vector<events::Message>& messages) {
  std::vector<std::string> lines;
  for (const events::Message& message : messages) lines.push_back(message.role + ": " + message.content);
  return lines;
}

/// The first action, or notice, of this kind; a null pointer when there is none.
template <class Kind>
const Kind* first(const Actions& actions) {
  for (const Action& action : actions) {
    if constexpr (std::is_constructible_v<events::Notice, Kind>) {
      if (const Kind* found = notice_if<Kind>(action)) return found;
    } else {
      if (const Kind* found = std::get_if<Kind>(&action)) return found;
    }
  }
  return nullptr;
}

}  // namespace unmuted
