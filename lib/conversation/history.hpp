#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/clock.hpp"
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
/// the limits of a reply and of tool calls bound it, where a client does not add what it likes.
///
/// A client may know what was said as items, in an order of their own: a result stands where it was given,
/// not behind its call. What nobody was told of as an item has no id. One that holds nothing stays, and is
/// shown to nobody but who asks for the item.
class History {
 public:
  static constexpr std::size_t max_messages = 200;  ///< a result of a tool counts as one
  static constexpr std::size_t max_bytes = 256 * 1024;
  static constexpr std::size_t max_spoken_message_bytes = 32 * 1024;  ///< then a user's words begin another

  static constexpr std::string_view silence = "...";
  static constexpr std::string_view interruption = "\u2014";

  /// A message of the user's. Blank text is no message.
  void add_user_message(std::string text);
  /// A word the user spoke: goes on with the user's newest message, if that is the newest of all and the same
  /// item, as which it counts from add_spoken_item() on.
  void add_user_word(std::string_view word, const std::string& item = {});
  void add_spoken_item(const std::string& id);

  /// A reply begins, which is this item as soon as begin_item() says so.
  void begin_reply(std::string item);
  /// Something is said in the reply: what is said is an item from here on.
  void begin_item(TurnId turn);
  /// A word of the reply was produced, white space before it included; it is not heard yet.
  void add_unheard_word(TurnId turn, std::string word);
  /// The next of the unheard words was heard. Returns it; nothing when there is none.
  /// `ahead`: of the reply's sound so far, what is from its begin on.
  std::optional<std::string> hear_next_word(Duration ahead = {});
  [[nodiscard]] bool has_unheard_words() const;
  /// The next of a reply's text, which nobody needs to hear.
  void add_written(TurnId turn, std::string_view text);
  /// So much more of the reply was heard as sound.
  void add_sound(TurnId turn, Duration length);

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

  // ---- Items

  /// At the end, or behind another: the first of all where that is empty. False where the other is not there,
  /// or a call that it is the result of; an item of its id must not be there.
  bool add_item(events::Item item, const std::optional<std::string>& after = {});
  /// A call of the reply that the client answers.
  void add_call(TurnId turn, ToolCall call, std::string item);
  /// What the user said becomes known for an item that is there.
  void add_to_item(const std::string& id, std::string_view word);
  [[nodiscard]] bool has_item(const std::string& id) const;
  [[nodiscard]] std::optional<events::Item> item(const std::string& id) const;
  /// The item before it; empty where there is none.
  [[nodiscard]] std::string item_before(const std::string& id) const;
  [[nodiscard]] std::string last_item() const { return order_.empty() ? std::string() : order_.back(); }
  [[nodiscard]] const std::deque<std::string>& items() const { return order_; }
  bool remove_item(const std::string& id);
  /// Of what the bot said no more was heard. How much counts, which is no more than there was; nothing where
  /// that is no item of the bot's words.
  std::optional<std::chrono::milliseconds> cut_item(const std::string& id, std::chrono::milliseconds heard);

  // ---- What is there

  [[nodiscard]] bool empty() const;
  /// Whether the bot said or did anything yet.
  [[nodiscard]] bool bot_spoke() const;
  /// Whether the newest message is the user's.
  [[nodiscard]] bool user_spoke_last() const;
  /// Whether the newest there is are results that the client gave.
  [[nodiscard]] bool results_came_last() const;
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
    std::string item{}, result_item{};
  };
  /// Where a word stands in the text, and in the sound of its item.
  struct WordMark {
    std::size_t offset;
    Duration at;
  };
  struct Entry {
    ChatMessage::Role role = ChatMessage::Role::user;
    std::string text;  ///< heard or typed
    TurnId turn{};     ///< of the bot's
    bool cut = false;  ///< the rest of it was not heard
    std::deque<std::string> unheard;
    std::vector<Call> calls;
    std::string id{};  ///< of its text as an item; of a reply with tools several entries have the same
    bool spoken = false;
    std::vector<WordMark> words{};  ///< of the bot's, that were heard
    Duration sound{};               ///< of the whole item so far

    [[nodiscard]] bool blank() const { return text.empty() && unheard.empty() && calls.empty(); }
  };

  Entry& reply_entry(TurnId turn);
  [[nodiscard]] const Entry* last_said() const;
  [[nodiscard]] std::deque<Entry>::iterator behind(const std::string& id);
  bool add_result(const events::Item& item);
  Call* find_call(const std::string& item);
  void forget_lost_items();
  static std::size_t bytes_of(const Entry& entry);
  void drop_oldest(bool anywhere = false);

  std::deque<Entry> entries_;
  std::deque<std::string> order_;  ///< of the items
  std::string reply_item_;         ///< of the reply that goes on
  bool item_begun_ = false;
  Duration reply_sound_{};
};

}  // namespace unmuted
