#include "events/realtime/dialect.hpp"

#include <array>
#include <optional>
#include <utility>

#include "core/ids.hpp"
#include "core/json.hpp"
#include "events/cast_fields.hpp"
#include "events/realtime/frames.hpp"
#include "events/realtime/noted.hpp"
#include "events/realtime/objects.hpp"
#include "events/realtime/read.hpp"
#include "events/realtime/response_writer.hpp"

namespace unmuted::events {
namespace {

using namespace realtime;
using Frames = std::vector<std::string>;

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> codes{
    {{"response_not_active", "response_cancel_not_active"},
     {"response_already_active", "conversation_already_has_active_response"},
     {"no_sound_to_commit", "input_audio_buffer_commit_empty"}}};

/// Clients know failures by these words, and take every error for the end: see is_told().
std::string_view code_of(const Failure& failure) {
  for (const auto& [ours, theirs] : codes) {
    if (failure.code == ours) return theirs;
  }
  return failure.code;
}

/// A client that waits for its response looks for the name of its event in the message.
std::string message_of(const Failure& failure) {
  if (failure.code == "response_already_active")
    return "A response is in progress: wait for its response.done before the next response.create, or end it "
           "with "
           "response.cancel";
  if (failure.code == "no_active_character")
    return "Nobody is there to answer a response.create: name a character in session.update";
  return failure.message;
}

/// What a reply ends with is told at its end; what is nobody's loss is not told: a client may end for any
/// error.
bool is_told(const Failure& failure) {
  if (failure.turn) return false;
  return failure.kind != Failure::Kind::warning ||
         (failure.code != "input_too_fast" && failure.code != "character_failed");
}

class RealtimeDialect final : public Dialect {
 public:
  explicit RealtimeDialect(RealtimeOptions options) : opening_(plain_session()) {
    if (!options.model.empty()) names_.model = options.model;
    if (options.session.is_object()) {
      Faults faults;  // was read before it was agreed on
      Fields session(options.session, "session", faults);
      Configure agreed = read_session(session, options.transcribes);
      begin_with(agreed);
      opening_ = std::move(agreed);
    } else if (options.transcribes) {
      opening_.settings.turns.replies = false;
      opening_.settings.noted.insert_or_assign(std::string(noted::type), "transcription");
    }
    if (!opening_.name && !options.model.empty()) opening_.name = std::move(options.model);
    opening_.asked = false;
    note_reading(opening_);
    session_.settings = opening_.settings;
    session_.voice = opening_.voice;
  }

  std::optional<Request> opening() override {
    opened_ = true;
    return opening_;
  }

  tl::expected<ClientRequest, Refusal> read(std::string_view text) override {
    read_state_.response = response_ ? response_->id() : std::string();
    auto request = realtime::read(text, read_state_);
    if (!request) return request;
    if (auto* wanted = std::get_if<Configure>(&request->request)) {
      note_reading(*wanted);
      if (!std::exchange(opened_, true)) begin_with(*wanted);
    }
    return request;
  }

  tl::expected<ClientRequest, Refusal> read_binary(std::string_view) override {
    return tl::unexpected(Refusal{{}, "binary_frame", "Events are text frames; this was a binary one"});
  }

  [[nodiscard]] std::string anonymous_audio(std::size_t samples) const override {
    Frames frames;
    add_frame(frames, "input_audio_buffer.append_anonymized",
              [&](JsonWriter& w) { w.field("number_of_samples", samples); });
    return std::move(frames.front());
  }

  void write(const Notice& notice, std::string_view answers, Frames& frames) override {
    std::visit([&](const auto& one) { tell(one, answers, frames); }, notice);
  }

 private:
  static void begin_with(Configure& wanted) {
    Settings settings = plain_session().settings;
    merge(settings, std::move(wanted.settings));
    wanted.settings = std::move(settings);
  }

  /// Sound that comes behind an update is in its form, whatever else becomes of that.
  void note_reading(const Configure& wanted) {
    const auto& noted = wanted.settings.noted;
    if (const auto format = noted.find(noted::input_format); format != noted.end())
      read_state_.sound = sound_form_of(format->second).value_or(read_state_.sound);
    if (const auto type = noted.find(noted::type); type != noted.end())
      read_state_.transcribes = type->second == "transcription";
  }

