#include "events/unmute/read.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/ascii.hpp"
#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "events/fields.hpp"
#include "events/long_audio.hpp"
#include "events/user_text.hpp"

namespace unmuted::events::unmute {
namespace {

using nlohmann::json;

tl::expected<json, Refusal> read_tree(std::string_view text) {
  constexpr JsonLimits limits{.max_bytes = max_event, .max_depth = max_nesting, .max_values = max_values};
  auto tree = read_json(text, limits);
  if (!tree) return tl::unexpected(Refusal{{}, std::string(invalid_json), std::move(tree.error().message)});
  return std::move(*tree);
}

Refusal to_refusal(Faults faults, std::string event_id) {
  const std::string_view code = faults.only_texts() ? invalid_text : invalid_event;
  return std::move(faults).to_refusal(std::move(event_id), code);
}

// ---- session.update

constexpr std::string_view constant = "constant";
constexpr std::array<std::string_view, 5> themes{"smalltalk", "quiz_show", "guess_animal", "news",
                                                 "unmute_explanation"};

bool is_theme(std::string_view type) {
  return std::find(themes.begin(), themes.end(), type) != themes.end();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// A blank name is as good as none.
std::optional<std::string> unless_blank(std::optional<std::string> name) {
  if (name && is_blank(*name)) return std::nullopt;
  return name;
}

/// A type that is known, whatever its case; else as the client wrote it.
std::string canonical(std::string type) {
  const std::string lower = lower_ascii(type);
  return lower == constant || is_theme(lower) ? lower : type;
}

void check_instructions_size(const std::string& text, const std::string& path, Faults& faults) {
  if (text.size() > max_instructions) faults.add(path, bytes_over(text.size(), max_instructions));
}

Instructions::Kind kind_of(std::string_view type, const std::optional<std::string>& text) {
  if (is_theme(type)) return Instructions::Kind::theme;
  if (text && !is_blank(*text)) return Instructions::Kind::text;
  return type == constant ? Instructions::Kind::none : Instructions::Kind::unknown;
}

/// What Unmute's clients send back is what a voice list gave them, and that may have types of its own.
Instructions read_instructions_object(Fields fields) {
  Instructions instructions;
  if (fields.optional("type") != nullptr) {
    instructions.type = canonical(fields.optional_string("type").value_or(""));
  } else if (fields.optional("text") != nullptr) {
    instructions.type = constant;
  }
  auto text = instructions.type == constant ? fields.required_string("text") : fields.optional_string("text");
  if (text) check_instructions_size(*text, fields.path_of("text"), fields.faults());
  instructions.kind = kind_of(instructions.type, text);
  instructions.text = std::move(text).value_or("");
  instructions.language = unless_blank(fields.optional_string("language"));
  return instructions;
}

std::optional<Instructions> read_instructions(Fields& session) {
  json* field = session.optional("instructions");
  if (field == nullptr) return std::nullopt;
  const std::string path = session.path_of("instructions");
  if (field->is_object()) return read_instructions_object(Fields(*field, path, session.faults()));
  if (!field->is_string()) {
    session.faults().expected(path, "a string or an object", *field);
    return std::nullopt;
  }
  auto& text = field->get_ref<std::string&>();
  check_instructions_size(text, path, session.faults());
  const auto kind = is_blank(text) ? Instructions::Kind::none : Instructions::Kind::text;
  return Instructions{kind, std::string(constant), std::move(text)};
}

std::optional<json> read_context(Fields& session) {
  const auto it = session.object().find("context");
  if (it == session.object().end()) return std::nullopt;
  const std::size_t size = written_size(*it);
  if (size > max_context) session.faults().add(session.path_of("context"), bytes_over(size, max_context));
  return std::move(*it);
}

Request read_session_update(Fields& event) {
  Configure update;
  if (auto session = event.required_object("session")) {
    update.voice = unless_blank(session->optional_string("voice"));
    update.instructions = read_instructions(*session);
    update.allow_recording = session->optional_bool("allow_recording");
    update.context = read_context(*session);
    update.resume = session->optional_bool("resume").value_or(false);
  }
  return update;
}

// ---- the other events

Request read_reload(Fields& event) {
  return LoadCast{event.required_string("directory").value_or("")};
}

void check_audio(const std::string& audio, Faults& faults) {
  if (!is_base64(audio)) faults.add("audio", "expected base64 with padding and without line breaks");
}

Request read_audio(Fields& event) {
  AppendAudio append;
  if (auto audio = event.required_string("audio")) {
    check_audio(*audio, event.faults());
    append.audio = std::move(*audio);
  }
  return append;
}

/// The text of one part, with its faults.
std::string read_part(json& content, const std::string& path, Faults& faults) {
  if (!content.is_object()) {
    faults.expected(path, "an object", content);
    return {};
  }
  Fields part(content, path, faults);
  part.must_be_one_of("type", {"input_text", "text"});
  std::optional<std::string> text = part.required_string("text");
  if (text) check_user_text(*text, part.path_of("text"), faults);
  return std::move(text).value_or("");
}

std::string read_parts(json& parts, const std::string& path, Faults& faults) {
  if (parts.empty()) faults.add(path, "expected at least one part, got none");
  std::string whole;
  for (std::size_t i = 0; i < parts.size() && faults.has_room(); ++i) {
    if (i > 0) whole += '\n';
    whole += read_part(parts[i], path + '[' + std::to_string(i) + ']', faults);
  }
  if (parts.size() > 1 && whole.size() > max_user_text)
    faults.bad_text(path, bytes_over(whole.size(), max_user_text));
  return whole;
}

/// What the user wrote: parts of text, which become lines, or a string.
std::string read_content(Fields& item) {
  json* content = item.required("content", "an array of parts");
  if (content == nullptr) return {};
  const std::string path = item.path_of("content");
  if (content->is_array()) return read_parts(*content, path, item.faults());
  if (!content->is_string()) {
    item.faults().expected(path, "an array of parts or a string", *content);
    return {};
  }
  check_user_text(content->get_ref<const std::string&>(), path, item.faults());
  return std::move(content->get_ref<std::string&>());
}

Request read_item(Fields& event) {
  AddUserMessage create;
  auto item = event.required_object("item");
  if (!item) return create;
  // An item of another type has other fields: what it lacks of a message is not its fault.
  if (!item->must_be_one_of("type", {"message"}) && item->optional("type") != nullptr) return create;
  item->must_be_one_of("role", {"user"});
  create.text = read_content(*item);
  return create;
}

template <class Event>
Request read_plain(Fields&) {
  return Event{};
}

struct Reader {
  std::string_view type;
  Request (*read)(Fields&);
};

constexpr std::string_view audio_append = "input_audio_buffer.append";

constexpr std::array readers{
    Reader{audio_append, read_audio},
    Reader{"session.update", read_session_update},
    Reader{"session.characters.reload", read_reload},
    Reader{"session.characters.list", read_plain<ListCast>},
    Reader{"conversation.item.create", read_item},
    Reader{"response.create", read_plain<StartReply>},
    Reader{"response.cancel", read_plain<CancelReply>},
    Reader{"unmute.additional_outputs", read_plain<Ignored>},
};

Refusal unknown_type(std::string event_id, const std::string& type) {
  std::string message = "Unknown event type " + describe(type) + "; known are";
  for (const Reader& reader : readers)
    message.append(&reader == readers.data() ? " " : ", ").append(reader.type);
  return {.request_id = std::move(event_id),
          .code = std::string(unknown_event_type),
          .message = shorten(message, max_refusal_message),
          .param = "type",
          .faults = {}};
}

std::string read_event_id(Fields& event) {
  std::optional<std::string> id = event.optional_string("event_id");
  if (!id) return {};
  if (id->size() <= max_event_id) return std::move(*id);
  event.faults().add("event_id", bytes_over(id->size(), max_event_id));
  return {};
}

tl::expected<ClientRequest, Refusal> parse_event(std::string_view text) {
  auto tree = read_tree(text);
  if (!tree) return tl::unexpected(std::move(tree.error()));

  Faults faults;
  if (!tree->is_object()) {
    faults.expected("", "an object with a type", *tree);
    return tl::unexpected(to_refusal(std::move(faults), {}));
  }
  Fields fields(*tree, "", faults);
  ClientRequest message{.id = read_event_id(fields)};
  if (const auto type = fields.required_string("type")) {
    const auto reader =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& r) { return r.type == *type; });
    if (reader == readers.end()) return tl::unexpected(unknown_type(std::move(message.id), *type));
    message.request = reader->read(fields);
  }
  if (!faults.empty()) return tl::unexpected(to_refusal(std::move(faults), std::move(message.id)));
  return message;
}

// ---- long events: only audio is long

Refusal too_large(std::string event_id, std::size_t size) {
  Faults faults;
  faults.add("", "only " + std::string(audio_append) + " may be so large; of any other event " +
                     bytes_over(size, max_event));
  return to_refusal(std::move(faults), std::move(event_id));
}

/// The audio is not parsed: it would be looked at byte by byte, several times. What is left without it is an
/// event like others.
tl::expected<ClientRequest, Refusal> parse_long(std::string_view text) {
  const auto audio = long_audio(text);
  if (!audio || text.size() - audio->size() > max_event) return tl::unexpected(too_large({}, text.size()));
  const std::size_t begin = static_cast<std::size_t>(audio->data() - text.data());
  std::string rest(text.substr(0, begin));
  rest += text.substr(begin + audio->size());
  auto message = parse_event(rest);
  if (!message) return message;
  auto* append = std::get_if<AppendAudio>(&message->request);
  if (append == nullptr) return tl::unexpected(too_large(std::move(message->id), text.size()));
  if (append->audio.empty()) append->audio = without_escapes(*audio);  // else it came twice: the last counts
  Faults faults;
  check_audio(append->audio, faults);
  if (!faults.empty()) return tl::unexpected(to_refusal(std::move(faults), std::move(message->id)));
  return message;
}

}  // namespace

std::vector<std::string_view> client_event_types() {
  std::vector<std::string_view> types;
  for (const Reader& reader : readers) types.push_back(reader.type);
  return types;
}

tl::expected<ClientRequest, Refusal> read(std::string_view text) {
  return text.size() > max_event ? parse_long(text) : parse_event(text);
}

}  // namespace unmuted::events::unmute
