#include "events/unmute/write.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "events/cast_fields.hpp"
#include "events/json_writer.hpp"

namespace unmuted::events::unmute {
namespace {

/// The frames of one notice.
class Frames {
 public:
  Frames(std::string_view answers, std::vector<std::string>& frames) : answers_(answers), frames_(frames) {}

  [[nodiscard]] std::string_view answers() const { return answers_; }

  /// A frame that answers the client's event.
  template <class Write>
  void answer(std::string_view type, Write write_fields) {
    add(type, answers_, write_fields);
  }
  /// One that only comes with it.
  template <class Write>
  void tell(std::string_view type, Write write_fields) {
    add(type, {}, write_fields);
  }

 private:
  template <class Write>
  void add(std::string_view type, std::string_view answers, Write write_fields) {
    JsonWriter w;
    w.reserve(256);
    w.begin_object();
    w.field("type", type);
    w.field("event_id", new_event_id());
    if (!answers.empty()) w.field("request_id", answers);
    write_fields(w);
    w.end_object();
    frames_.push_back(w.take());
  }

  std::string_view answers_;
  std::vector<std::string>& frames_;
};

constexpr auto no_fields = [](JsonWriter&) {};

// ---- parts

// The details of an error have their keys in alphabetical order.

void write_details(JsonWriter& w, const std::vector<Fault>& faults) {
  w.array("details", faults, [&](const Fault& fault) {
    w.begin_object();
    w.field("message", fault.message);
    w.field("path", fault.path);
    w.end_object();
  });
}

void write_details(JsonWriter& w, const std::vector<FileProblem>& problems) {
  w.array("details", problems, [&](const FileProblem& problem) {
    w.begin_object();
    w.field("code", problem.code);
    w.field("file", problem.file);
    w.field("line", problem.line);
    w.field("message", sent_message(problem));
    w.end_object();
  });
}

void write_history(JsonWriter& w, const std::vector<Message>& history) {
  w.array("chat_history", history, [&](const Message& message) {
    w.begin_object();
    w.field("role", message.role);
    w.field("content", message.content);
    w.end_object();
  });
}

std::string_view name_of(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::invalid_request:
      return "invalid_request_error";
    case Failure::Kind::server_error:
      return "server_error";
    case Failure::Kind::warning:
      return "warning";
    case Failure::Kind::fatal:
      return "fatal";
  }
  return "server_error";
}

/// Where a client is told what to do next, it is told so in events of this wire.
std::string_view message_of(const Failure& failure) {
  if (failure.code == "no_active_character") return "Select a character with session.update first";
  if (failure.code == "response_already_active") {
    return "A reply is already in progress: wait for its response.audio.done, or end it with "
           "response.cancel.";
  }
  return failure.message;
}

// ---- notices

void write(Frames& frames, const Failure& failure) {
  frames.answer("error", [&](JsonWriter& w) {
    w.key("error");
    w.begin_object();
    w.field("type", name_of(failure.kind));
    w.field("code", failure.code);
    w.field("message", message_of(failure));
    w.field("param", failure.param);
    if (!failure.faults.empty()) write_details(w, failure.faults);
    if (failure.problems) write_details(w, *failure.problems);
    if (!frames.answers().empty()) w.field("event_id", frames.answers());
    w.end_object();
  });
}

void write(Frames& frames, const Configured& session) {
  frames.answer("session.updated", [&](JsonWriter& w) {
    w.key("session");
    w.begin_object();
    w.field("id", session.id);
    w.field("voice", session.voice);
    w.field("character", session.character);
    w.field("allow_recording", session.allow_recording);
    w.end_object();
  });
}

void write(Frames& frames, const CastLoaded& cast) {
  frames.answer("session.characters.reloaded", [&](JsonWriter& w) { write_fields(w, cast); });
}

void write(Frames& frames, const CastListed& cast) {
  frames.answer("session.characters.listed", [&](JsonWriter& w) { write_fields(w, cast); });
}

void write(Frames& frames, const ReplyStarted& reply) {
  frames.answer("response.created", [&](JsonWriter& w) {
    w.key("response");
    w.begin_object();
    w.field("object", "realtime.response");
    w.field("status", "in_progress");
    w.field("voice", reply.voice);
    write_history(w, reply.history);
    w.end_object();
  });
}

void write(Frames& frames, const WordReady& word) {
  frames.tell("unmute.response.text.delta.ready", [&](JsonWriter& w) { w.field("delta", word.text); });
}

void write(Frames& frames, const WordSpoken& word) {
  frames.tell("response.text.delta", [&](JsonWriter& w) { w.field("delta", word.text); });
}

void write(Frames& frames, const AudioReady& audio) {
  frames.tell("unmute.response.audio.delta.ready",
              [&](JsonWriter& w) { w.field("number_of_samples", audio.samples); });
}

/// Has been encoded by whoever has the connection's stream: write_audio().
void write(Frames&, const AudioSpoken&) {}

void write(Frames& frames, const ToolCalled& call) {
  frames.tell("unmute.tool_called", [&](JsonWriter& w) {
    w.field("name", call.name);
    w.key("arguments");
    w.tree(readable_arguments(call));
    w.field("result", call.result);
  });
}

/// What the Unmute client shows to developers.
void write_outputs(Frames& frames, const std::vector<Message>& history) {
  frames.tell("unmute.additional_outputs", [&](JsonWriter& w) {
    w.key("args");
    w.begin_object();
    write_history(w, history);
    w.key("debug_dict");
    w.begin_object();
    w.end_object();
    w.end_object();
  });
}

void write(Frames& frames, const ReplyEnded& reply) {
  if (reply.how == Ending::interrupted_by_voice) frames.tell("unmute.interrupted_by_vad", no_fields);
  frames.answer("response.text.done", [&](JsonWriter& w) { w.field("text", reply.text); });
  frames.answer("response.audio.done", no_fields);
  write_outputs(frames, reply.history);
}

void write(Frames& frames, const UserSoundComes& sound) {
  write_outputs(frames, sound.history);
}

void write(Frames& frames, const UserSpeechStarted&) {
  frames.tell("input_audio_buffer.speech_started", no_fields);
}

void write(Frames& frames, const UserSpeechStopped&) {
  frames.tell("input_audio_buffer.speech_stopped", no_fields);
}

void write(Frames& frames, const UserWord& word) {
  frames.tell("conversation.item.input_audio_transcription.delta", [&](JsonWriter& w) {
    w.field("delta", word.text);
    w.field("start_time", word.start_time);
  });
}

// For clients that keep the conversation as items, or set how it goes; Unmute's knows none of it.
void write(Frames&, const SessionBegan&) {}
void write(Frames&, const TextWritten&) {}
void write(Frames&, const CallHandedOut&) {}
void write(Frames&, const UserTurnEnded&) {}
void write(Frames&, const UserTurnHeard&) {}
void write(Frames&, const UserSoundDropped&) {}
void write(Frames&, const UserSilent&) {}
void write(Frames&, const ItemAdded&) {}
void write(Frames&, const ItemFound&) {}
void write(Frames&, const ItemCut&) {}
void write(Frames&, const ItemRemoved&) {}

}  // namespace

void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames) {
  Frames out(answers, frames);
  std::visit([&](const auto& one) { write(out, one); }, notice);
}

std::string anonymous_audio(std::size_t samples) {
  std::vector<std::string> frames;
  Frames({}, frames).tell("unmute.input_audio_buffer.append_anonymized", [&](JsonWriter& w) {
    w.field("number_of_samples", samples);
  });
  return std::move(frames.front());
}

void write_audio(std::string_view base64, std::vector<std::string>& frames) {
  Frames({}, frames).tell("response.audio.delta", [&](JsonWriter& w) { w.field("delta", base64); });
}

}  // namespace unmuted::events::unmute
