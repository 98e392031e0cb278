#include "services/chat_completion.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr std::size_t max_quoted = 200;  ///< bytes of what a server said, in a message of ours

tl::unexpected<Error> unusable(std::string cause) {
  return fail("service_unavailable", std::move(cause));
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const ChatMessage& message) {
  json result = {{"role", name_of(message.role)}, {"content", message.content}};
  if (message.role == ChatMessage::Role::tool) result["tool_call_id"] = message.tool_call_id;
  for (const ToolCall& call : message.tool_calls) {
    const json function = {{"name", call.name}, {"arguments", call.arguments}};
    result["tool_calls"].push_back({{"id", call.id}, {"type", "function"}, {"function", function}});
  }
  return result;
}

json to_json(const Tool& tool) {
  const json function = {
      {"name", tool.name}, {"description", tool.description}, {"parameters", json::parse(tool.parameters)}};
  return {{"type", "function"}, {"function", function}};
}

/// The member of that name when `value` is an object that has it, else null.
const json& member(const json& value, const char* name) {
  static const json nothing;
  if (!value.is_object()) return nothing;
  const auto it = value.find(name);
  return it == value.end() ? nothing : *it;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// What the common servers call the text of an error: {"error":{"message"}}, {"error"}, {"message"},
/// {"detail"}.
std::string error_text(const json& answer) {
  const json& error = member(answer, "error");
  for (const json* text :
       {&member(error, "message"), &error, &member(answer, "message"), &member(answer, "detail")}) {
    if (text->is_string()) return text_of(*text);
  }
  return {};
}

}  // namespace

std::string chat_completion_request(const ReplyRequest& request, const std::string& model) {
  json body = {
      {"model", model}, {"messages", json::array()}, {"stream", true}, {"temperature", request.temperature}};
  for (const ChatMessage& message : request.messages) body["messages"].push_back(to_json(message));
  for (const Tool& tool : request.tools) body["tools"].push_back(to_json(tool));
  return dump(body);
}

Result<std::string> only_model(std::string_view body) {
  const json answer = json::parse(body, nullptr, false);
  const json& models = member(answer, "data");
  if (!models.is_array()) return unusable("its list of models is not readable");
  std::string names;
  for (const json& model : models) {
    const std::string name = text_of(member(model, "id"));
    if (models.size() == 1 && !name.empty()) return name;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (models.empty()) return unusable("it has no model");
  return unusable("it has not one model but " + std::to_string(models.size()) + ": choose one of " +
                  shorten(printable(names), max_quoted) + " with KYUTAI_LLM_MODEL");
}

std::string failure_text(std::string_view body) {
  const std::string said = error_text(json::parse(body, nullptr, false));
  return shorten(printable(said.empty() ? body : std::string_view(said)), max_quoted);
}

Result<void> ChatCompletion::feed(std::string_view data) {
  if (done_) return {};
  if (data == "[DONE]") {
    finish();
    return {};
  }
  const json chunk = json::parse(data, nullptr, false);
  if (!chunk.is_object()) {
    return unusable("it sent an event that is not a JSON object: " + shorten(printable(data), max_quoted));
  }
  if (chunk.contains("error")) return unusable("it failed: " + failure_text(data));
  const json& choices = member(chunk, "choices");
  if (!choices.is_array())
    return unusable("it sent an event without choices: " + shorten(printable(data), max_quoted));
  if (choices.empty()) return {};  // statistics
  return feed_choice(choices.front());
}

Result<void> ChatCompletion::feed_choice(const json& choice) {
  if (!finish_reason_.empty()) return {};  // nothing of it belongs to the reply
  const json& delta = member(choice, "delta");
  if (std::string text = text_of(member(delta, "content")); !text.empty()) {
    events_.push_back(ReplyText{std::move(text)});
  }
  const json& fragments = member(delta, "tool_calls");
  if (fragments.is_array()) {
    for (const json& fragment : fragments) {
      if (auto fed = feed_call(fragment); !fed) return fed;
    }
  }
  const std::string reason = text_of(member(choice, "finish_reason"));
  if (!reason.empty()) {
    finish_reason_ = reason;
    give_out_calls();
  }
  return {};
}

Result<void> ChatCompletion::feed_call(const json& fragment) {
  const std::int64_t index = index_of(fragment);
  if (!calls_.contains(index) && calls_.size() == max_calls) {
    return unusable("it asked for more than " + std::to_string(max_calls) + " tool calls in one reply");
  }
  const json& function = member(fragment, "function");
  const json& arguments = member(function, "arguments");
  const std::string id = text_of(member(fragment, "id"));
  const std::string name = text_of(member(function, "name"));
  // Some servers give the arguments as what they are, not as text.
  const std::string more = arguments.is_object() ? dump(arguments) : text_of(arguments);
  call_bytes_ += id.size() + name.size() + more.size();
  if (call_bytes_ > max_call_bytes)
    return unusable("the arguments of its tool calls are longer than 256 KiB");
  ToolCall& call = calls_[index];
  if (call.id.empty()) call.id = id;
  if (call.name.empty()) call.name = name;
  call.arguments += more;
  return {};
}

/// Servers that give no index give calls whole, one after the other.
std::int64_t ChatCompletion::index_of(const json& fragment) const {
  constexpr std::uint64_t most = 1'000'000;
  const json& index = member(fragment, "index");
  if (index.is_number_unsigned())
    return static_cast<std::int64_t>(std::min(index.get<std::uint64_t>(), most));
  const std::int64_t last = calls_.empty() ? -1 : calls_.rbegin()->first;
  return member(member(fragment, "function"), "name").is_string() ? last + 1
                                                                  : std::max<std::int64_t>(last, 0);
}

void ChatCompletion::give_out_calls() {
  for (auto& [index, call] : calls_) {
    if (call.id.empty()) call.id = "call_" + std::to_string(index);  // its result must name it
    events_.push_back(std::move(call));
  }
  calls_.clear();
}

void ChatCompletion::finish() {
  give_out_calls();
  events_.push_back(ReplyFinished{finish_reason_.empty() ? "stop" : finish_reason_});
  done_ = true;
}

Result<void> ChatCompletion::end() {
  if (done_) return {};
  if (finish_reason_.empty()) return unusable("its reply broke off");
  finish();
  return {};
}

std::optional<ReplyEvent> ChatCompletion::take() {
  if (events_.empty()) return std::nullopt;
  ReplyEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace unmuted
