#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "events/fields.hpp"
#include "events/refusal.hpp"
#include "events/request.hpp"

namespace unmuted::events::realtime {

inline constexpr std::size_t max_event = 256U << 10U;  ///< bytes, of all but input_audio_buffer.append
inline constexpr std::size_t max_values = 10'000;      ///< of one event
inline constexpr int max_nesting = 64;                 ///< arrays and objects in one another
inline constexpr std::size_t max_id = 512;             ///< bytes, of ids that a client gives
inline constexpr std::size_t max_instructions = 48U << 10U;
inline constexpr std::size_t max_tools = 128;
inline constexpr std::size_t max_tool_bytes = 32U << 10U;  ///< of one tool's parameters, or its description
inline constexpr std::size_t max_noted = 8U << 10U;        ///< of what is kept only to be told back
inline constexpr std::size_t max_metadata = 16U << 10U;
inline constexpr std::size_t max_result = 64U << 10U;  ///< of what came of a call

/// What the reading of an event depends on.
struct ReadState {
  audio::SoundForm sound = audio::SoundForm::pcm16;  ///< of what the client sends
  bool transcribes = false;                          ///< the session is one of transcription
  std::string response{};                            ///< the id of the one that goes on; empty: none does
};

/// The types of the events that a client may send.
std::vector<std::string_view> client_event_types();

/// Reads one text frame. Unknown fields are ignored, an optional field may be null, of a repeated field the
/// last counts, and fields that only the beta of the interface had are read as what they have become. Keeps
/// nothing of `text`. A refusal has the event's id wherever that can be read. Any thread, throws only
/// bad_alloc.
tl::expected<ClientRequest, Refusal> read(std::string_view text, const ReadState& state);

/// Whether the frame is what a client of this dialect says first: a session.update whose session says that it
/// is one of it.
bool begins_session(std::string_view text);

// ---- Parts of events, in files of their own

/// What a session's fields ask for. `session` is a session object, whole or in part.
Configure read_session(Fields& session, bool transcribes);
/// What every session of this dialect is like until its client says otherwise.
Configure plain_session();

/// The options of one reply, or of all, as far as both have the same fields.
ReplyOptions read_reply_options(Fields& fields);
StartReply read_reply(Fields& response);
/// `references`: an item may be one that the conversation has, named by its id.
Item read_item(Fields& item, bool references);

/// The sound form that a format of the wire is, or nothing.
std::optional<audio::SoundForm> sound_form_of(const nlohmann::json& format);

}  // namespace unmuted::events::realtime
