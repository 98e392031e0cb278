#include "events/encode.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "core/utf8.hpp"

namespace unmuted::events {
namespace {

using nlohmann::json;

/// Writes JSON straight into the frame, in the order of the calls.
class Writer {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    out_.append(1, '"').append(name).append("\":");
    first_ = true;  // what follows is this key's value
  }

  void value(std::string_view text) {
    separate();
    if (is_utf8(text)) {
      quote(text);
    } else {
      out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
    }
  }
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool b) {
    separate();
    out_ += b ? "true" : "false";
  }
  void value(std::integral auto number) {
    separate();
    out_ += std::to_string(number);
  }
  void value(double number) {
    separate();
    if (!std::isfinite(number)) {
      out_ += "null";
      return;
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_.append(digits.data(), end);
  }
  void value(std::nullptr_t) {
    separate();
    out_ += "null";
  }
  template <std::same_as<json> Tree>  // nothing else is to become a tree on its way
  void value(const Tree& tree) {
    separate();
    out_ += tree.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }

  template <class T>
  void field(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }

  void quote(std::string_view text) {
    out_ += '"';
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
      out_.append(text, done, i - done);
      escape(byte);
      done = i + 1;
    }
    out_.append(text, done);
    out_ += '"';
  }

  void escape(unsigned char byte) {
    static constexpr std::string_view digits = "0123456789abcdef";
    if (byte == '"' || byte == '\\') {
      out_.append(1, '\\').append(1, static_cast<char>(byte));
    } else if (byte == '\n') {
      out_ += "\\n";
    } else {
      out_.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    }
  }

  std::string out_;
  bool first_ = true;  // nothing has been written yet in the open object or array
};

// ---- parts

template <class Items, class Write>
void write_array(Writer& w, std::string_view name, const Items& items, std::size_t max, Write write_item) {
  w.key(name);
  w.begin_array();
  for (std::size_t i = 0; i < items.size() && i < max; ++i) write_item(items[i]);
  w.end_array();
}

constexpr std::size_t all = static_cast<std::size_t>(-1);

std::string problem_message(const FileProblem& problem) {
  return shorten(is_utf8(problem.message) ? problem.message : printable(problem.message),
                 max_problem_message);
}

void write_problems(Writer& w, std::string_view name, const std::vector<FileProblem>& problems,
                    std::size_t max) {
  write_array(w, name, problems, max, [&](const FileProblem& problem) {
    w.begin_object();
    w.field("file", problem.file);
    w.field("line", problem.line);
    w.field("code", problem.code);
    w.field("message", problem_message(problem));
    w.end_object();
  });
}

void write_characters(Writer& w, const std::vector<CharacterSummary>& characters) {
  write_array(w, "characters", characters, all, [&](const CharacterSummary& character) {
    w.begin_object();
    w.field("name", character.name);
    w.field("good", character.good);
    w.field("comment", character.comment);
    w.field("language", character.language);
    w.field("voice", character.voice);
    write_array(w, "tags", character.tags, all, [&](const std::string& tag) { w.value(tag); });
    w.end_object();
  });
}

void write_history(Writer& w, const std::vector<ChatMessage>& history) {
  write_array(w, "chat_history", history, all, [&](const ChatMessage& message) {
    w.begin_object();
    w.field("role", message.role);
    w.field("content", message.content);
    w.end_object();
  });
}

std::string_view name_of(ErrorType type) {
  switch (type) {
    case ErrorType::invalid_request_error:
      return "invalid_request_error";
    case ErrorType::server_error:
      return "server_error";
    case ErrorType::warning:
      return "warning";
    case ErrorType::fatal:
      return "fatal";
  }
  return "server_error";
}

// ---- the fields of each event, after its envelope

void write(Writer& w, const Error& e, std::string_view request_id) {
  w.key("error");
  w.begin_object();
  w.field("type", name_of(e.type));
  w.field("code", e.code);
  w.field("message", e.message);
  w.field("param", e.param);
  if (e.details) w.field("details", *e.details);
  const std::string_view event_id = e.event_id ? std::string_view(*e.event_id) : request_id;
  if (!event_id.empty()) w.field("event_id", event_id);
  w.end_object();
}

void write(Writer& w, const SessionUpdated& e) {
  w.key("session");
  w.begin_object();
  w.field("id", e.id);
  w.field("voice", e.voice);
  w.field("character", e.character);
  w.field("allow_recording", e.allow_recording);
  w.end_object();
}

void write(Writer& w, const SessionCharactersReloaded& e) {
  w.field("directory", e.directory);
  w.field("loaded_count", e.characters.size());
  w.field("error_count", e.errors.size());
  w.field("total_files", e.characters.size() + e.errors.size());
  write_characters(w, e.characters);
  write_problems(w, "errors", e.errors, all);
  write_problems(w, "warnings", e.warnings, max_warnings);
}

void write(Writer& w, const SessionCharactersListed& e) {
  w.field("directory", e.directory);
  w.field("character_count", e.characters.size());
  write_characters(w, e.characters);
  w.field("active", e.active);
}

void write(Writer& w, const ResponseCreated& e) {
  w.key("response");
  w.begin_object();
  w.field("object", "realtime.response");
  w.field("status", "in_progress");
  w.field("voice", e.voice);
  write_history(w, e.chat_history);
  w.end_object();
}

void write(Writer& w, const ResponseTextDeltaReady& e) {
  w.field("delta", e.delta);
}
void write(Writer& w, const ResponseTextDelta& e) {
  w.field("delta", e.delta);
}
void write(Writer& w, const ResponseTextDone& e) {
  w.field("text", e.text);
}
void write(Writer& w, const ResponseAudioDelta& e) {
  w.field("delta", e.delta);
}
void write(Writer& w, const ResponseAudioDeltaReady& e) {
  w.field("number_of_samples", e.number_of_samples);
}
void write(Writer&, const ResponseAudioDone&) {}

void write(Writer& w, const TranscriptionDelta& e) {
  w.field("delta", e.delta);
  w.field("start_time", e.start_time);
}

void write(Writer&, const SpeechStarted&) {}
void write(Writer&, const SpeechStopped&) {}
void write(Writer&, const InterruptedByVad&) {}

void write(Writer& w, const ToolCalled& e) {
  w.field("name", e.name);
  w.field("arguments", e.arguments);
  w.field("result", e.result);
}

void write(Writer& w, const ConversationOutputs& e) {
  w.key("args");
  w.begin_object();
  write_history(w, e.chat_history);
  w.field("debug_dict", e.debug_dict);
  w.end_object();
}

}  // namespace

std::string encode(const ServerEvent& event, std::string_view request_id) {
  Writer w;
  w.reserve(256);
  w.begin_object();
  w.field("type", type_of(event));
  w.field("event_id", new_event_id());
  if (!request_id.empty()) w.field("request_id", request_id);
  std::visit(
      [&]<class Event>(const Event& e) {
        if constexpr (std::is_same_v<Event, Error>) {
          write(w, e, request_id);
        } else {
          write(w, e);
        }
      },
      event);
  w.end_object();
  return w.take();
}

json details_of(const std::vector<FileProblem>& problems) {
  json list = json::array();
  for (const FileProblem& problem : problems) {
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"code", problem.code},
                    {"message", problem_message(problem)}});
  }
  return list;
}

}  // namespace unmuted::events
