#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "events/client_event.hpp"
#include "events/server_event.hpp"

namespace unmuted::events {

// The codes of type invalid_request_error for what is no event.
inline constexpr std::string_view invalid_json =
    "invalid_json";  ///< not JSON, nested too deep, too many values
inline constexpr std::string_view unknown_event_type = "unknown_event_type";  ///< a `type` we do not know
inline constexpr std::string_view invalid_event = "invalid_event";            ///< fields missing or wrong
inline constexpr std::string_view invalid_text = "invalid_text";  ///< only the text of a message is wrong
inline constexpr std::string_view binary_frame = "binary_frame";  ///< for the transport: events are text

/// Bytes of an event other than input_audio_buffer.append. The largest has some 70 KiB, and three times that
/// where its text is all in \\u escapes, as some clients write what is not ASCII.
inline constexpr std::size_t max_event = 256U << 10U;
inline constexpr std::size_t max_values =
    10'000;                                       ///< of one event: a context of 16 KiB has 8,192 at the most
inline constexpr int max_nesting = 64;            ///< arrays and objects in one another
inline constexpr std::size_t max_event_id = 512;  ///< bytes, like all that follow
inline constexpr std::size_t max_context = 16U << 10U;       ///< of session.context, written as JSON
inline constexpr std::size_t max_instructions = 48U << 10U;  ///< of the text of session.instructions
inline constexpr std::size_t max_input_text =
    32U << 10U;                                ///< of the text of a conversation item, all parts together
inline constexpr std::size_t max_faults = 20;  ///< that are looked for among the parts of an item
inline constexpr std::size_t max_failure_message = 300;

/// One thing that is wrong with an event.
struct Fault {
  std::string path;     ///< "session.voice", "item.content[0].text"; empty for the event itself
  std::string message;  ///< "expected a string, got 3"
};

/// Why a frame is no event. Printable in one line, whatever the client sent.
struct ParseFailure {
  std::string event_id;       ///< of the client's event, empty when it has none that can be read
  std::string code;           ///< one of the above
  std::string message;        ///< all faults, up to max_failure_message
  std::string param;          ///< the path of the first fault, may be empty
  std::vector<Fault> faults;  ///< every one; empty unless the code is invalid_event or invalid_text
};

/// Reads one text frame. Unknown fields and a byte order mark are ignored, of a repeated field the last
/// counts, and an optional field may be null. Keeps nothing of `text`; the caller bounds its size,
/// which matters for audio only: what else is longer than max_event is refused by its first bytes. Any
/// thread, throws only bad_alloc.
tl::expected<ClientMessage, ParseFailure> parse(std::string_view text);

/// The answer to a frame that is no event.
Error to_error(ParseFailure failure);

}  // namespace unmuted::events
