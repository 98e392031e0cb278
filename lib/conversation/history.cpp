#include "conversation/history.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "conversation/repair.hpp"
#include "conversation/words.hpp"

namespace unmuted {
namespace {

using Role = ChatMessage::Role;

constexpr std::string_view pending_result = "No result yet.";

bool is_blank(std::string_view text) {
  return without_space(text).empty();
}

/// One space wherever white space was, none at the beginning.
void append_word(std::string& text, std::string_view word) {
  const std::string_view bare = without_space(word);
  if (!text.empty() && bare.size() < word.size()) text += ' ';
  text += bare;
}

void append_message(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += ' ';
  text += more;
}

/// A silence beside words is none.
void append_user_message(std::string& text, std::string_view more) {
  if (more == History::silence) return;
  if (text == History::silence) text.clear();
  append_message(text, more);
}

/// The mark of an interruption alone is nothing that was said.
std::string without_mark(std::string text) {
  if (text == History::interruption) text.clear();
  return text;
}

/// Appends a message, or adds it to the last one when that is of the same role.
void merge(std::vector<events::Message>& messages, Role role, std::string content) {
  if (content.empty() || content == History::interruption) return;
  if (!messages.empty() && messages.back().role == name_of(role)) {
    (role == Role::user ? append_user_message : append_message)(messages.back().content, content);
  } else {
    messages.push_back({std::string(name_of(role)), std::move(content)});
  }
}

}  // namespace

void History::add_user_message(std::string text) {
  if (is_blank(text)) return;
  entries_.push_back({Role::user, std::move(text), {}, false, {}, {}});
  drop_oldest();
}

void History::add_user_word(std::string_view word, const std::string& item) {
  const std::string_view bare = without_space(word);
  if (bare.empty()) return;
  const bool goes_on = !entries_.empty() && entries_.back().role == Role::user &&
                       entries_.back().id == item && entries_.back().text != silence;
  const bool fits = goes_on && entries_.back().text.size() + bare.size() < max_spoken_message_bytes;
  if (fits) {
    append_message(entries_.back().text, bare);
  } else if (!goes_on || item.empty()) {
    entries_.push_back({Role::user, std::string(bare), {}, false, {}, {}, item, true});
  }
  drop_oldest();
}

/// The last of the reply that is open: items of the client's may stand behind it.
History::Entry& History::reply_entry(TurnId turn) {
  const auto last = std::find_if(entries_.rbegin(), entries_.rend(), [turn](const Entry& entry) {
    return entry.role == Role::assistant && entry.turn == turn;
  });
  if (last != entries_.rend() && last->calls.empty()) return *last;
  entries_.push_back({Role::assistant, {}, turn, false, {}, {}, item_begun_ ? reply_item_ : "", true});
  return entries_.back();
}

void History::begin_reply(std::string item) {
  reply_item_ = std::move(item);
  item_begun_ = false;
  reply_sound_ = {};
}

void History::begin_item(TurnId turn) {
  if (std::exchange(item_begun_, true)) return;
  reply_entry(turn).id = reply_item_;
  order_.push_back(reply_item_);
}

void History::add_written(TurnId turn, std::string_view text) {
  Entry& entry = reply_entry(turn);
  entry.text += text;
  entry.spoken = false;
}

void History::add_sound(TurnId turn, Duration length) {
  reply_sound_ += length;
  if (item_begun_) reply_entry(turn).sound = reply_sound_;
}

void History::add_unheard_word(TurnId turn, std::string word) {
  reply_entry(turn).unheard.push_back(std::move(word));
}

std::optional<std::string> History::hear_next_word(Duration ahead) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry& candidate) { return !candidate.unheard.empty(); });
  if (entry == entries_.end()) return std::nullopt;
  std::string word = std::move(entry->unheard.front());
  entry->unheard.pop_front();
  if (!entry->id.empty()) entry->words.push_back({entry->text.size(), reply_sound_ - ahead});
  append_word(entry->text, word);
  return word;
}

bool History::has_unheard_words() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return !entry.unheard.empty(); });
}

std::size_t History::take_back_words(TurnId turn) {
  Entry& entry = reply_entry(turn);
  entry.text.clear();
  entry.words.clear();
  return std::exchange(entry.unheard, {}).size();
}

void History::add_tool_calls(TurnId turn, std::vector<ToolCall> calls) {
  Entry& entry = reply_entry(turn);
  for (ToolCall& call : calls) entry.calls.push_back({std::move(call), std::nullopt});
}

