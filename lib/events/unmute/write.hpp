#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "events/notice.hpp"

namespace unmuted::events::unmute {

/// The types of the events that we send.
inline constexpr std::array<std::string_view, 17> server_event_types{
    "error",
    "session.updated",
    "session.characters.reloaded",
    "session.characters.listed",
    "response.created",
    "unmute.response.text.delta.ready",
    "response.text.delta",
    "unmute.response.audio.delta.ready",
    "response.audio.delta",
    "response.text.done",
    "response.audio.done",
    "unmute.interrupted_by_vad",
    "unmute.additional_outputs",
    "unmute.tool_called",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "conversation.item.input_audio_transcription.delta",
};

/// Appends the text frames that tell the notice: each an event in its envelope, with an event_id of its own.
/// `answers` is the event_id of the client's event that the notice answers, empty when there is none. Any
/// bytes give valid JSON. Any thread.
/// AudioSpoken is none that can be told so: see write_audio().
void write(const Notice& notice, std::string_view answers, std::vector<std::string>& frames);

/// An event that is never sent: what a recording has of the client's sound.
std::string anonymous_audio(std::size_t samples);

/// Appends the frame with whole pages of Ogg Opus, in base64.
void write_audio(std::string_view base64, std::vector<std::string>& frames);

}  // namespace unmuted::events::unmute
