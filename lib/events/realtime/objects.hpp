#pragma once

#include <string>
#include <string_view>

#include "events/json_writer.hpp"
#include "events/notice.hpp"

namespace unmuted::events::realtime {

// The objects of the wire. Each function writes one value.

inline constexpr std::string_view default_model = "unmuted";  ///< where a client names none

/// What the session object has that no Configured tells.
struct SessionNames {
  std::string id;
  std::string model{default_model};
};

/// Who speaks, as a client may name it in turn.
std::string_view voice_of(const Configured& session);
bool is_transcription(const Settings& settings);
/// Whether the client is told what it said.
bool tells_transcripts(const Settings& settings);

void write_session(JsonWriter& w, const SessionNames& names, const Configured& session);

enum class ItemStatus { in_progress, completed, incomplete };

/// `untold`: the transcript of what was said aloud is null.
void write_item(JsonWriter& w, const Item& item, ItemStatus status, bool untold = false);
/// The same of a message that has no content yet.
void write_begun_message(JsonWriter& w, std::string_view id);

void write_format(JsonWriter& w, const Settings& settings, std::string_view noted_name);
void write_max_tokens(JsonWriter& w, const ReplyOptions& options);
void write_usage(JsonWriter& w, const TokenCount& tokens);

}  // namespace unmuted::events::realtime
