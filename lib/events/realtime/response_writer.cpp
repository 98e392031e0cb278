#include "events/realtime/response_writer.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ids.hpp"
#include "events/realtime/frames.hpp"
#include "events/realtime/noted.hpp"
#include "events/realtime/read.hpp"

namespace unmuted::events::realtime {
namespace {

audio::SoundForm output_form(const Settings& settings) {
  const auto format = settings.noted.find(noted::output_format);
  if (format == settings.noted.end()) return audio::SoundForm::pcm16;
  return sound_form_of(format->second).value_or(audio::SoundForm::pcm16);
}

std::string written_item(const Item& item, ItemStatus status) {
  JsonWriter w;
  write_item(w, item, status);
  return w.take();
}

}  // namespace

ResponseWriter::ResponseWriter(const ReplyStarted& reply, const Configured& session, std::string conversation,
                               Frames& frames)
    : session_(session),
      id_(new_id("resp_")),
      conversation_(reply.aside ? std::string() : std::move(conversation)),
      item_(reply.item),
      options_(reply.options),
      written_(reply.options.written.value_or(false)),
      aside_(reply.aside),
      metadata_(reply.noted),
      sound_writer_(output_form(session.settings)) {
  add_frame(frames, "response.created", [&](JsonWriter& w) {
    w.key("response");
    write_response(w, {"in_progress", {}}, nullptr);
  });
}

// ---- The message --------------------------------------------------------------------------------------

void ResponseWriter::word_ready(const Place& place, Frames& frames) {
  if (place.begins) begin_message(place, frames);
}

void ResponseWriter::begin_message(const Place& place, Frames& frames) {
  if (std::exchange(said_, true)) return;
  speaking_ = true;
  after_ = place.after;
  JsonWriter begun;
  write_begun_message(begun, item_);
  item_added(after_, begun.take(), frames);
  part_frame("response.content_part.added", frames, [&](JsonWriter& w) { write_part(w, false); });
}

void ResponseWriter::word_spoken(const WordSpoken& word, Frames& frames) {
  if (!speaking_ || written_) return;
  delta(text_.empty() ? word.text : ' ' + word.text, frames);
}

void ResponseWriter::text_written(const TextWritten& text, Frames& frames) {
  if (text.place.begins) begin_message(text.place, frames);
  if (speaking_) delta(text.text, frames);
}

void ResponseWriter::delta(std::string_view text, Frames& frames) {
  text_ += text;
  const std::string_view type =
      written_ ? "response.output_text.delta" : "response.output_audio_transcript.delta";
  part_frame(type, frames, [&](JsonWriter& w) { w.field("delta", text); });
}

void ResponseWriter::sound(const AudioSpoken& sound, Frames& frames) {
  if (!speaking_ || written_) return;
  samples_ += sound.samples.size();
  sound_delta(sound_writer_.write(sound.samples), frames);
}

void ResponseWriter::sound_delta(std::span<const std::byte> bytes, Frames& frames) {
  if (bytes.empty()) return;
  const auto write_sound = [&](JsonWriter& w) {
    w.key("delta");
    w.base64(bytes);
  };
  part_frame("response.output_audio.delta", frames, write_sound, 320 + bytes.size() / 3 * 4);
}

void ResponseWriter::end_message(ItemStatus status, Frames& frames) {
  if (!std::exchange(speaking_, false)) return;
  if (written_) {
    part_frame("response.output_text.done", frames, [&](JsonWriter& w) { w.field("text", text_); });
  } else {
    // What the resampler holds back of a reply that was cut off is not heard either.
    const auto rest = sound_writer_.finish();
    if (status == ItemStatus::completed && samples_ > 0) sound_delta(rest, frames);
    part_frame("response.output_audio.done", frames, [](JsonWriter&) {});
    part_frame("response.output_audio_transcript.done", frames,
               [&](JsonWriter& w) { w.field("transcript", text_); });
  }
  part_frame("response.content_part.done", frames, [&](JsonWriter& w) { write_part(w, true); });
  const Item item{.id = item_, .role = Item::Role::assistant, .text = text_, .spoken = !written_};
  item_done(after_, written_item(item, status), frames);
}

void ResponseWriter::write_part(JsonWriter& w, bool with_text) const {
  w.key("part");
  w.begin_object();
  w.field("type", written_ ? "text" : "audio");
  w.field(written_ ? "text" : "transcript", with_text ? std::string_view(text_) : std::string_view());
  w.end_object();
}

template <class Write>
void ResponseWriter::part_frame(std::string_view type, Frames& frames, Write write_fields,
                                std::size_t expected_bytes) {
  const auto write_all = [&](JsonWriter& w) {
    w.field("response_id", id_);
    w.field("item_id", item_);
    w.field("output_index", output_index_);
    w.field("content_index", 0);
    write_fields(w);
  };
  add_frame(frames, type, write_all, expected_bytes);
}

// ---- Items --------------------------------------------------------------------------------------------

void ResponseWriter::item_added(std::string_view after, const std::string& item, Frames& frames) {
  add_frame(frames, "response.output_item.added", [&](JsonWriter& w) {
    w.field("response_id", id_);
    w.field("output_index", output_index_);
    w.key("item");
    w.written(item);
  });
  if (aside_) return;
  add_frame(frames, "conversation.item.added", [&](JsonWriter& w) {
    id_field(w, "previous_item_id", after);
    w.key("item");
    w.written(item);
  });
}

void ResponseWriter::item_done(std::string_view after, const std::string& item, Frames& frames) {
  add_frame(frames, "response.output_item.done", [&](JsonWriter& w) {
    w.field("response_id", id_);
    w.field("output_index", output_index_);
    w.key("item");
    w.written(item);
  });
  ++output_index_;
  output_.push_back(item);
  if (aside_) return;
  add_frame(frames, "conversation.item.done", [&](JsonWriter& w) {
    id_field(w, "previous_item_id", after);
    w.key("item");
    w.written(item);
  });
}

void ResponseWriter::call(const CallHandedOut& call, Frames& frames) {
  end_message(ItemStatus::completed, frames);
  Item begun = call.item;
  begun.arguments.clear();
  item_added(call.after, written_item(begun, ItemStatus::in_progress), frames);
  const auto write_call = [&](JsonWriter& w) {
    w.field("response_id", id_);
    w.field("item_id", call.item.id);
    w.field("output_index", output_index_);
    w.field("call_id", call.item.call_id);
  };
  add_frame(frames, "response.function_call_arguments.delta", [&](JsonWriter& w) {
    write_call(w);
    w.field("delta", call.item.arguments);
  });
  add_frame(frames, "response.function_call_arguments.done", [&](JsonWriter& w) {
    write_call(w);
    w.field("name", call.item.name);
    w.field("arguments", call.item.arguments);
  });
  item_done(call.after, written_item(call.item, ItemStatus::completed), frames);
}

// ---- The end ------------------------------------------------------------------------------------------

ResponseWriter::End ResponseWriter::end_of(const ReplyEnded& reply) {
  switch (reply.how) {
    case Ending::interrupted_by_voice:
      return {"cancelled", "cancelled", "turn_detected"};
    case Ending::interrupted:
      return {"cancelled", "cancelled", "client_cancelled"};
    case Ending::failed:
      return {"failed", "failed"};
    case Ending::finished:
      break;
  }
  if (reply.reason == "length" || reply.reason == "max_tokens")
    return {"incomplete", "incomplete", "max_output_tokens"};
  if (reply.reason == "content_filter") return {"incomplete", "incomplete", "content_filter"};
  return {"completed", {}};
}

void ResponseWriter::end(const ReplyEnded& reply, Frames& frames) {
  const End end = end_of(reply);
  end_message(end.status == "completed" ? ItemStatus::completed : ItemStatus::incomplete, frames);
  const auto write_done = [&](JsonWriter& w) {
    w.key("response");
    write_response(w, end, &reply);
  };
  add_frame(frames, "response.done", write_done, 1024);
  // What was sent and will not be heard: who plays it knows best, and may say so as well.
  if (reply.how != Ending::interrupted_by_voice || samples_ == 0 || aside_) return;
  add_frame(frames, "conversation.item.truncated", [&](JsonWriter& w) {
    w.field("item_id", item_);
    w.field("content_index", 0);
    w.field("audio_end_ms", samples_ * 1000 / audio::sample_rate);
  });
}

void ResponseWriter::write_response(JsonWriter& w, const End& end, const ReplyEnded* reply) const {
  w.begin_object();
  w.field("object", "realtime.response");
  w.field("id", id_);
  w.field("status", end.status);
  w.key("status_details");
  if (end.type.empty()) {
    w.value(nullptr);
  } else {
    w.begin_object();
    w.field("type", end.type);
    if (!end.reason.empty()) w.field("reason", end.reason);
    if (end.status == "failed") {
      w.key("error");
      w.begin_object();
      w.field("type", "server_error");
      w.field("code", failure_ ? failure_->code : std::string("service_unavailable"));
      w.field("message", failure_ ? failure_->message : std::string());
      w.end_object();
    }
    w.end_object();
  }
  w.array("output", output_, [&](const std::string& item) { w.written(item); });
  id_field(w, "conversation_id", conversation_);
  w.key("output_modalities");
  w.begin_array();
  w.value(written_ ? "text" : "audio");
  w.end_array();
  w.key("audio");
  w.begin_object();
  w.key("output");
  w.begin_object();
  w.key("format");
  write_format(w, session_.settings, noted::output_format);
  w.field("voice", voice_of(session_));
  w.end_object();
  w.end_object();
  write_max_tokens(w, options_);
  w.key("metadata");
  w.tree(metadata_);
  w.key("usage");
  if (reply == nullptr) {
    w.value(nullptr);
  } else {
    write_usage(w, reply->tokens);
  }
  w.end_object();
}

}  // namespace unmuted::events::realtime
