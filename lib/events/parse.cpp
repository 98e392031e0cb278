#include "events/parse.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

namespace unmuted::events {
namespace {

using nlohmann::json;

ParseFailure not_json(std::string message) {
  return {.event_id = {},
          .code = std::string(invalid_json),
          .message = std::move(message),
          .param = {},
          .faults = {}};
}

tl::expected<json, ParseFailure> read_tree(std::string_view text) {
  constexpr JsonLimits limits{.max_bytes = max_event, .max_depth = max_nesting, .max_values = max_values};
  auto tree = read_json(text, limits);
  if (!tree) return tl::unexpected(not_json(std::move(tree.error().message)));
  return std::move(*tree);
}

/// A value as a fault shows it: short, and on one line.
std::string describe(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return '"' + printable(shorten(value.get_ref<const std::string&>(), 40)) + '"';
  return value.dump();
}

std::string bytes_over(std::size_t size, std::size_t limit) {
  return "at most " + std::to_string(limit) + " bytes are allowed, got " + std::to_string(size);
}

class Faults {
 public:
  void add(std::string path, std::string message) {
    structural_ = true;
    list_.push_back({std::move(path), std::move(message)});
  }
  void expected(std::string path, std::string_view what, const json& got) {
    add(std::move(path), "expected " + std::string(what) + ", got " + describe(got));
  }
  /// The event is well-formed, but the text in it is not acceptable.
  void bad_text(std::string path, std::string message) {
    list_.push_back({std::move(path), std::move(message)});
  }

  [[nodiscard]] bool empty() const { return list_.empty(); }
  /// An array of nonsense is named by its first faults.
  [[nodiscard]] bool has_room() const { return list_.size() < max_faults; }

  ParseFailure to_failure(std::string event_id) && {
    std::string message;
    for (const Fault& fault : list_) {
      if (!message.empty()) message += "; ";
      message += fault.path.empty() ? fault.message : fault.path + ": " + fault.message;
    }
    return {.event_id = std::move(event_id),
            .code = std::string(structural_ ? invalid_event : invalid_text),
            .message = shorten(message, max_failure_message),
            .param = list_.front().path,
            .faults = std::move(list_)};
  }

 private:
  std::vector<Fault> list_;
  bool structural_ = false;
};

/// One object of the event and the path to it.
class Fields {
 public:
  Fields(json& object, std::string path, Faults& faults)
      : object_(object), path_(std::move(path)), faults_(faults) {}

  /// The field, or null when it is absent or null.
  json* optional(const char* name) {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  /// The field; its absence is a fault.
  json* required(const char* name, std::string_view what) {
    json* field = optional(name);
    if (field == nullptr) faults_.add(path_of(name), "expected " + std::string(what) + ", but it is missing");
    return field;
  }

  std::optional<std::string> optional_string(const char* name) { return as_string(optional(name), name); }
  std::optional<std::string> required_string(const char* name) {
    return as_string(required(name, "a string"), name);
  }

  std::optional<bool> optional_bool(const char* name) {
    const json* field = optional(name);
    if (field == nullptr) return std::nullopt;
    if (field->is_boolean()) return field->get<bool>();
    faults_.expected(path_of(name), "true or false", *field);
    return std::nullopt;
  }

  std::optional<Fields> required_object(const char* name) {
    json* field = required(name, "an object");
    if (field == nullptr) return std::nullopt;
    if (field->is_object()) return Fields(*field, path_of(name), faults_);
    faults_.expected(path_of(name), "an object", *field);
    return std::nullopt;
  }

  /// The field must be one of these strings.
  bool must_be_one_of(const char* name, std::initializer_list<std::string_view> values) {
    std::string what;
    for (const std::string_view value : values)
      what.append(what.empty() ? "\"" : " or \"").append(value).append("\"");
    const json* field = required(name, what);
    if (field == nullptr) return false;
    const auto is_it = [field](std::string_view value) { return *field == value; };
    if (std::any_of(values.begin(), values.end(), is_it)) return true;
    faults_.expected(path_of(name), what, *field);
    return false;
  }

  [[nodiscard]] std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + '.' + std::string(name);
  }
  Faults& faults() { return faults_; }
  json& object() { return object_; }

 private:
  std::optional<std::string> as_string(json* field, const char* name) {
    if (field == nullptr) return std::nullopt;
    if (field->is_string()) return std::move(field->get_ref<std::string&>());
    faults_.expected(path_of(name), "a string", *field);
    return std::nullopt;
  }

