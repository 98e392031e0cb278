#include "services/openai/transcript.hpp"

#include <array>
#include <utility>

#include "core/json.hpp"
#include "core/utf8.hpp"
#include "net/http.hpp"
#include "services/json_fields.hpp"
#include "services/refusal.hpp"
#include "services/text_signs.hpp"

namespace unmuted::openai {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 4> event_begins{"data:", "event:", "id:", ":"};

bool begins_events(std::string_view body) {
  for (const std::string_view begin : event_begins) {
    if (body.starts_with(begin)) return true;
  }
  return false;
}

/// The text that an event adds: of OpenAI's own, of vLLM's chunks, and of servers that send each part as they
/// would send a whole answer.
std::optional<std::string> text_added(const json& event) {
  if (const json& delta = member(event, "delta"); delta.is_string()) return text_of(delta);
  if (const json& choices = member(event, "choices"); choices.is_array()) {
    if (choices.empty()) return "";
    return text_of(member(member(choices.front(), "delta"), "content"));
  }
  if (const json& text = member(event, "text"); text.is_string()) return text_of(text) + " ";
  return std::nullopt;
}

/// Of a whole answer: those of all of it, or of its segments.
std::vector<const json*> words_in(const json& answer) {
  std::vector<const json*> words;
  const auto add = [&](const json& list) {
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) words.push_back(&list[i]);
  };
  add(member(answer, "words"));
  if (!words.empty()) return words;
  const json& segments = member(answer, "segments");
  for (std::size_t i = 0; segments.is_array() && i < segments.size(); ++i) {
    add(member(segments[i], "words"));
  }
  return words;
}

}  // namespace

Transcript::Transcript(std::string content_type, double begin, double length)
    : content_type_(std::move(content_type)), begin_(begin), words_(begin, length) {}

Result<void> Transcript::feed(std::string_view bytes) {
  if (finished_) return {};
  std::vector<SseEvent> events;
  if (form_ == Form::events) {
    const auto parsed = parser_.feed(bytes, events);
    if (auto taken = take_events(events); !taken) return taken;
    return finished_ ? Result<void>() : parsed;
  }
  if (whole_.size() + bytes.size() > max_whole) return fail_unavailable("its answer is longer than 1 MiB");
  whole_ += bytes;
  find_form();
  return form_ == Form::events ? feed(std::exchange(whole_, {})) : Result<void>();
}

/// By what the body begins with: some servers stream under the name of JSON, and answer in JSON under that of
/// a stream.
void Transcript::find_form() {
  if (form_ != Form::unknown) return;
  const std::string_view body = trimmed(whole_);
  constexpr std::size_t longest_begin = 6;
  if (body.size() < longest_begin) return;
  const bool object = body.front() == '{' || body.front() == '[';
  const bool named = net::media_type(content_type_) == "text/event-stream";
  form_ = !object && (named || begins_events(body)) ? Form::events : Form::whole;
}

Result<void> Transcript::take_events(const std::vector<SseEvent>& events) {
  for (const SseEvent& event : events) {
    if (finished_) return {};
    if (auto taken = take_event(event); !taken) return taken;
  }
  return {};
}

Result<void> Transcript::take_event(const SseEvent& event) {
  const std::string_view data = trimmed(event.data);
  if (data == "[DONE]") return finish_with(text_);
  const auto read = read_json(data);
  if (!read) return {};
  if (const std::string said = said_failure(*read); !said.empty()) {
    return fail_unavailable("it failed: " + said);
  }
  const std::string type = text_of(member(*read, "type"));
  if (event.type == "error" || type == "error") {
    return fail_unavailable("it failed: " + failure_text(data));
  }
  if (type == "transcript.text.done") return finish_with(text_of(member(*read, "text")));
  const auto text = text_added(*read);
  if (!text) return {};
  understood_ = true;
  return add_text(*text);
}

/// Some servers send what is new, others all there is so far.
Result<void> Transcript::add_text(std::string_view text) {
  const bool all_of_it = text_.size() > 3 && text.size() > text_.size() && text.starts_with(text_);
  if (all_of_it) text.remove_prefix(text_.size());
  if (text_.size() + text.size() > max_text) return fail_unavailable("its transcript is longer than 64 KiB");
  text_ += text;
  words_.feed(text);
  return {};
}

/// What was told before stays, though the server may have changed its mind.
Result<void> Transcript::finish_with(const std::string& text) {
  if (text.size() > max_text) return fail_unavailable("its transcript is longer than 64 KiB");
  const std::string_view all = trimmed(text);
  const std::string_view told = trimmed(text_);
  finished_ = true;
  words_.finish(all.starts_with(told) ? all.substr(told.size()) : "");
  return {};
}

Result<void> Transcript::end() {
  if (finished_) return {};
  if (form_ != Form::events) return read_whole();
  std::vector<SseEvent> last;
  parser_.finish(last);
  if (auto taken = take_events(last); !taken || finished_) return taken;
  if (!understood_) return fail_unavailable("it answered with a stream of events without a transcript");
  return finish_with(text_);
}

Result<void> Transcript::read_whole() {
  const std::string type = net::media_type(content_type_);
  const auto answer = read_json(whole_, JsonLimits{.max_bytes = max_whole});
  if (!answer || !answer->is_object()) {
    if (type == "text/plain" && is_utf8(whole_)) return finish_with(whole_);
    return fail_unavailable("it answered 200 with " + shorten(printable(type), 100) +
                            ", no transcript: " + failure_text(whole_));
  }
  if (const std::string said = said_failure(*answer); !said.empty()) {
    return fail_unavailable("it failed: " + said);
  }
  if (!member(*answer, "text").is_string()) {
    return fail_unavailable("it answered with JSON that is no transcript: " + failure_text(whole_));
  }
  if (!add_timed_words(*answer)) return finish_with(text_of(member(*answer, "text")));
  finished_ = true;
  return {};
}

/// False when there are none.
bool Transcript::add_timed_words(const json& answer) {
  const std::vector<const json*> words = words_in(answer);
  for (const json* word : words) {
    if (!member(*word, "start").is_number()) return false;
  }
  for (const json* word : words) {
    const json& text = member(*word, "word");
    words_.feed_timed(text_of(text.is_string() ? text : member(*word, "text")),
                      begin_ + member(*word, "start").get<double>());
  }
  return !words.empty();
}

}  // namespace unmuted::openai
