#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "events/refusal.hpp"
#include "events/request.hpp"

namespace unmuted::events::unmute {

// The codes for what is no event.
inline constexpr std::string_view invalid_json =
    "invalid_json";  ///< not JSON, nested too deep, too many values
inline constexpr std::string_view unknown_event_type = "unknown_event_type";  ///< a `type` we do not know
inline constexpr std::string_view invalid_event = "invalid_event";            ///< fields missing or wrong
inline constexpr std::string_view invalid_text = "invalid_text";  ///< only the text of a message is wrong
inline constexpr std::string_view binary_frame = "binary_frame";  ///< events are text

/// The types of the events that a client may send.
std::vector<std::string_view> client_event_types();

/// Bytes of an event other than input_audio_buffer.append. The largest has some 70 KiB, and three times that
/// where its text is all in \\u escapes, as some clients write what is not ASCII.
inline constexpr std::size_t max_event = 256U << 10U;
inline constexpr std::size_t max_values =
    10'000;                                       ///< of one event: a context of 16 KiB has 8,192 at the most
inline constexpr int max_nesting = 64;            ///< arrays and objects in one another
inline constexpr std::size_t max_event_id = 512;  ///< bytes, like all that follow
inline constexpr std::size_t max_context = 16U << 10U;       ///< of session.context, written as JSON
inline constexpr std::size_t max_instructions = 48U << 10U;  ///< of the text of session.instructions

/// Reads one text frame. Unknown fields and a byte order mark are ignored, of a repeated field the last
/// counts, and an optional field may be null. Keeps nothing of `text`; the caller bounds its size,
/// which matters for audio only: what else is longer than max_event is refused by its first bytes. Any
/// thread, throws only bad_alloc.
tl::expected<ClientRequest, Refusal> read(std::string_view text);

}  // namespace unmuted::events::unmute
