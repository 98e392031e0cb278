// The wire: what a client sends is an event or is refused in words that can be shown, and what is read of it
// can be written and read again. Then, any bytes in what the server says make JSON.

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base64.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "events/fields.hpp"
#include "events/unmute/read.hpp"
#include "events/unmute/write.hpp"
#include "events/user_text.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted::events;
using namespace unmuted::events::unmute;
using nlohmann::json;
using unmuted::TurnId;
using unmuted::fuzz::take_text;

json as_json(const Instructions& instructions) {
  using Kind = Instructions::Kind;
  json out = {{"type", instructions.type}};
  if (instructions.kind == Kind::text || instructions.kind == Kind::none) out["text"] = instructions.text;
  if (instructions.language) out["language"] = *instructions.language;
  return out;
}

json as_json(const Configure& wanted) {
  json session = json::object();
  if (wanted.voice) session["voice"] = *wanted.voice;
  if (wanted.allow_recording) session["allow_recording"] = *wanted.allow_recording;
  if (wanted.context) session["context"] = *wanted.context;
  if (wanted.instructions) session["instructions"] = as_json(*wanted.instructions);
  if (wanted.resume) session["resume"] = true;
  return session;
}

// The events as a client would write them.

json event_of(const Configure& wanted) {
  return {{"type", "session.update"}, {"session", as_json(wanted)}};
}
json event_of(const LoadCast& wanted) {
  return {{"type", "session.characters.reload"}, {"directory", wanted.directory}};
}
json event_of(const ListCast&) {
  return {{"type", "session.characters.list"}};
}
json event_of(const AppendAudio& append) {
  return {{"type", "input_audio_buffer.append"}, {"audio", append.audio}};
}
json event_of(const AddUserMessage& message) {
  const json part = {{"type", "input_text"}, {"text", message.text}};
  return {{"type", "conversation.item.create"},
          {"item", {{"type", "message"}, {"role", "user"}, {"content", {part}}}}};
}
json event_of(const StartReply&) {
  return {{"type", "response.create"}};
}
json event_of(const CancelReply&) {
  return {{"type", "response.cancel"}};
}
json event_of(const Ignored&) {
  return {{"type", "unmute.additional_outputs"}};
}

/// Another dialect has more.
template <class Other>
json event_of(const Other&) {
  FUZZ_CHECK(false);
  return {};
}

json as_json(const ClientRequest& message) {
  json out = std::visit([](const auto& request) { return event_of(request); }, message.request);
  if (!message.id.empty()) out["event_id"] = message.id;
  return out;
}

void check_message(const ClientRequest& message) {
  FUZZ_CHECK(message.id.size() <= max_event_id);
  const auto* wanted = std::get_if<Configure>(&message.request);
  if (wanted != nullptr && wanted->context) {
    const std::string context = unmuted::write_json(*wanted->context);
    FUZZ_CHECK(context.size() <= max_context);
    FUZZ_CHECK(context.size() == unmuted::written_size(*wanted->context));
  }
  if (const auto* item = std::get_if<AddUserMessage>(&message.request)) {
    FUZZ_CHECK(item->text.size() <= max_user_text && unmuted::is_utf8(item->text));
    FUZZ_CHECK(item->text.find('\x7f') == std::string::npos);
  }
  if (const auto* audio = std::get_if<AppendAudio>(&message.request)) {
    FUZZ_CHECK(unmuted::base64_decode(audio->audio).has_value());
  }
  const json written = as_json(message);
  const auto again = read(written.dump());
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(as_json(*again) == written);
}

std::vector<json> frames_of(const Notice& notice, std::string_view answers) {
  std::vector<std::string> frames;
  write(notice, answers, frames);
  std::vector<json> trees;
  for (const std::string& frame : frames) trees.push_back(json::parse(frame));
  return trees;
}

void check_line(const std::string& text, std::size_t limit) {
  FUZZ_CHECK(text.size() <= limit);
  FUZZ_CHECK(unmuted::printable(text) == text);
}

void check_refusal(Refusal refusal) {
  FUZZ_CHECK(!refusal.code.empty() && !refusal.message.empty());
  FUZZ_CHECK(refusal.faults.size() <= max_faults + 10);
  check_line(refusal.message, max_refusal_message);
  check_line(refusal.param, 100);
  for (const Fault& fault : refusal.faults) {
    check_line(fault.path, 100);
    check_line(fault.message, 300);
  }
  const std::string code = refusal.code;
  const json answer = frames_of(failure_of(std::move(refusal)), "request").at(0);
  FUZZ_CHECK(answer.at("error").at("code") == code);
  FUZZ_CHECK(answer.at("error").at("event_id") == "request");
}

/// Something of a session's, filled with what the input has.
Notice some_notice(std::string_view input) {
  const std::size_t which = input.empty() ? 0 : static_cast<unsigned char>(input.front()) % 8;
  const auto text = [&input] { return std::string(take_text(input)); };
  const TurnId turn{1};
  switch (which) {
    case 0:
      return WordSpoken{turn, text()};
    case 1:
      return ToolCalled{turn, text(), text(), text()};
    case 2:
      return CastLoaded{text(),
                        {CharacterSummary{text(), true, text(), text(), text(), {text(), text()}}},
                        {FileProblem{text(), 1, text(), text()}},
                        {}};
    case 3:
      return ReplyStarted{turn, text(), {{text(), text()}}};
    case 4:
      return UserWord{text(), static_cast<double>(input.size()) / 3};
    case 5:
      return ReplyEnded{turn, text(), Ending::interrupted_by_voice, {{text(), text()}}};
    case 6: {
      Failure failure{Failure::Kind::server_error, text(), text()};
      failure.param = text();
      failure.problems = {FileProblem{text(), 1, text(), text()}};
      return failure;
    }
    default:
      return Configured{text(), text(), text(), true};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = unmuted::fuzz::text_of(data, size);
  auto message = read(input);
  if (message) {
    check_message(*message);
  } else {
    check_refusal(std::move(message.error()));
  }
  const std::vector<json> frames = frames_of(some_notice(input), input.substr(0, 20));
  for (const json& frame : frames) {
    const auto& type = frame.at("type").get_ref<const std::string&>();
    FUZZ_CHECK(std::count(server_event_types.begin(), server_event_types.end(), type) == 1);
  }
  return 0;
}