const ToolCall* History::set_tool_result(TurnId turn, std::size_t call, std::string result) {
  const auto entry = std::find_if(entries_.rbegin(), entries_.rend(), [turn](const Entry& candidate) {
    return candidate.turn == turn && !candidate.calls.empty();
  });
  if (entry == entries_.rend() || call >= entry->calls.size() || entry->calls[call].result) return nullptr;
  entry->calls[call].result = std::move(result);
  return &entry->calls[call].call;
}

void History::end_reply(TurnId turn, bool cut) {
  Entry* last_heard = nullptr;
  for (Entry& entry : entries_) {
    if (entry.role != Role::assistant || entry.turn != turn) continue;
    entry.unheard.clear();
    if (!entry.text.empty()) last_heard = &entry;
  }
  if (last_heard != nullptr) last_heard->cut = cut;
  std::erase_if(entries_, [](const Entry& entry) { return entry.blank() && entry.id.empty(); });
  drop_oldest();
}

bool History::empty() const {
  return last_said() == nullptr;
}

const History::Entry* History::last_said() const {
  const auto last =
      std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& entry) { return !entry.blank(); });
  return last == entries_.rend() ? nullptr : &*last;
}

bool History::bot_spoke() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.role == Role::assistant && !entry.blank(); });
}

bool History::user_spoke_last() const {
  const Entry* last = last_said();
  return last != nullptr && last->role == Role::user;
}

bool History::results_came_last() const {
  const Entry* last = last_said();
  if (last == nullptr) return false;
  return std::any_of(last->calls.begin(), last->calls.end(),
                     [](const Call& call) { return !call.result_item.empty(); });
}

std::string History::heard(TurnId turn) const {
  std::string text;
  for (const Entry& entry : entries_) {
    if (entry.role == Role::assistant && entry.turn == turn) append_message(text, entry.text);
  }
  return text;
}

std::vector<ChatMessage> History::for_model(const std::string& system_prompt) const {
  std::vector<ChatMessage> messages{{Role::system, system_prompt, {}, {}}};
  std::size_t calls = 0;
  for (const Entry& entry : entries_) {
    ChatMessage message{entry.role, without_mark(entry.text), {}, {}};
    for (const std::string& word : entry.unheard) append_word(message.content, word);
    message.content = without_mark(std::move(message.content));
    std::vector<ChatMessage> results;
    for (const Call& call : entry.calls) {
      std::string id = std::to_string(++calls);  // the model's own need not differ
      message.tool_calls.push_back({id, call.call.name, call.call.arguments});
      if (call.result) {
        results.push_back({Role::tool, *call.result, {}, std::move(id)});
      } else if (!call.item.empty()) {  // the client may tell results one by one
        results.push_back({Role::tool, std::string(pending_result), {}, std::move(id)});
      }
    }
    messages.push_back(std::move(message));
    std::move(results.begin(), results.end(), std::back_inserter(messages));
  }
  return repaired(std::move(messages));
}

std::vector<events::Message> History::for_client() const {
  std::vector<events::Message> messages;
  for (const Entry& entry : entries_) {
    const bool marked = entry.cut && !entry.text.ends_with(interruption);
    if (entry.role == Role::system) continue;
    merge(messages, entry.role, marked ? entry.text + std::string(interruption) : entry.text);
  }
  return messages;
}

std::size_t History::bytes_of(const Entry& entry) {
  std::size_t bytes = entry.text.size();
  for (const Call& call : entry.calls) {
    bytes += call.call.id.size() + call.call.name.size() + call.call.arguments.size();
    if (call.result) bytes += call.result->size();
  }
  return bytes;
}

void History::drop_oldest(bool anywhere) {
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) {
    messages += 1 + entry.calls.size();
    bytes += bytes_of(entry);
  }
  bool lost = false;
  while (messages > max_messages || bytes > max_bytes) {
    auto next = std::find_if(entries_.begin() + (entries_.empty() ? 0 : 1), entries_.end(),
                             [](const Entry& entry) { return entry.role == Role::user; });
    if (next == entries_.end() && anywhere && entries_.size() > 1) next = entries_.begin() + 1;
    if (next == entries_.end()) break;
    for (auto entry = entries_.begin(); entry != next; ++entry) {
      messages -= 1 + entry->calls.size();
      bytes -= bytes_of(*entry);
    }
    entries_.erase(entries_.begin(), next);
    lost = true;
  }
  if (lost) forget_lost_items();
}

}  // namespace unmuted
