#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "conversation/chat_message.hpp"
#include "core/utf8.hpp"

namespace unmuted {

/// What the strictest servers together would answer to these messages; nothing when all of them take them.
/// Written from what those servers check, not from what the repair does.
inline std::optional<std::string> refusal_of(const std::vector<ChatMessage>& messages) {
  using Role = ChatMessage::Role;
  const auto blank = [](const std::string& text) {
    return text.find_first_not_of(" \t\n\r\v\f") == std::string::npos;
  };
  const auto named = [](const std::string& name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
  };
  std::set<std::string> ids;
  std::vector<std::string> due;  // ids whose results must come next
  std::optional<Role> before;
  std::size_t alternation = 0;  // as Mistral's template counts: no calls, no results
  for (const ChatMessage& message : messages) {
    if (!is_utf8(message.content)) return "a text is not UTF-8";
    if (!due.empty() && message.role != Role::tool) return "a call has no result";
    switch (message.role) {
      case Role::system:
        if (before) return "a system message is not the first";
        if (blank(message.content)) return "the system message is blank";
        break;
      case Role::user:
        if (before == Role::tool) return "Unexpected role 'user' after role 'tool'";
        if (before == Role::user) return "roles must alternate";
        if (alternation++ % 2 != 0) return "after the optional system message, roles must alternate";
        if (blank(message.content)) return "a user's message is blank";
        break;
      case Role::assistant:
        if (!before || before == Role::system) return "the user does not begin";
        if (before == Role::assistant) return "roles must alternate";
        if (message.tool_calls.empty() && alternation++ % 2 != 1) {
          return "after the optional system message, roles must alternate";
        }
        if (message.tool_calls.empty() && blank(message.content)) return "an assistant's message is blank";
        break;
      case Role::tool:
        if (due.empty() || due.front() != message.tool_call_id) return "a result without its call";
        due.erase(due.begin());
        if (blank(message.content)) return "a result is blank";
        break;
    }
    if (message.role != Role::assistant && !message.tool_calls.empty()) return "calls of nobody";
    for (const ToolCall& call : message.tool_calls) {
      if (!ids.insert(call.id).second) return "`tool_use` ids must be unique";
      if (call.id.size() != 9 || !named(call.id)) return "an id is not nine letters and digits";
      if (!named(call.name)) return "a name does not fit the pattern";
      if (!nlohmann::json::parse(call.arguments, nullptr, false).is_object()) {
        return "Failed to parse tool call arguments as JSON: " + call.arguments;
      }
      due.push_back(call.id);
    }
    before = message.role;
  }
  if (!due.empty()) return "a call has no result";
  if (before != Role::user && before != Role::tool) return "there is nothing to answer";
  return std::nullopt;
}

}  // namespace unmuted
