#include "conversation/repair.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "conversation/history.hpp"
#include "core/ascii.hpp"

namespace unmuted {
namespace {

using Role = ChatMessage::Role;

constexpr std::string_view first_words = "Hello.";  ///< of a user who let the other side begin
constexpr std::string_view acknowledgement = "OK.";
constexpr std::string_view no_result = "No result: the reply was interrupted before the tool had answered.";
constexpr std::string_view empty_result = "(nothing)";
constexpr std::size_t id_digits = 5;

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(ascii_white_space);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(ascii_white_space) - begin + 1));
}

void append(std::string& text, std::string_view more, char separator) {
  if (!text.empty() && !more.empty()) text += separator;
  text += more;
}

/// A silence beside words is none.
void append_user_text(std::string& text, std::string_view more) {
  if (more == History::silence) return;
  if (text == History::silence) text.clear();
  append(text, more, ' ');
}

/// A call's name as all servers take it.
std::string sound_name(std::string name) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  name.resize(std::min(name.size(), ToolCall::max_name_bytes));
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !fits(c); }, '_');
  return name.empty() ? "unknown" : name;
}

/// Looks at the text only: a tree of it is not needed, and could be deep.
bool is_object(std::string_view arguments) {
  const std::size_t begin = arguments.find_first_not_of(ascii_white_space);
  const bool opens = begin != std::string_view::npos && arguments[begin] == '{';
  return opens && arguments.find('\0') == std::string_view::npos && nlohmann::json::accept(arguments);
}

class Repair {
 public:
  explicit Repair(std::size_t expected) { messages_.reserve(expected + 2); }

  void add_system(const std::string& text) {
    if (text.empty()) return;
    if (messages_.empty() || messages_.front().role != Role::system) {
      messages_.insert(messages_.begin(), {Role::system, {}, {}, {}});
    }
    append(messages_.front().content, text, '\n');
  }

  void add_user(std::string text) {
    if (text.empty()) return;
    if (last_is(Role::user)) return append_user_text(messages_.back().content, text);
    if (last_is(Role::tool)) push(Role::assistant, acknowledgement);
    push(Role::user, text);
  }

  /// `results`: the messages that follow, as far as they are results.
  void add_assistant(std::string text, std::vector<ToolCall> calls, std::vector<ChatMessage> results) {
    if (text.empty() && calls.empty()) return;
    if (messages_.empty() || last_is(Role::system)) push(Role::user, first_words);
    if (!last_is(Role::assistant)) push(Role::assistant, {});
    append(messages_.back().content, text, ' ');
    for (ToolCall& call : calls) {
      results_.push_back(take_result(results, call.id));
      call = {next_id(), sound_name(std::move(call.name)),
              is_object(call.arguments) ? std::move(call.arguments) : "{}"};
    }
    messages_.back().tool_calls = std::move(calls);
    add_results();
  }

  std::vector<ChatMessage> finish() {
    if (messages_.empty() || last_is(Role::system)) push(Role::user, first_words);
    if (last_is(Role::assistant)) push(Role::user, History::silence);
    return std::move(messages_);
  }

 private:
  [[nodiscard]] bool last_is(Role role) const { return !messages_.empty() && messages_.back().role == role; }

  void push(Role role, std::string_view text) { messages_.push_back({role, std::string(text), {}, {}}); }

  /// The first result of that id; ids may repeat, and then the order tells.
  static std::string take_result(std::vector<ChatMessage>& results, const std::string& id) {
    const auto found = std::find_if(results.begin(), results.end(),
                                    [&](const ChatMessage& one) { return one.tool_call_id == id; });
    if (found == results.end()) return std::string(no_result);
    std::string text =
        trimmed(found->content).empty() ? std::string(empty_result) : std::move(found->content);
    results.erase(found);
    return text;
  }

  void add_results() {
    for (std::size_t i = 0, call = messages_.size() - 1; i < results_.size(); ++i) {
      std::string id = messages_[call].tool_calls[i].id;
      messages_.push_back({Role::tool, std::move(results_[i]), {}, std::move(id)});
    }
    results_.clear();
  }

  /// "call00001": what stands in a conversation keeps its number while the conversation goes on.
  std::string next_id() {
    std::string digits = std::to_string(++ids_);
    digits.insert(0, id_digits - std::min(id_digits, digits.size()), '0');
    return "call" + digits;
  }

  std::vector<ChatMessage> messages_;
  std::vector<std::string> results_;  ///< of the message's calls, in their order
  std::size_t ids_ = 0;
};

}  // namespace

std::vector<ChatMessage> repaired(std::vector<ChatMessage> messages) {
  Repair repair(messages.size());
  for (auto message = messages.begin(); message != messages.end();) {
    const auto after = std::find_if(message + 1, messages.end(),
                                    [](const ChatMessage& one) { return one.role != Role::tool; });
    std::string text = trimmed(message->content);
    switch (message->role) {
      case Role::system:
        repair.add_system(text);
        break;
      case Role::user:
        repair.add_user(std::move(text));
        break;
      case Role::assistant:
        repair.add_assistant(std::move(text), std::move(message->tool_calls),
                             {std::make_move_iterator(message + 1), std::make_move_iterator(after)});
        break;
      case Role::tool:
        break;  // a result of no call
    }
    message = after;
  }
  return repair.finish();
}

}  // namespace unmuted
