#include "services/chat_request.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/ascii.hpp"
#include "core/json.hpp"
#include "services/json_fields.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr JsonLimits extra_limits{.max_bytes = 64U << 10U, .max_depth = 32, .max_values = 10'000};

json to_json(const ChatMessage& message) {
  json result = {{"role", name_of(message.role)}, {"content", message.content}};
  if (message.role == ChatMessage::Role::tool) result["tool_call_id"] = message.tool_call_id;
  // Nothing said besides calls is no empty text: some servers refuse that.
  if (!message.tool_calls.empty() && message.content.empty()) result["content"] = nullptr;
  for (const ToolCall& call : message.tool_calls) {
    const json function = {{"name", call.name}, {"arguments", call.arguments}};
    result["tool_calls"].push_back({{"id", call.id}, {"type", "function"}, {"function", function}});
  }
  return result;
}

json to_json(const Tool& tool) {
  auto parameters = read_json(tool.parameters);
  const bool usable = parameters && parameters->is_object();
  const json function = {
      {"name", tool.name},
      {"description", tool.description},
      {"parameters", usable ? *parameters : json{{"type", "object"}, {"properties", json::object()}}}};
  return {{"type", "function"}, {"function", function}};
}

json to_json(const events::ToolChoice& choice) {
  switch (choice.kind) {
    case events::ToolChoice::Kind::free:
      break;
    case events::ToolChoice::Kind::none:
      return "none";
    case events::ToolChoice::Kind::required:
      return "required";
    case events::ToolChoice::Kind::named:
      return {{"type", "function"}, {"function", {{"name", choice.name}}}};
  }
  return "auto";
}

/// The text of the system goes before the first thing that the user says; where the character has said
/// something before, it is a message of its own.
void fold_system_into_user(json& messages) {
  if (!messages.is_array() || messages.empty() || messages.front().value("role", "") != "system") return;
  if (messages.size() > 1 && messages[1].value("role", "") == "user" && messages[1]["content"].is_string()) {
    messages[1]["content"] = text_of(messages[0]["content"]) + "\n\n" + text_of(messages[1]["content"]);
    messages.erase(0);
  } else {
    messages[0]["role"] = "user";
  }
}

void concede(json& body, Concession concession) {
  switch (concession) {
    case Concession::temperature:
      body.erase("temperature");
      break;
    case Concession::tools:
      for (const char* name : {"tools", "tool_choice", "parallel_tool_calls"}) body.erase(name);
      break;
    case Concession::tool_choice:
      body.erase("tool_choice");
      break;
    case Concession::stream_options:
      body.erase("stream_options");
      break;
    case Concession::system_role:
      fold_system_into_user(body["messages"]);
      break;
  }
}

bool is_about_tools(std::string_view said) {
  return names_word(said, "tools") || names_word(said, "tool_choice") ||
         contains_any(said, {"tool choice", "tool use", "tool call", "function call"});
}

bool is_about_system_role(std::string_view said) {
  return contains_any(said, {"system role", "role system", "'system'", "\"system\"", "`system`",
                             "system message", "system prompt", "system instruction", "developer instruction",
                             "only user and assistant", "roles must alternate"});
}

/// Whether the path leads into the parameter, and is not the parameter itself.
bool is_within(std::string_view path, std::string_view parameter) {
  if (!path.starts_with(parameter) || path.size() == parameter.size()) return false;
  return path[parameter.size()] == '.' || path[parameter.size()] == '[';
}

}  // namespace

std::string_view name_of(Concession concession) {
  switch (concession) {
    case Concession::temperature:
      return "a temperature";
    case Concession::tools:
      return "tools";
    case Concession::tool_choice:
      return "tool_choice";
    case Concession::stream_options:
      return "stream_options";
    case Concession::system_role:
      return "the role of the system, whose text goes into the user's first message";
  }
  return "";
}

Result<json> read_extra_parameters(std::string_view text) {
  if (text.empty()) return json::object();
  const auto refused = [](const std::string& why) {
    return fail("invalid_configuration",
                "--llm-extra: expected a JSON object such as {\"enable_thinking\": false}" + why);
  };
  auto extra = read_json(text, extra_limits);
  if (!extra) return refused(": " + extra.error().message);
  if (!extra->is_object()) return refused(", got another kind of value");
  for (const char* name : {"messages", "model", "stream"}) {
    if (!extra->contains(name)) continue;
    const char* hint = std::string_view(name) == "model" ? ": that is --llm-model" : "";
    return refused(" without \"" + std::string(name) + "\", which is the server's to set" + hint);
  }
  return std::move(*extra);
}

json chat_completion_request(const ReplyRequest& request, const std::string& model, const json& extra,
                             const Concessions& concessions) {
  json body = {{"model", model}, {"messages", json::array()}, {"stream", true}};
  if (std::isfinite(request.temperature)) body["temperature"] = request.temperature;
  for (const ChatMessage& message : request.messages) body["messages"].push_back(to_json(message));
  for (const Tool& tool : request.tools) body["tools"].push_back(to_json(tool));
  const bool chooses = request.tool_choice.kind != events::ToolChoice::Kind::free;
  if (chooses && !request.tools.empty()) body["tool_choice"] = to_json(request.tool_choice);
  if (request.max_tokens > 0) body["max_tokens"] = request.max_tokens;
  if (request.count_tokens) body["stream_options"] = {{"include_usage", true}};
  if (extra.is_object()) body.merge_patch(extra);
  for (const Concession concession : concessions) concede(body, concession);
  return body;
}

std::optional<Concession> concession_for(const Refusal& refusal, const json& body, const Concessions& made) {
  const bool bad_request = refusal.status == 400 || refusal.status == 422;
  // Some answer so to what they cannot do at all.
  const bool unable = refusal.status == 404 || refusal.status == 500 || refusal.status == 501;
  const std::string said = lower_ascii(refusal.text);
  const bool support = is_about_support(said) || is_about_support(refusal.code);
  if (!bad_request && !(unable && support)) return std::nullopt;
  if (is_within(refusal.parameter, "tools")) return std::nullopt;  // one of them is badly described
  const auto possible = [&](Concession concession, const char* field) {
    return !made.contains(concession) && body.contains(field);
  };
  if (possible(Concession::stream_options, "stream_options") && names_word(said, "stream_options"))
    return Concession::stream_options;
  if (support && possible(Concession::tool_choice, "tool_choice") &&
      (names_word(said, "tool_choice") || contains_any(said, {"tool choice"})))
    return Concession::tool_choice;
  if (support && possible(Concession::tools, "tools") && is_about_tools(said)) return Concession::tools;
  if (possible(Concession::temperature, "temperature") && bad_request && names_word(said, "temperature"))
    return Concession::temperature;
  const json& messages = member(body, "messages");
  const bool has_system =
      messages.is_array() && !messages.empty() && text_of(member(messages.front(), "role")) == "system";
  const bool first_role = refusal.parameter == "messages.0.role" || refusal.parameter == "messages[0].role";
  if (has_system && !made.contains(Concession::system_role) &&
      (first_role || (support && is_about_system_role(said))))
    return Concession::system_role;
  return std::nullopt;
}

}  // namespace unmuted