  // ---- The session

  void tell(const SessionBegan& session, std::string_view, Frames& frames) {
    names_.id = "sess_" + session.id;
    write_session_frame("session.created", frames);
  }

  void tell(const Configured& session, std::string_view, Frames& frames) {
    session_ = session;
    if (session.asked) write_session_frame("session.updated", frames);
  }

  void write_session_frame(std::string_view type, Frames& frames) {
    const auto write_fields = [&](JsonWriter& w) {
      w.key("session");
      write_session(w, names_, session_);
    };
    add_frame(frames, type, write_fields, 2048);
  }

  void tell(const Failure& failure, std::string_view answers, Frames& frames) {
    if (failure.turn && response_) response_->failed(failure);
    if (!is_told(failure)) return;
    add_frame(frames, "error", [&](JsonWriter& w) {
      const bool clients = failure.kind == Failure::Kind::invalid_request;
      w.key("error");
      w.begin_object();
      w.field("type", clients ? "invalid_request_error" : "server_error");
      w.field("code", code_of(failure));
      w.field("message", message_of(failure));
      w.field("param", failure.param);
      id_field(w, "event_id", answers);
      w.end_object();
    });
  }

  void tell(const CastLoaded& cast, std::string_view answers, Frames& frames) {
    tell_cast("session.characters.reloaded", cast, answers, frames);
  }
  void tell(const CastListed& cast, std::string_view answers, Frames& frames) {
    tell_cast("session.characters.listed", cast, answers, frames);
  }
  template <class Cast>
  static void tell_cast(std::string_view type, const Cast& cast, std::string_view answers, Frames& frames) {
    add_frame(frames, type, [&](JsonWriter& w) {
      id_field(w, "request_id", answers);
      write_fields(w, cast);
    });
  }

  // ---- Replies

  void tell(const ReplyStarted& reply, std::string_view, Frames& frames) {
    response_.emplace(reply, session_, conversation_, frames);
  }
  void tell(const WordReady& word, std::string_view, Frames& frames) {
    if (response_) response_->word_ready(word.place, frames);
  }
  void tell(const WordSpoken& word, std::string_view, Frames& frames) {
    if (response_) response_->word_spoken(word, frames);
  }
  void tell(const TextWritten& text, std::string_view, Frames& frames) {
    if (response_) response_->text_written(text, frames);
  }
  void tell(const AudioSpoken& sound, std::string_view, Frames& frames) {
    if (response_) response_->sound(sound, frames);
  }
  void tell(const CallHandedOut& call, std::string_view, Frames& frames) {
    if (response_) response_->call(call, frames);
  }
  void tell(const ReplyEnded& reply, std::string_view, Frames& frames) {
    if (!response_) return;
    response_->end(reply, frames);
    response_.reset();
  }
  // The clients know none of it, and a character's tools are its own.
  void tell(const AudioReady&, std::string_view, Frames&) {}
  void tell(const ToolCalled&, std::string_view, Frames&) {}

  // ---- The user

  void tell(const UserSoundComes&, std::string_view, Frames&) {}

  void tell(const UserSpeechStarted& speech, std::string_view, Frames& frames) {
    speech_ = speech;
    speech_text_.clear();
    add_frame(frames, "input_audio_buffer.speech_started", [&](JsonWriter& w) {
      w.field("item_id", speech.item);
      w.field("audio_start_ms", speech.at.count());
    });
  }

  /// They are told as a whole, behind the item that they are of.
  void tell(const UserWord& word, std::string_view, Frames&) {
    if (!speech_text_.empty()) speech_text_ += ' ';
    speech_text_ += word.text;
  }

  void tell(const UserSpeechStopped& speech, std::string_view, Frames& frames) {
    add_frame(frames, "input_audio_buffer.speech_stopped", [&](JsonWriter& w) {
      w.field("item_id", speech_.item);
      w.field("audio_end_ms", speech.at.count());
    });
    if (speech.item.empty()) return;
    commit(speech.item, speech.after, frames);
    const auto length = std::chrono::duration<double>(speech.at - speech_.at);
    transcribed(speech.item, std::exchange(speech_text_, {}), std::max(length.count(), 0.0), frames);
  }