  json& object_;
  std::string path_;
  Faults& faults_;
};

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
  std::string lower = type;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower == constant || is_theme(lower) ? lower : type;
}

void check_instructions_size(const std::string& text, const std::string& path, Faults& faults) {
  if (text.size() > max_instructions) faults.add(path, bytes_over(text.size(), max_instructions));
}

/// What Unmute's clients send back is what a voice list gave them, and that may have types of its own.
Instructions read_instructions_object(Fields fields) {
  Instructions instructions;
  if (fields.optional("type") != nullptr) {
    instructions.type = canonical(fields.optional_string("type").value_or(""));
  } else if (fields.optional("text") != nullptr) {
    instructions.type = constant;
  }
  instructions.text =
      instructions.type == constant ? fields.required_string("text") : fields.optional_string("text");
  if (instructions.text) check_instructions_size(*instructions.text, fields.path_of("text"), fields.faults());
  instructions.language = unless_blank(fields.optional_string("language"));
  return instructions;
}

std::optional<std::variant<std::string, Instructions>> read_instructions(Fields& session) {
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
  if (is_blank(text)) return Instructions{std::string(constant), std::move(text)};
  return std::move(text);
}

std::optional<json> read_context(Fields& session) {
  const auto it = session.object().find("context");
  if (it == session.object().end()) return std::nullopt;
  const std::size_t size = written_size(*it);
  if (size > max_context) session.faults().add(session.path_of("context"), bytes_over(size, max_context));
  return std::move(*it);
}

ClientEvent read_session_update(Fields& event) {
  SessionUpdate update;
  if (auto session = event.required_object("session")) {
    update.voice = unless_blank(session->optional_string("voice"));
    update.instructions = read_instructions(*session);
    update.allow_recording = session->optional_bool("allow_recording");
    update.context = read_context(*session);
  }
  return update;
}

// ---- the other events

ClientEvent read_reload(Fields& event) {
  return SessionCharactersReload{event.required_string("directory").value_or("")};
}

void check_audio(const std::string& audio, Faults& faults) {
  if (!is_base64(audio)) faults.add("audio", "expected base64 with padding and without line breaks");
}

ClientEvent read_audio(Fields& event) {
  InputAudioBufferAppend append;
  if (auto audio = event.required_string("audio")) {
    check_audio(*audio, event.faults());
    append.audio = std::move(*audio);
  }
  return append;
}

/// U+0000 to U+001F without tab, line feed and carriage return, and U+007F to U+009F. `text` is UTF-8.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return true;
    if (byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

void check_input_text(const std::string& text, const std::string& path, Faults& faults) {
  if (text.size() > max_input_text) faults.bad_text(path, bytes_over(text.size(), max_input_text));
  if (has_control_character(text)) {
    faults.bad_text(path, "control characters are not allowed, except tab and line breaks");
  }
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
  if (text) check_input_text(*text, part.path_of("text"), faults);
  return std::move(text).value_or("");
}

std::string read_parts(json& parts, const std::string& path, Faults& faults) {
  if (parts.empty()) faults.add(path, "expected at least one part, got none");
  std::string whole;
  for (std::size_t i = 0; i < parts.size() && faults.has_room(); ++i) {
    if (i > 0) whole += '\n';
    whole += read_part(parts[i], path + '[' + std::to_string(i) + ']', faults);
  }
  if (parts.size() > 1 && whole.size() > max_input_text)
    faults.bad_text(path, bytes_over(whole.size(), max_input_text));
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
  check_input_text(content->get_ref<const std::string&>(), path, item.faults());
  return std::move(content->get_ref<std::string&>());
}

ClientEvent read_item(Fields& event) {
  ConversationItemCreate create;
  auto item = event.required_object("item");
  if (!item) return create;
  // An item of another type has other fields: what it lacks of a message is not its fault.
  if (!item->must_be_one_of("type", {"message"}) && item->optional("type") != nullptr) return create;
  item->must_be_one_of("role", {"user"});
  create.text = read_content(*item);
  return create;
}

template <class Event>
ClientEvent read_plain(Fields&) {
  return Event{};
}

struct Reader {
  std::string_view type;
  ClientEvent (*read)(Fields&);
};

constexpr std::array readers{
    Reader{InputAudioBufferAppend::event_type, read_audio},
    Reader{SessionUpdate::event_type, read_session_update},
    Reader{SessionCharactersReload::event_type, read_reload},
    Reader{SessionCharactersList::event_type, read_plain<SessionCharactersList>},
    Reader{ConversationItemCreate::event_type, read_item},
    Reader{ResponseCreate::event_type, read_plain<ResponseCreate>},
    Reader{ResponseCancel::event_type, read_plain<ResponseCancel>},
    Reader{AdditionalOutputs::event_type, read_plain<AdditionalOutputs>},
};

ParseFailure unknown_type(std::string event_id, const std::string& type) {
  std::string message = "Unknown event type " + describe(type) + "; known are";
  for (const Reader& reader : readers)
    message.append(&reader == readers.data() ? " " : ", ").append(reader.type);
  return {.event_id = std::move(event_id),
          .code = std::string(unknown_event_type),
          .message = shorten(message, max_failure_message),
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

tl::expected<ClientMessage, ParseFailure> parse_event(std::string_view text) {
  auto tree = read_tree(text);
  if (!tree) return tl::unexpected(std::move(tree.error()));

  Faults faults;
  if (!tree->is_object()) {
    faults.expected("", "an object with a type", *tree);
    return tl::unexpected(std::move(faults).to_failure({}));
  }
  Fields fields(*tree, "", faults);
  ClientMessage message{.event_id = read_event_id(fields), .event = AdditionalOutputs{}};
  if (const auto type = fields.required_string("type")) {
    const auto reader =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& r) { return r.type == *type; });
    if (reader == readers.end()) return tl::unexpected(unknown_type(std::move(message.event_id), *type));
    message.event = reader->read(fields);
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults).to_failure(std::move(message.event_id)));
  return message;
}

// ---- long events: only audio is long

/// Finds the event's last field "audio" in a text that may be cut off. `come_to` is the end of what was read.
class AudioFinder final : public nlohmann::json_sax<json> {
 public:
  explicit AudioFinder(const char* const& come_to) : come_to_(come_to) {}

