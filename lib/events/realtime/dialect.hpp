#pragma once

#include <memory>
#include <string>

#include "events/dialect.hpp"

namespace unmuted::events {

/// What a client of OpenAI's interface says by its way to connect.
struct RealtimeOptions {
  std::string model{};       ///< may be a character's name, or the path of its voice
  bool transcribes = false;  ///< the session is one of transcription
  nlohmann::json session{};  ///< a session object that was agreed on before; null: none was
};

/// The dialect of OpenAI's Realtime API (GA): text frames of JSON both ways, and
/// sound in them as plain PCM or G.711.
std::shared_ptr<Dialect> realtime_dialect(RealtimeOptions options = {});

/// The session object that a client is told which asks for this one, or what is wrong with that.
tl::expected<nlohmann::json, Refusal> realtime_session(nlohmann::json session);

/// The dialect of a client that has not said which it speaks: the one of its first event. It is Unmute's,
/// unless that event says otherwise.
std::shared_ptr<Dialect> dialect_of_first_event();

}  // namespace unmuted::events
