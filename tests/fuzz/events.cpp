// The wire: what a client sends is an event or is refused in words that can be shown, and what is read of it
// can be written and read again. Then, any bytes in what the server says make JSON.

#include <cmath>
#include <string>
#include <type_traits>
#include <variant>

#include <nlohmann/json.hpp>

#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "events/encode.hpp"
#include "events/parse.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted::events;
using nlohmann::json;
using unmuted::fuzz::take_text;

json as_json(const Instructions& instructions) {
  json out = {{"type", instructions.type}};
  if (instructions.text) out["text"] = *instructions.text;
  if (instructions.language) out["language"] = *instructions.language;
  return out;
}

json as_json(const SessionUpdate& update) {
  json session = json::object();
  if (update.voice) session["voice"] = *update.voice;
  if (update.allow_recording) session["allow_recording"] = *update.allow_recording;
  if (update.context) session["context"] = *update.context;
  if (!update.instructions) return session;
  const auto* text = std::get_if<std::string>(&*update.instructions);
  session["instructions"] =
      text != nullptr ? json(*text) : as_json(std::get<Instructions>(*update.instructions));
  return session;
}

/// The event as a client would write it.
json as_json(const ClientMessage& message) {
  json out = std::visit(
      [](const auto& event) {
        using Event = std::decay_t<decltype(event)>;
        json fields = {{"type", Event::event_type}};
        if constexpr (std::is_same_v<Event, SessionUpdate>) fields["session"] = as_json(event);
        if constexpr (std::is_same_v<Event, SessionCharactersReload>) fields["directory"] = event.directory;
        if constexpr (std::is_same_v<Event, InputAudioBufferAppend>) fields["audio"] = event.audio;
        if constexpr (std::is_same_v<Event, ConversationItemCreate>) {
          const json part = {{"type", "input_text"}, {"text", event.text}};
          fields["item"] = {{"type", "message"}, {"role", "user"}, {"content", {part}}};
        }
        return fields;
      },
      message.event);
  if (!message.event_id.empty()) out["event_id"] = message.event_id;
  return out;
}

void check_message(const ClientMessage& message) {
  FUZZ_CHECK(message.event_id.size() <= max_event_id);
  const auto* update = std::get_if<SessionUpdate>(&message.event);
  if (update != nullptr && update->context) {
    const std::string context = unmuted::write_json(*update->context);
    FUZZ_CHECK(context.size() <= max_context);
    FUZZ_CHECK(context.size() == unmuted::written_size(*update->context));
  }
  if (const auto* item = std::get_if<ConversationItemCreate>(&message.event)) {
    FUZZ_CHECK(item->text.size() <= max_input_text && unmuted::is_utf8(item->text));
    FUZZ_CHECK(item->text.find('\x7f') == std::string::npos);
  }
  if (const auto* audio = std::get_if<InputAudioBufferAppend>(&message.event)) {
    FUZZ_CHECK(unmuted::base64_decode(audio->audio).has_value());
  }
  const json written = as_json(message);
  const auto again = parse(written.dump());
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(as_json(*again) == written);
}

void check_line(const std::string& text, std::size_t limit) {
  FUZZ_CHECK(text.size() <= limit);
  FUZZ_CHECK(unmuted::printable(text) == text);
}

void check_failure(ParseFailure failure) {
  FUZZ_CHECK(!failure.code.empty() && !failure.message.empty());
  FUZZ_CHECK(failure.faults.size() <= max_faults + 10);
  check_line(failure.message, max_failure_message);
  check_line(failure.param, 100);
  for (const Fault& fault : failure.faults) {
    check_line(fault.path, 100);
    check_line(fault.message, 300);
  }
  const std::string id = failure.event_id;
  const std::string code = failure.code;
  const json answer = json::parse(encode(to_error(std::move(failure)), "request"));
  FUZZ_CHECK(answer.at("error").at("code") == code);
  FUZZ_CHECK(answer.at("error").at("event_id") == (id.empty() ? "request" : id));
}

/// An event of the server's, filled with what the input has.
ServerEvent some_event(std::string_view input) {
  const std::size_t which = input.empty() ? 0 : static_cast<unsigned char>(input.front()) % 8;
  const auto text = [&input] { return std::string(take_text(input)); };
  switch (which) {
    case 0:
      return ResponseTextDelta{text()};
    case 1:
      return ToolCalled{text(), json(text()), text()};
    case 2:
      return SessionCharactersReloaded{
          text(),
          {CharacterSummary{text(), true, text(), text(), text(), {text(), text()}}},
          {FileProblem{text(), 1, text(), text()}},
          {}};
    case 3:
      return ResponseCreated{text(), {{text(), text()}}};
    case 4:
      return TranscriptionDelta{text(), static_cast<double>(input.size()) / 3};
    case 5:
      return ConversationOutputs{{{text(), text()}}, json{{text(), text()}}};
    case 6: {
      Error error;
      error.code = text();
      error.message = text();
      error.param = text();
      error.details = details_of({FileProblem{text(), 1, text(), text()}});
      return error;
    }
    default:
      return SessionUpdated{text(), text(), text(), true};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = unmuted::fuzz::text_of(data, size);
  auto message = parse(input);
  if (message) {
    check_message(*message);
  } else {
    check_failure(std::move(message.error()));
  }
  const ServerEvent event = some_event(input);
  const json written = json::parse(encode(event, input.substr(0, 20)));
  FUZZ_CHECK(written.at("type") == type_of(event));
  return 0;
}