  void tell(const UserTurnEnded& turn, std::string_view, Frames& frames) {
    commit(turn.item, turn.after, frames);
  }

  void tell(const UserTurnHeard& turn, std::string_view, Frames& frames) {
    if (!turn.failure) return transcribed(turn.item, turn.text, 0, frames);
    add_frame(frames, "conversation.item.input_audio_transcription.failed", [&](JsonWriter& w) {
      w.field("item_id", turn.item);
      w.field("content_index", 0);
      w.key("error");
      w.begin_object();
      w.field("type", "server_error");
      w.field("code", turn.failure->code);
      w.field("message", turn.failure->message);
      w.field("param", nullptr);
      w.end_object();
    });
  }

  void tell(const UserSoundDropped&, std::string_view, Frames& frames) {
    add_frame(frames, "input_audio_buffer.cleared", [](JsonWriter&) {});
  }

  void tell(const UserSilent& silent, std::string_view, Frames& frames) {
    add_frame(frames, "input_audio_buffer.timeout_triggered", [&](JsonWriter& w) {
      w.field("item_id", silent.item);
      w.field("audio_start_ms", silent.from.count());
      w.field("audio_end_ms", silent.to.count());
    });
    commit(silent.item, silent.after, frames);
  }

  void commit(const std::string& item, const std::string& after, Frames& frames) {
    add_frame(frames, "input_audio_buffer.committed", [&](JsonWriter& w) {
      id_field(w, "previous_item_id", after);
      w.field("item_id", item);
    });
    added_and_done({.id = item, .spoken = true}, after, frames, true);
  }

  void transcribed(const std::string& item, const std::string& text, double seconds, Frames& frames) {
    if (!tells_transcripts(session_.settings)) return;
    const auto of_item = [&](JsonWriter& w) {
      w.field("item_id", item);
      w.field("content_index", 0);
    };
    if (!text.empty()) {
      add_frame(frames, "conversation.item.input_audio_transcription.delta", [&](JsonWriter& w) {
        of_item(w);
        w.field("delta", text);
      });
    }
    add_frame(frames, "conversation.item.input_audio_transcription.completed", [&](JsonWriter& w) {
      of_item(w);
      w.field("transcript", text);
      w.key("usage");
      w.begin_object();
      w.field("type", "duration");
      w.field("seconds", seconds);
      w.end_object();
    });
  }

  // ---- Items

  static void added_and_done(const Item& item, const std::string& after, Frames& frames,
                             bool untold = false) {
    for (const std::string_view type : {"conversation.item.added", "conversation.item.done"}) {
      add_frame(frames, type, [&](JsonWriter& w) {
        id_field(w, "previous_item_id", after);
        w.key("item");
        write_item(w, item, ItemStatus::completed, untold);
      });
    }
  }

  void tell(const ItemAdded& added, std::string_view, Frames& frames) {
    added_and_done(added.item, added.after, frames);
  }
  void tell(const ItemFound& found, std::string_view, Frames& frames) {
    add_frame(frames, "conversation.item.retrieved", [&](JsonWriter& w) {
      w.key("item");
      write_item(w, found.item, found.item.cut ? ItemStatus::incomplete : ItemStatus::completed);
    });
  }
  void tell(const ItemCut& cut, std::string_view, Frames& frames) {
    add_frame(frames, "conversation.item.truncated", [&](JsonWriter& w) {
      w.field("item_id", cut.id);
      w.field("content_index", 0);
      w.field("audio_end_ms", cut.heard.count());
    });
  }
  void tell(const ItemRemoved& removed, std::string_view, Frames& frames) {
    add_frame(frames, "conversation.item.deleted", [&](JsonWriter& w) { w.field("item_id", removed.id); });
  }

  Configure opening_;
  bool opened_ = false;  ///< the session was asked for as it is to begin
  SessionNames names_;
  const std::string conversation_ = new_id("conv_");
  Configured session_;  ///< as it was told last
  ReadState read_state_;
  std::optional<ResponseWriter> response_;
  UserSpeechStarted speech_;
  std::string speech_text_;
};

}  // namespace

std::shared_ptr<Dialect> realtime_dialect(RealtimeOptions options) {
  return std::make_shared<RealtimeDialect>(std::move(options));
}

}  // namespace unmuted::events
