#include "events/realtime/read.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "events/long_audio.hpp"
#include "events/realtime/values.hpp"

namespace unmuted::events::realtime {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::string_view audio_append = "input_audio_buffer.append";
/// What is shorter is read as other events are.
constexpr std::size_t long_enough = 512;

// ---- events

Request read_update(Fields& event, const ReadState& state) {
  auto session = event.required_object("session");
  if (!session) return Ignored{};
  return read_session(*session, state.transcribes);
}

/// As the beta named it.
Request read_transcription_update(Fields& event, const ReadState& state) {
  Request request = read_update(event, state);
  if (auto* wanted = std::get_if<Configure>(&request)) {
    wanted->settings.noted.insert_or_assign("type", "transcription");
    wanted->settings.turns.replies = false;
  }
  return request;
}

void check_audio(const std::string& audio, Faults& faults) {
  if (!is_base64(audio)) faults.add("audio", "expected base64 with padding and without line breaks");
}

Request read_append(Fields& event, const ReadState& state) {
  AppendAudio append{{}, state.sound};
  if (auto audio = event.required_string("audio")) {
    check_audio(*audio, event.faults());
    append.audio = std::move(*audio);
  }
  return append;
}

Request read_create(Fields& event, const ReadState&) {
  AddItem add;
  if (auto item = event.required_object("item")) add.item = read_item(*item, false);
  add.after = optional_text(event, "previous_item_id", max_id);
  if (add.after == "root") add.after = "";
  return add;
}

Request read_retrieve(Fields& event, const ReadState&) {
  return FindItem{required_text(event, "item_id", max_id)};
}

Request read_truncate(Fields& event, const ReadState&) {
  CutItem cut{required_text(event, "item_id", max_id)};
  optional_int(event, "content_index", 0, 0);
  if (event.required("audio_end_ms", "a whole number") != nullptr)
    cut.heard = milliseconds(optional_int(event, "audio_end_ms", 0, 1'000'000'000).value_or(0));
  return cut;
}

Request read_delete(Fields& event, const ReadState&) {
  return RemoveItem{required_text(event, "item_id", max_id)};
}

Request read_response(Fields& event, const ReadState& state) {
  if (state.transcribes) event.faults().add("type", "a session of transcription has no responses");
  auto response = optional_object(event, "response");
  return response ? read_reply(*response) : StartReply{};
}

Request read_cancel(Fields& event, const ReadState&) {
  optional_text(event, "response_id", max_id);
  return CancelReply{};
}

Request read_reload(Fields& event, const ReadState&) {
  return LoadCast{event.required_string("directory").value_or("")};
}

template <class Event>
Request read_plain(Fields&, const ReadState&) {
  return Event{};
}

struct Reader {
  std::string_view type;
  Request (*read)(Fields&, const ReadState&);
};

constexpr std::array readers{
    Reader{audio_append, read_append},
    Reader{"input_audio_buffer.commit", read_plain<EndUserTurn>},
    Reader{"input_audio_buffer.clear", read_plain<DropUserSound>},
    Reader{"session.update", read_update},
    Reader{"conversation.item.create", read_create},
    Reader{"conversation.item.retrieve", read_retrieve},
    Reader{"conversation.item.truncate", read_truncate},
    Reader{"conversation.item.delete", read_delete},
    Reader{"response.create", read_response},
    Reader{"response.cancel", read_cancel},
    Reader{"session.characters.reload", read_reload},
    Reader{"session.characters.list", read_plain<ListCast>},
    Reader{"transcription_session.update", read_transcription_update},
};

// ---- refusals

/// Finds an event's id in a text that may be no event.
class IdFinder final : public nlohmann::json_sax<json> {
 public:
  std::string id;

  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool string(string_t& text) override {
    if (depth_ != 1 || !is_id_) return depth_ > 0;
    if (text.size() <= max_id) id = std::move(text);
    return false;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 1; }
  bool end_array() override { return --depth_ > 0; }
  bool key(string_t& name) override {
    if (depth_ == 1) is_id_ = name == "event_id";
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
  bool is_id_ = false;
};

std::string id_in(std::string_view text) {
  IdFinder finder;
  json::sax_parse(text, &finder);
  return std::move(finder.id);
}

Refusal to_refusal(Faults faults, std::string event_id) {
  const std::string_view code = faults.only_texts() ? "invalid_text" : "invalid_event";
  return std::move(faults).to_refusal(std::move(event_id), code);
}

/// Whoever cancels a response that is over does not mean the one that has begun since.
bool cancels_another(const std::string& type, const json& event, const ReadState& state) {
  const auto id = event.find("response_id");
  return type == "response.cancel" && id != event.end() && id->is_string() && *id != "" &&
         *id != state.response;
}

/// A client that waits for its response looks for its own word in the message.
Refusal of_event(Refusal refusal, std::string_view type) {
  refusal.message = shorten(std::string(type) + ": " + refusal.message, max_refusal_message);
  return refusal;
}

Refusal unknown_type(std::string event_id, const std::string& type) {
  std::string message = "Unknown event type " + describe(type) + "; known are";
  for (const Reader& reader : readers)
    message.append(&reader == readers.data() ? " " : ", ").append(reader.type);
  return {std::move(event_id), "unknown_event_type", shorten(message, max_refusal_message), "type", {}};
}

// ---- frames

tl::expected<json, Refusal> read_tree(std::string_view text) {
  constexpr JsonLimits limits{.max_bytes = max_event, .max_depth = max_nesting, .max_values = max_values};
  auto tree = read_json(text, limits);
  if (!tree) return tl::unexpected(Refusal{id_in(text), "invalid_json", std::move(tree.error().message)});
  return std::move(*tree);
}

std::string read_event_id(Fields& event) {
  std::optional<std::string> id = event.optional_string("event_id");
  if (!id) return {};
  if (id->size() <= max_id) return std::move(*id);
  event.faults().add("event_id", bytes_over(id->size(), max_id));
  return {};
}

tl::expected<ClientRequest, Refusal> parse_event(std::string_view text, const ReadState& state) {
  auto tree = read_tree(text);
  if (!tree) return tl::unexpected(std::move(tree.error()));
  Faults faults;
  if (!tree->is_object()) {
    faults.expected("", "an object with a type", *tree);
    return tl::unexpected(to_refusal(std::move(faults), {}));
  }
  Fields fields(*tree, "", faults);
  ClientRequest message{.id = read_event_id(fields)};
  const auto type = fields.required_string("type");
  if (type) {
    const auto reader =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& one) { return one.type == *type; });
    if (reader == readers.end()) return tl::unexpected(unknown_type(std::move(message.id), *type));
    if (cancels_another(*type, *tree, state))
      return tl::unexpected(Refusal{std::move(message.id),
                                    "response_not_active",
                                    "response.cancel: that response is not in progress",
                                    "response_id",
                                    {}});
    message.request = reader->read(fields, state);
  }
  if (faults.empty()) return message;
  Refusal refusal = to_refusal(std::move(faults), std::move(message.id));
  return tl::unexpected(type ? of_event(std::move(refusal), *type) : std::move(refusal));
}

/// What stands between the quotes of the field "audio" of a plain event, in which no object or list comes
/// before it. Else it is looked for by parsing.
std::optional<std::string_view> sound_in(std::string_view text) {
  constexpr std::string_view key = "\"audio\"";
  const std::size_t found = text.find(key);
  if (found == std::string_view::npos || text.find_first_of("{[", 1) < found) return long_audio(text);
  std::size_t at = found + key.size();
  for (const char sign : {':', '"'}) {
    at = text.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos || text[at] != sign) return long_audio(text);
    ++at;
  }
  const std::size_t end = text.find('"', at);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(at, end - at);
}

/// Sound is not parsed, as it would be looked at byte by byte, several times: what is left without it is an
/// event like others. Nothing: it is no event with sound.
std::optional<tl::expected<ClientRequest, Refusal>> parse_sound(std::string_view text,
                                                                const ReadState& state) {
  const auto audio = sound_in(text);
  if (!audio || text.size() - audio->size() > max_event) return std::nullopt;
  const std::size_t begin = static_cast<std::size_t>(audio->data() - text.data());
  std::string rest(text.substr(0, begin));
  rest += text.substr(begin + audio->size());
  auto message = parse_event(rest, state);
  if (!message) return message;
  auto* append = std::get_if<AppendAudio>(&message->request);
  if (append == nullptr) return std::nullopt;
  if (append->audio.empty()) append->audio = without_escapes(*audio);  // else it came twice: the last counts
  Faults faults;
  check_audio(append->audio, faults);
  if (!faults.empty())
    return tl::unexpected(of_event(to_refusal(std::move(faults), std::move(message->id)), audio_append));
  return message;
}

Refusal too_large(std::string_view text) {
  Faults faults;
  faults.add("", "only " + std::string(audio_append) + " may be so large; of any other event " +
                     bytes_over(text.size(), max_event));
  return to_refusal(std::move(faults), id_in(text));
}

}  // namespace

std::vector<std::string_view> client_event_types() {
  std::vector<std::string_view> types;
  for (const Reader& reader : readers) types.push_back(reader.type);
  return types;
}

tl::expected<ClientRequest, Refusal> read(std::string_view text, const ReadState& state) {
  if (text.size() >= long_enough) {
    if (auto sound = parse_sound(text, state)) return std::move(*sound);
    if (text.size() > max_event) return tl::unexpected(too_large(text));
  }
  return parse_event(text, state);
}

bool begins_session(std::string_view text) {
  if (text.size() > max_event || text.find("session.update") == std::string_view::npos) return false;
  const auto tree = read_tree(text);
  if (!tree || !tree->is_object()) return false;
  const json type = tree->value("type", json());
  if (type == "transcription_session.update") return true;
  const json session = tree->value("session", json());
  return type == "session.update" && session.is_object() &&
         (session.value("type", json()) == "realtime" || session.value("type", json()) == "transcription");
}

}  // namespace unmuted::events::realtime
