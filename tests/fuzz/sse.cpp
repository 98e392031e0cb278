// A language model's answer, from the bytes of its body to text and calls: the same in whatever pieces it
// comes, and within its limits. The first byte chooses the type of the body and what the request was like,
// the second the pieces.

#include "services/sse.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "net/http.hpp"
#include "services/chat_request.hpp"
#include "services/model_list.hpp"
#include "services/refusal.hpp"
#include "services/reply_body.hpp"

namespace {

using namespace unmuted;

void check_line(const std::string& text, std::size_t limit) {
  FUZZ_CHECK(text.size() <= limit);
  FUZZ_CHECK(printable(text) == text);
}

struct Reading {
  std::string text;
  std::vector<ToolCall> calls;
  std::string reason, failure;
  bool operator==(const Reading&) const = default;
};

class Reader {
 public:
  Reader(std::string_view type, const std::vector<Tool>& offered, bool in_thought)
      : body_(std::string(type), offered, in_thought) {}

  /// False when the reply has failed.
  bool feed(std::string_view bytes) { return take(body_.feed(bytes)); }

  Reading end() {
    if (reading_.failure.empty()) take(body_.end());
    FUZZ_CHECK(reading_.failure.empty() != reading_.reason.empty());
    FUZZ_CHECK(reading_.calls.size() <= 256);
    return std::move(reading_);
  }

 private:
  bool take(const Result<void>& fed) {
    while (const auto event = body_.take()) {
      FUZZ_CHECK(reading_.reason.empty());
      if (const auto* text = std::get_if<ReplyText>(&*event)) {
        FUZZ_CHECK(is_utf8(text->text) && (text->afresh || !text->text.empty()));
        if (text->afresh) reading_.text.clear();
        reading_.text += text->text;
      } else if (const auto* call = std::get_if<ToolCall>(&*event)) {
        FUZZ_CHECK(!call->id.empty() && !call->name.empty());
        reading_.calls.push_back(*call);
      } else if (const auto* finished = std::get_if<ReplyFinished>(&*event)) {
        FUZZ_CHECK(!finished->reason.empty());
        reading_.reason = finished->reason;
      }
    }
    if (fed || !reading_.reason.empty()) return true;
    check_line(fed.error().message, 400);
    reading_.failure = fed.error().code;
    return false;
  }

  ReplyBody body_;
  Reading reading_;
};

Reading read(std::string_view body, std::string_view type, const std::vector<Tool>& offered, bool in_thought,
             std::size_t piece) {
  Reader reader(type, offered, in_thought);
  while (!body.empty()) {
    if (!reader.feed(body.substr(0, piece))) break;
    body.remove_prefix(std::min(piece, body.size()));
  }
  return reader.end();
}

std::vector<SseEvent> events_of(std::string_view body, std::size_t piece) {
  SseParser parser;
  std::vector<SseEvent> events;
  bool fed = true;
  while (!body.empty() && fed) {
    fed = parser.feed(body.substr(0, piece), events).has_value();
    body.remove_prefix(std::min(piece, body.size()));
  }
  if (fed) parser.finish(events);
  return events;
}

void check_others(std::string_view body) {
  if (const auto model = only_model(body); !model) check_line(model.error().message, 600);
  net::HttpResponse response;
  response.status = 400;
  const Refusal refusal = read_refusal(response, body);
  check_line(refusal.text, 400);
  check_line(no_reply("text/html", body), 400);
  if (const auto extra = read_extra_parameters(body); !extra) check_line(extra.error().message, 600);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned flags = data[0];
  const std::size_t piece = data[1] % 31 + 1;
  const std::string_view body = fuzz::text_of(data, size).substr(2);
  std::vector<Tool> offered;
  if ((flags & 1U) != 0) offered = {{"f", "", "{}"}, {"get_weather", "", "{}"}};
  const std::string_view type = (flags & 2U) != 0 ? "application/json" : "text/event-stream";
  const bool in_thought = (flags & 4U) != 0;

  FUZZ_CHECK(events_of(body, piece) == events_of(body, body.size()));
  const Reading whole = read(body, type, offered, in_thought, body.size());
  const Reading parts = read(body, type, offered, in_thought, piece);
  FUZZ_CHECK(whole.text == parts.text);
  FUZZ_CHECK(whole.reason == parts.reason && whole.failure == parts.failure);
  FUZZ_CHECK(whole.calls == parts.calls);

  check_others(body);
  ReplyRequest request;
  request.messages = {{ChatMessage::Role::assistant, whole.text, whole.calls, {}},
                      {ChatMessage::Role::user, std::string(body), {}, {}}};
  const std::string sent = write_json(chat_completion_request(request, "m", nlohmann::json::object(), {}));
  FUZZ_CHECK(nlohmann::json::accept(sent));
  return 0;
}
