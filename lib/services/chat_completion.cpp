#include "services/chat_completion.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "services/json_fields.hpp"
#include "services/json_repair.hpp"
#include "services/refusal.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr JsonLimits whole_limits{.max_bytes = 8U << 20U};  ///< of a reply in one piece

/// The text of one part of a content: what is neither text nor a refusal is for somebody else.
std::string text_of_part(const json& part) {
  if (part.is_string()) return text_of(part);
  const json& type = member(part, "type");
  const std::string kind = text_of(type);
  if (kind == "refusal") return text_of(member(part, "refusal"));
  const bool is_text = type.is_null() || kind == "text" || kind == "output_text";
  return is_text ? text_of(member(part, "text")) : std::string();
}

/// A content is a text, a list of parts, or one part.
std::string text_of_content(const json& content) {
  if (!content.is_array()) return text_of_part(content);
  std::string text;
  for (const json& part : content) text += text_of_part(part);
  return text;
}

std::string text_of_message(const json& message) {
  return text_of_content(member(message, "content")) + text_of(member(message, "refusal"));
}

/// Whether the server has put a thought where thoughts belong.
bool has_thought(const json& message) {
  for (const char* name : {"reasoning_content", "reasoning", "thinking", "reasoning_details"}) {
    const json& thought = member(message, name);
    if (thought.is_string() ? !text_of(thought).empty() : thought.is_structured() && !thought.empty())
      return true;
  }
  const json& content = member(message, "content");
  return content.is_array() && std::any_of(content.begin(), content.end(), [](const json& part) {
           const std::string type = text_of(member(part, "type"));
           return type == "thinking" || type == "reasoning";
         });
}

/// Some servers write the word instead of leaving it out.
std::string reason_of(const json& choice) {
  std::string reason(trimmed(text_of(member(choice, "finish_reason"))));
  return reason == "null" || reason == "None" ? std::string() : reason;
}

/// Whether the model had said all it wanted to.
bool is_complete(std::string_view reason) {
  return reason != "length" && reason != "max_tokens" && reason != "content_filter";
}

/// [DONE], which some servers write as a string of JSON.
bool is_done_mark(std::string_view data) {
  if (data.size() > 2 && data.front() == '"' && data.back() == '"') {
    data = trimmed(data.substr(1, data.size() - 2));
  }
  return data == "[DONE]";
}

/// Whether one of several lines is an event by itself.
bool has_lines_of_its_own(std::string_view data) {
  while (!data.empty()) {
    const std::size_t end = data.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = trimmed(data.substr(0, end));
    const std::string_view next = trimmed(data.substr(end + 1));
    if (is_done_mark(line) || is_done_mark(next)) return true;
    for (const std::string_view one : {line, trimmed(next.substr(0, next.find('\n')))}) {
      if (one.starts_with('{') && one.ends_with('}') && read_repaired_json(one)) return true;
    }
    data = next;
  }
  return false;
}

}  // namespace

ChatCompletion::ChatCompletion(std::span<const Tool> offered, bool begins_in_thought, bool counts)
    : text_(offered, begins_in_thought), calls_(offered), counts_(counts) {}

Result<void> ChatCompletion::feed(std::string_view data, std::string_view type) {
  data = trimmed(data);
  if (finished_) return {};
  if (is_done_mark(data)) {
    finish();
    return {};
  }
  const auto chunk = read_repaired_json(data);
  if (ended_) {  // all that matters now is what the reply cost
    if (chunk && member(*chunk, "usage").is_object()) {
      note_count(member(*chunk, "usage"));
      finish();
    }
    return {};
  }
  if (!chunk && has_lines_of_its_own(data)) return feed_lines(data, type);
  if (chunk) {
    if (const std::string said = said_failure(*chunk); !said.empty()) {
      return fail_unavailable("it failed: " + said);
    }
  }
  const bool is_error = trimmed(type) == "error" && !(chunk && member(*chunk, "choices").is_array());
  const bool says_so = chunk ? chunk->is_structured() && !chunk->empty() : !data.empty();
  if (is_error && says_so) return fail_unavailable("it failed: " + failure_text(data));
  if (!chunk || !chunk->is_object()) {
    ++ignored_;
    return {};
  }
  return feed_chunk(*chunk);
}

