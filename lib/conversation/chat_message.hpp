#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted {

/// One tool call as the language model asked for it.
struct ToolCall {
  static constexpr std::size_t max_name_bytes = 64;  ///< of a name that servers take

  std::string id;         ///< the model's own, where it gave one; what is sent back has ids of our own
  std::string name;       ///< as the model wrote it: there may be no such tool
  std::string arguments;  ///< JSON text as the model wrote it: it may be malformed

  bool operator==(const ToolCall&) const = default;
};

/// One message of a conversation as language models take them (the chat form of OpenAI): what History
/// renders and LanguageModel is given.
struct ChatMessage {
  enum class Role { system, user, assistant, tool };

  Role role = Role::user;
  std::string content;               ///< UTF-8; may be empty when there are tool calls
  std::vector<ToolCall> tool_calls;  ///< assistant only; one tool message for each call follows it
  std::string tool_call_id;          ///< tool only: the call that this is the result of

  bool operator==(const ChatMessage&) const = default;
};

/// The role's name on every wire there is: "system", "user", "assistant", "tool".
constexpr std::string_view name_of(ChatMessage::Role role) {
  switch (role) {
    case ChatMessage::Role::system:
      return "system";
    case ChatMessage::Role::user:
      return "user";
    case ChatMessage::Role::assistant:
      return "assistant";
    case ChatMessage::Role::tool:
      return "tool";
  }
  return "";
}

}  // namespace unmuted
