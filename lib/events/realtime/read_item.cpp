// Items of a conversation, as a client gives them.
#include <array>
#include <utility>

#include "events/realtime/read.hpp"
#include "events/realtime/values.hpp"
#include "events/user_text.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;

/// Whether the part is one that a message of the role may have.
bool is_part_of(Item::Role role, Fields& part) {
  switch (role) {
    case Item::Role::user:
      return part.must_be_one_of("type", {"input_text", "input_audio", "text", "audio"});
    case Item::Role::assistant:
      return part.must_be_one_of("type", {"output_text", "output_audio", "text", "audio"});
    case Item::Role::system:
      return part.must_be_one_of("type", {"input_text", "text"});
  }
  return false;
}

/// The text of one part; what was said aloud is known by its transcript.
std::string read_part(json& content, const std::string& path, Item& item, Faults& faults) {
  if (!content.is_object()) {
    faults.expected(path, "an object", content);
    return {};
  }
  Fields part(content, path, faults);
  if (!is_part_of(item.role, part)) return {};
  const json& type = *part.optional("type");
  const bool spoken = type == "input_audio" || type == "output_audio" || type == "audio";
  item.spoken = item.spoken || spoken;
  const char* field = spoken ? "transcript" : "text";
  std::optional<std::string> text = part.required_string(field);
  if (text) check_user_text(*text, part.path_of(field), faults);
  return std::move(text).value_or("");
}

void read_content(Fields& fields, Item& item) {
  json* content = fields.optional("content");
  if (content == nullptr) return;
  const std::string path = fields.path_of("content");
  Faults& faults = fields.faults();
  if (content->is_string()) {
    item.text = std::move(content->get_ref<std::string&>());
    check_user_text(item.text, path, faults);
    return;
  }
  if (!content->is_array()) return faults.expected(path, "an array of parts", *content);
  for (std::size_t i = 0; i < content->size() && faults.has_room(); ++i) {
    if (i > 0) item.text += '\n';
    item.text += read_part((*content)[i], path + '[' + std::to_string(i) + ']', item, faults);
  }
  if (content->size() > 1 && item.text.size() > max_user_text)
    faults.bad_text(path, bytes_over(item.text.size(), max_user_text));
}

}  // namespace

Item read_item(Fields& fields, bool references) {
  using Kind = Item::Kind;
  using Role = Item::Role;
  static constexpr std::array<std::pair<std::string_view, Kind>, 3> kinds{
      {{"message", Kind::message}, {"function_call", Kind::call}, {"function_call_output", Kind::result}}};
  static constexpr std::array<std::pair<std::string_view, Role>, 3> roles{
      {{"user", Role::user}, {"assistant", Role::assistant}, {"system", Role::system}}};
  Item item;
  const json* type = fields.optional("type");
  const bool reference = references && ((type == nullptr && !is_there(fields, "content")) ||
                                        (type != nullptr && *type == "item_reference"));
  if (reference) {
    item.id = required_text(fields, "id", max_id);
    return item;
  }
  item.id = optional_text(fields, "id", max_id).value_or("");
  fields.required("type", "\"message\", \"function_call\" or \"function_call_output\"");
  const std::optional<Kind> kind = optional_word(fields, "type", kinds);
  if (!kind) return item;
  item.kind = *kind;
  switch (*kind) {
    case Kind::message:
      fields.required("role", "\"user\", \"assistant\" or \"system\"");
      item.role = optional_word(fields, "role", roles).value_or(Role::user);
      read_content(fields, item);
      break;
    case Kind::call:
      item.role = Role::assistant;
      item.call_id = optional_text(fields, "call_id", max_id).value_or("");
      item.name = required_text(fields, "name", max_id);
      item.arguments = required_text(fields, "arguments", max_result);
      break;
    case Kind::result:
      item.call_id = required_text(fields, "call_id", max_id);
      item.text = required_text(fields, "output", max_result);
      break;
  }
  return item;
}

}  // namespace unmuted::events::realtime