/// Events that a server has not parted by a blank line.
Result<void> ChatCompletion::feed_lines(std::string_view data, std::string_view type) {
  Result<void> fed;
  while (fed && !data.empty()) {
    const std::size_t end = std::min(data.find('\n'), data.size());
    const std::string_view line = trimmed(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
    if (!line.empty()) fed = feed(line, type);
  }
  return fed;
}

Result<void> ChatCompletion::feed_chunk(const json& chunk) {
  const json& choices = member(chunk, "choices");
  const bool statistics = member(chunk, "usage").is_object();
  if (statistics) note_count(member(chunk, "usage"));
  if (choices.is_array() && choices.empty()) return {};
  const json* choice = own_choice(choices);
  if (choice != nullptr) return feed_choice(*choice);
  if (!statistics || !choices.is_null()) ++ignored_;
  return {};
}

/// The choice that is this reply: the first that ever came, when a server sends several.
const json* ChatCompletion::own_choice(const json& choices) {
  if (!choices.is_array()) return nullptr;
  for (const json& choice : choices) {
    if (!choice.is_object()) continue;
    const json& index = member(choice, "index");
    if (!index.is_number_integer()) return &choice;
    const auto number = index.get<std::int64_t>();
    if (!choice_) choice_ = number;
    if (number == *choice_) return &choice;
  }
  return nullptr;
}

Result<void> ChatCompletion::feed_choice(const json& choice) {
  const json& delta = member(choice, "delta");
  const json& message = member(choice, "message");
  const std::string reason = reason_of(choice);
  const bool last = !reason.empty();
  Result<void> fed;
  if (delta.is_object() && (!delta.empty() || message.is_null())) {
    const std::string text = text_of_message(delta);
    has_deltas_ = has_deltas_ || !text.empty() || member(delta, "tool_calls").is_array();
    feed_text(text);
    fed = feed_delta(delta, last);
  } else if (message.is_object()) {
    feed_text(new_part_of(message));
    fed = feed_delta(message, last || has_deltas_);
  } else if (const std::string text = text_of(member(choice, "text")); !text.empty()) {
    feed_text(text);
  } else if (!last && !delta.is_object()) {
    ++ignored_;
  }
  if (!fed) return fed;
  if (!last) return {};
  finish_text(is_complete(reason) && reason != "error");
  if (reason == "error") {
    const std::string said = said_failure(choice);
    return fail_unavailable("it ended its reply with the finish_reason \"error\"" +
                            (said.empty() ? "" : ": " + said));
  }
  finish_reason_ = reason;
  finish_soon();
  return {};
}

void ChatCompletion::note_count(const json& usage) {
  const auto number = [](const json& value) {
    return value.is_number_integer() ? std::max<std::int64_t>(value.get<std::int64_t>(), 0) : 0;
  };
  tokens_ = {number(member(usage, "prompt_tokens")),
             number(member(member(usage, "prompt_tokens_details"), "cached_tokens")),
             number(member(usage, "completion_tokens"))};
}

/// What the reply cost may stand in the chunk of its end, in one of its own behind it, or nowhere.
void ChatCompletion::finish_soon() {
  ended_ = true;
  if (!counts_ || tokens_ != events::TokenCount{}) finish();
}

/// All of a delta but its text.
Result<void> ChatCompletion::feed_delta(const json& delta, bool last) {
  if (has_thought(delta)) {
    text_.thoughts_are_apart();
    pass_on_text();
  }
  for (const char* name : {"tool_calls", "function_call"}) {
    const json& calls = member(delta, name);
    if (!calls.is_structured()) continue;
    if (auto fed = calls_.feed(calls, last); !fed) return fed;
  }
  return {};
}

/// A message says all there is so far, or only what is new: servers do both. After deltas it says nothing
/// new.
std::string ChatCompletion::new_part_of(const json& message) {
  std::string text = text_of_message(message);
  if (has_deltas_) return {};
  if (text.size() >= whole_text_.size() && text.starts_with(whole_text_)) {
    return text.substr(std::exchange(whole_text_, text).size());
  }
  constexpr std::size_t most = 1U << 20U;
  if (whole_text_.size() + text.size() <= most) whole_text_ += text;
  return text;
}

void ChatCompletion::feed_text(std::string_view text) {
  if (text.empty()) return;
  text_.feed(text);
  pass_on_text();
}

void ChatCompletion::pass_on_text() {
  for (ReplyText& text : text_.take_text()) {
    if (text.afresh) {
      std::erase_if(events_,
                    [](const ReplyEvent& event) { return std::holds_alternative<ReplyText>(event); });
    }
    gave_something_ = gave_something_ || !text.text.empty();
    events_.emplace_back(std::move(text));
  }
}

void ChatCompletion::finish_text(bool complete) {
  if (std::exchange(text_ended_, true)) return;
  text_.end(complete);
  pass_on_text();
}

Result<void> ChatCompletion::feed_whole(std::string_view body) {
  const auto answer = read_repaired_json(body, whole_limits);
  if (!answer) return fail_unavailable("its answer cannot be read: " + answer.error().message);
  if (const std::string said = said_failure(*answer); !said.empty())
    return fail_unavailable("it failed: " + said);
  if (!member(*answer, "choices").is_array()) {
    return fail_unavailable("it answered with JSON that is no reply: " + failure_text(body));
  }
  auto fed = feed_chunk(*answer);
  if (fed) finish();
  return fed;
}

void ChatCompletion::give_out_calls() {
  const std::vector<ToolCall> apart = calls_.take();
  std::vector<ToolCall> calls = apart;
  // A server may leave in the text what it has read from it.
  for (ToolCall& written : text_.take_calls()) {
    const auto same = [&](const ToolCall& call) {
      const auto arguments = read_json(call.arguments);
      return call.name == written.name && arguments && write_json(*arguments) == written.arguments;
    };
    if (std::none_of(apart.begin(), apart.end(), same)) calls.push_back(std::move(written));
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    std::string& id = calls[i].id;
    // Its result must name it, and no other.
    const auto taken = [&](const ToolCall& other) { return &other != &calls[i] && other.id == id; };
    for (std::size_t n = i; id.empty() || std::any_of(calls.begin(), calls.end(), taken); ++n) {
      id = "call_" + std::to_string(n);
    }
  }
  gave_something_ = gave_something_ || !calls.empty();
  for (ToolCall& call : calls) events_.emplace_back(std::move(call));
}

void ChatCompletion::finish() {
  if (std::exchange(finished_, true)) return;
  finish_text(true);
  give_out_calls();
  if (finish_reason_.empty()) finish_reason_ = gave_something_ ? "stop" : "none given";
  events_.emplace_back(ReplyFinished{finish_reason_, false, tokens_});
}

Result<void> ChatCompletion::end() {
  if (ended_) finish();
  if (finished_) return {};
  finish_text(false);
  return fail_unavailable("its reply broke off");
}

std::optional<ReplyEvent> ChatCompletion::take() {
  if (events_.empty()) return std::nullopt;
  ReplyEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace unmuted
