// response.create, and what it has in common with a session.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/json.hpp"
#include "events/realtime/read.hpp"
#include "events/realtime/values.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;

bool is_tool_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

ClientTool read_tool(json& value, const std::string& path, Faults& faults) {
  if (!value.is_object()) {
    faults.expected(path, "an object", value);
    return {};
  }
  Fields fields(value, path, faults);
  if (!fields.must_be_one_of("type", {"function"})) return {};
  ClientTool tool;
  tool.name = required_text(fields, "name", max_id);
  if (fields.optional("name") != nullptr && !is_tool_name(tool.name))
    faults.add(fields.path_of("name"), "expected 1 to 64 letters, digits, _ and -");
  tool.description = optional_text(fields, "description", max_tool_bytes).value_or("");
  if (auto parameters = optional_object(fields, "parameters"))
    tool.parameters = write_json(parameters->object());
  if (tool.parameters.size() > max_tool_bytes)
    faults.add(fields.path_of("parameters"), bytes_over(tool.parameters.size(), max_tool_bytes));
  return tool;
}

std::optional<std::vector<ClientTool>> read_tools(Fields& fields) {
  json* list = fields.optional("tools");
  if (list == nullptr) return std::nullopt;
  const std::string path = fields.path_of("tools");
  if (!list->is_array() || list->size() > max_tools) {
    fields.faults().expected(path, "an array of at most " + std::to_string(max_tools) + " tools", *list);
    return std::nullopt;
  }
  std::vector<ClientTool> tools;
  for (std::size_t i = 0; i < list->size() && fields.faults().has_room(); ++i)
    tools.push_back(read_tool((*list)[i], path + '[' + std::to_string(i) + ']', fields.faults()));
  return tools;
}

std::optional<ToolChoice> read_tool_choice(Fields& fields) {
  using Kind = ToolChoice::Kind;
  json* choice = fields.optional("tool_choice");
  if (choice == nullptr) return std::nullopt;
  if (choice->is_object()) {
    Fields object(*choice, fields.path_of("tool_choice"), fields.faults());
    object.must_be_one_of("type", {"function"});
    return ToolChoice{Kind::named, required_text(object, "name", max_id)};
  }
  static constexpr std::array<std::pair<std::string_view, Kind>, 3> words{
      {{"auto", Kind::free}, {"none", Kind::none}, {"required", Kind::required}}};
  const std::optional<Kind> kind = optional_word(fields, "tool_choice", words);
  if (!kind) return std::nullopt;
  return ToolChoice{*kind, {}};
}

/// Whether the client wants text; with both, as in the beta, it wants sound.
std::optional<bool> read_modalities(Fields& fields, const char* name) {
  const json* list = fields.optional(name);
  if (list == nullptr) return std::nullopt;
  const auto is_one = [](const json& one) { return one == "text" || one == "audio"; };
  if (!list->is_array() || list->empty() || !std::all_of(list->begin(), list->end(), is_one)) {
    fields.faults().expected(fields.path_of(name), "[\"audio\"] or [\"text\"]", *list);
    return std::nullopt;
  }
  return std::none_of(list->begin(), list->end(), [](const json& one) { return one == "audio"; });
}

std::optional<int> read_max_tokens(Fields& fields, const char* name) {
  const json* field = fields.optional(name);
  if (field == nullptr) return std::nullopt;
  if (*field == "inf") return 0;
  const auto number = optional_int(fields, name, 1, 1'000'000);
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

ReplyOptions read_reply_options(Fields& fields) {
  ReplyOptions options;
  options.instructions = optional_text(fields, "instructions", max_instructions);
  options.tools = read_tools(fields);
  options.tool_choice = read_tool_choice(fields);
  options.written = read_modalities(fields, "modalities");
  if (const auto written = read_modalities(fields, "output_modalities")) options.written = written;
  options.max_tokens = read_max_tokens(fields, "max_response_output_tokens");
  if (const auto most = read_max_tokens(fields, "max_output_tokens")) options.max_tokens = most;
  return options;
}

StartReply read_reply(Fields& response) {
  StartReply reply;
  reply.options = read_reply_options(response);
  static constexpr std::array<std::pair<std::string_view, bool>, 2> places{{{"auto", false}, {"none", true}}};
  reply.aside = optional_word(response, "conversation", places).value_or(false);
  if (auto metadata = optional_object(response, "metadata")) {
    if (const std::size_t size = written_size(metadata->object()); size > max_metadata)
      response.faults().add(response.path_of("metadata"), bytes_over(size, max_metadata));
    reply.noted = std::move(metadata->object());
  }
  json* input = response.optional("input");
  if (input == nullptr) return reply;
  const std::string path = response.path_of("input");
  if (!input->is_array()) {
    response.faults().expected(path, "an array of items", *input);
  } else if (!reply.aside && !input->empty()) {
    response.faults().add(path, "expected with \"conversation\": \"none\" only");
  } else {
    reply.input.emplace();
    for (std::size_t i = 0; i < input->size() && response.faults().has_room(); ++i) {
      const std::string place = path + '[' + std::to_string(i) + ']';
      if (!(*input)[i].is_object()) {
        response.faults().expected(place, "an object", (*input)[i]);
        continue;
      }
      Fields item((*input)[i], place, response.faults());
      reply.input->push_back(read_item(item, true));
    }
    if (!reply.aside) reply.input.reset();
  }
  return reply;
}

}  // namespace unmuted::events::realtime