  /// The end of its key; null when there is none.
  [[nodiscard]] const char* end_of_key() const { return end_of_key_; }

  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool string(string_t&) override { return depth_ > 0; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 1; }
  bool end_array() override { return --depth_ > 0; }
  bool key(string_t& name) override {
    if (depth_ == 1 && name == "audio") end_of_key_ = come_to_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  const char* const& come_to_;
  const char* end_of_key_ = nullptr;
  int depth_ = 0;
};

/// A text as the parser reads it, which says how far it has come.
struct Reading {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  reference operator*() const { return *at; }
  Reading& operator++() {
    *come_to = ++at;
    return *this;
  }
  bool operator==(const Reading& other) const { return at == other.at; }
  bool operator!=(const Reading& other) const { return at != other.at; }

  const char* at;
  const char** come_to;
};

/// What stands between the quotes of the field "audio" of a long event, which must begin soon.
std::optional<std::string_view> long_audio(std::string_view text) {
  constexpr std::size_t soon = 4U << 10U;
  const char* come_to = text.data();
  AudioFinder finder(come_to);
  json::sax_parse(Reading{text.data(), &come_to}, Reading{text.data() + std::min(soon, text.size()), nullptr},
                  &finder);
  if (finder.end_of_key() == nullptr) return std::nullopt;
  std::size_t at = static_cast<std::size_t>(finder.end_of_key() - text.data());
  for (const char sign : {':', '"'}) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (at == text.size() || text[at] != sign) return std::nullopt;
    ++at;
  }
  const std::size_t end = text.find('"', at);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(at, end - at);
}

/// Base64 as JSON may have it: some writers escape the slash.
std::string without_escapes(std::string_view base64) {
  std::string text;
  text.reserve(base64.size());
  while (!base64.empty()) {
    const std::size_t escape = base64.find("\\/");
    text += base64.substr(0, escape);
    base64.remove_prefix(escape == std::string_view::npos ? base64.size() : escape + 1);
  }
  return text;
}

ParseFailure too_large(std::string event_id, std::size_t size) {
  Faults faults;
  const std::string audio(InputAudioBufferAppend::event_type);
  faults.add("", "only " + audio + " may be so large; of any other event " + bytes_over(size, max_event));
  return std::move(faults).to_failure(std::move(event_id));
}

/// The audio is not parsed: it would be looked at byte by byte, several times. What is left without it is an
/// event like others.
tl::expected<ClientMessage, ParseFailure> parse_long(std::string_view text) {
  const auto audio = long_audio(text);
  if (!audio || text.size() - audio->size() > max_event) return tl::unexpected(too_large({}, text.size()));
  const std::size_t begin = static_cast<std::size_t>(audio->data() - text.data());
  std::string rest(text.substr(0, begin));
  rest += text.substr(begin + audio->size());
  auto message = parse_event(rest);
  if (!message) return message;
  auto* append = std::get_if<InputAudioBufferAppend>(&message->event);
  if (append == nullptr) return tl::unexpected(too_large(std::move(message->event_id), text.size()));
  if (append->audio.empty()) append->audio = without_escapes(*audio);  // else it came twice: the last counts
  Faults faults;
  check_audio(append->audio, faults);
  if (!faults.empty()) return tl::unexpected(std::move(faults).to_failure(std::move(message->event_id)));
  return message;
}

}  // namespace

Instructions::Kind Instructions::kind() const {
  if (is_theme(type)) return Kind::theme;
  if (text && !is_blank(*text)) return Kind::text;
  return type == constant ? Kind::none : Kind::unknown_theme;
}

tl::expected<ClientMessage, ParseFailure> parse(std::string_view text) {
  return text.size() > max_event ? parse_long(text) : parse_event(text);
}

Error to_error(ParseFailure failure) {
  Error error{.type = ErrorType::invalid_request_error,
              .code = std::move(failure.code),
              .message = std::move(failure.message),
              .param = std::nullopt,
              .details = std::nullopt,
              .event_id = std::nullopt};
  if (!failure.param.empty()) error.param = std::move(failure.param);
  if (!failure.event_id.empty()) error.event_id = std::move(failure.event_id);
  if (!failure.faults.empty()) {
    error.details = json::array();
    for (Fault& fault : failure.faults) {
      error.details->push_back({{"path", std::move(fault.path)}, {"message", std::move(fault.message)}});
    }
  }
  return error;
}

}  // namespace unmuted::events
