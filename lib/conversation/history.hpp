#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/turn_id.hpp"
#include "events/notice.hpp"

namespace unmuted {

/// What was said in one conversation: of the bot's words those that were *heard*.
///
/// While a reply goes on, the words that are produced but not yet heard are kept beside it: the language
/// model is shown them (it must know what it has said in an earlier round of tools), nobody else.
///
/// Bounded by max_messages and max_bytes: past them the oldest goes, always up to the next message of the
/// user so that no answer is left without its question. What was said since the user's last message stays;
/// the limits of a reply and of tool calls bound it.
class History {
 public:
  static constexpr std::size_t max_messages = 200;  ///< a result of a tool counts as one
  static constexpr std::size_t max_bytes = 256 * 1024;
  static constexpr std::size_t max_spoken_message_bytes = 32 * 1024;  ///< then a user's words begin another

  static constexpr std::string_view silence = "...";
  static constexpr std::string_view interruption = "\u2014";

  /// A message of the user's. Blank text is no message.
  void add_user_message(std::string text);
  /// A word the user spoke: goes on with the user's newest message, if that is the newest of all.
  void add_user_word(std::string_view word);

  /// A word of the reply was produced, white space before it included; it is not heard yet.
  void add_unheard_word(TurnId turn, std::string word);
  /// The next of the unheard words was heard. Returns it; nothing when there is none.
  std::optional<std::string> hear_next_word();
  [[nodiscard]] bool has_unheard_words() const;

  /// The words of the reply since it last called tools, heard or not, are forgotten. Returns how many of them
  /// were not heard.
  std::size_t take_back_words(TurnId turn);

  /// The model called tools. Words that follow are those of the next round.
  void add_tool_calls(TurnId turn, std::vector<ToolCall> calls);
  /// The result of a call of the turn's latest round. Answers the call, valid until the history changes; null
  /// when there is no such call (it fell out of the history) or when it has a result already.
  const ToolCall* set_tool_result(TurnId turn, std::size_t call, std::string result);

  /// The reply is over. When it was `cut`, its unheard words are dropped, and an em dash marks the place for
  /// clients and scripts.
  void end_reply(TurnId turn, bool cut);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Whether the bot said or did anything yet.
  [[nodiscard]] bool bot_spoke() const;
  /// Whether the newest message is the user's.
  [[nodiscard]] bool user_spoke_last() const;
  /// The heard text of a reply, trimmed.
  [[nodiscard]] std::string heard(TurnId turn) const;

  /// For a language model, the system prompt first: repaired() of what was said, without the marks that are
  /// for people (a model would copy the dash of an interruption).
  [[nodiscard]] std::vector<ChatMessage> for_model(const std::string& system_prompt) const;

  /// For clients and scripts: what was heard, users and assistants only, without tools and system prompt.
  [[nodiscard]] std::vector<events::Message> for_client() const;

 private:
  struct Call {
    ToolCall call;
    std::optional<std::string> result;
  };
  struct Entry {
    ChatMessage::Role role = ChatMessage::Role::user;
    std::string text;  ///< heard or typed
    TurnId turn{};     ///< of the bot's
    bool cut = false;  ///< the rest of it was not heard
    std::deque<std::string> unheard;
    std::vector<Call> calls;
  };

  Entry& reply_entry(TurnId turn);
  static std::size_t bytes_of(const Entry& entry);
  void drop_oldest();

  std::deque<Entry> entries_;
};

}  // namespace unmuted
